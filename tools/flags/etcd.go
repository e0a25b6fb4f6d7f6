// SPDX-License-Identifier: Apache-2.0

//go:build etcd

package main

import (
	"flag"
	"fmt"
	"strings"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func facts() Facts {
	found := Facts{Flags: map[string]Flag{}}
	etcdmain.FlagSet().VisitAll(func(f *flag.Flag) {
		found.Flags[f.Name] = Flag{
			Type:       kind(f.Value),
			Default:    f.DefValue,
			Deprecated: strings.Contains(strings.ToLower(f.Usage), "deprecated"),
		}
	})
	return found
}

// kind names a flag's type as pflag would: bool, duration, uint, string, …
func kind(value flag.Value) string {
	if name, ours := strings.CutPrefix(fmt.Sprintf("%T", value), "*flag."); ours {
		return strings.TrimSuffix(name, "Value")
	}
	return "string"
}
