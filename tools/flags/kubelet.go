// SPDX-License-Identifier: Apache-2.0

//go:build kubelet

package main

import (
	"github.com/spf13/pflag"

	_ "k8s.io/component-base/logs/json/register" // adds flags
	_ "k8s.io/kubernetes/cmd/kubelet/app"        // adds feature gates
	"k8s.io/kubernetes/cmd/kubelet/app/options"
)

// flags puts together the set that NewKubeletCommand keeps to itself (cmd/kubelet/app/server.go).
func flags() (*pflag.FlagSet, string) {
	config, err := options.NewKubeletConfiguration()
	if err != nil {
		panic(err)
	}
	set := pflag.NewFlagSet("kubelet", pflag.ContinueOnError)
	options.NewKubeletFlags().AddFlags(set)
	options.AddKubeletConfigFlags(set, config)
	options.AddGlobalFlags(set)
	set.BoolP("help", "h", false, "")
	return set, ""
}

func admissionPlugins() []string { return nil }

func controllers() []string { return nil }
