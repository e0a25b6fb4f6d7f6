// SPDX-License-Identifier: Apache-2.0

//go:build apiserver

package main

import (
	"github.com/spf13/pflag"

	_ "k8s.io/component-base/logs/json/register" // adds flags
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	"k8s.io/kubernetes/pkg/kubeapiserver/options"
)

func flags() (*pflag.FlagSet, string) { return ofCommand(app.NewAPIServerCommand()) }

func admissionPlugins() []string { return options.AllOrderedPlugins }

func controllers() []string { return nil }
