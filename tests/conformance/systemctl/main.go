// SPDX-License-Identifier: Apache-2.0

// The systemctl of a recording: a unit is active if /run/active/<unit> exists. kubeadm asks
// `systemctl is-active systemd-resolved` before it writes the kubelet's resolvConf.
package main

import (
	"fmt"
	"os"
)

func main() {
	if _, err := os.Stat("/run/active/" + os.Args[len(os.Args)-1]); err != nil {
		fmt.Println("inactive")
		os.Exit(3)
	}
	fmt.Println("active")
}
