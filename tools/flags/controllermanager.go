// SPDX-License-Identifier: Apache-2.0

//go:build controllermanager

package main

import (
	"github.com/spf13/pflag"

	_ "k8s.io/component-base/logs/json/register" // adds flags
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
)

func flags() (*pflag.FlagSet, string) { return ofCommand(app.NewControllerManagerCommand()) }

func admissionPlugins() []string { return nil }

func controllers() []string {
	names := app.KnownControllers()
	for alias := range app.ControllerAliases() {
		names = append(names, alias)
	}
	return names
}
