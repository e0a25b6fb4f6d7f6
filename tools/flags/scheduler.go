// SPDX-License-Identifier: Apache-2.0

//go:build scheduler

package main

import (
	"github.com/spf13/pflag"

	_ "k8s.io/component-base/logs/json/register" // adds flags
	"k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func flags() (*pflag.FlagSet, string) { return ofCommand(app.NewSchedulerCommand()) }

func admissionPlugins() []string { return nil }

func controllers() []string { return nil }
