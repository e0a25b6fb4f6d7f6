// SPDX-License-Identifier: Apache-2.0

// Prints the ranges of characters beyond ASCII that strconv.Quote leaves as they are:
// go run tools/goquote/main.go > generator/kgen/goquote.txt
package main

import (
	"fmt"
	"strconv"
	"unicode"
)

func main() {
	fmt.Println("# Unicode", unicode.Version)
	start := -1
	for r := rune(0x80); r <= 0x110000; r++ {
		p := r <= 0x10FFFF && strconv.IsPrint(r)
		if p && start < 0 {
			start = int(r)
		}
		if !p && start >= 0 {
			fmt.Printf("%x-%x\n", start, r-1)
			start = -1
		}
	}
}
