// SPDX-License-Identifier: Apache-2.0

//go:build !etcd

package main

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	utilfeature "k8s.io/apiserver/pkg/util/feature"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/featuregate"
)

var (
	heading = regexp.MustCompile(`^(\S.*) flags:$`)
	usage   = regexp.MustCompile(`^ +(?:-\w, )?--([\w.-]+)`)
)

func facts() Facts {
	set, help := flags()
	set.SetNormalizeFunc(cliflag.WordSepNormalizeFunc) // as component-base/cli does before it runs a command
	sections := sectionsOf(help)
	found := Facts{
		Flags:            map[string]Flag{},
		FeatureGates:     map[string]Gate{},
		AdmissionPlugins: admissionPlugins(),
		Controllers:      controllers(),
	}
	set.VisitAll(func(f *pflag.Flag) {
		found.Flags[f.Name] = Flag{
			Type:    f.Value.Type(),
			Default: f.DefValue,
			Section: sections[f.Name],
			// Some flags are deprecated by their help text alone.
			Deprecated: f.Deprecated != "" || strings.HasPrefix(strings.ToUpper(f.Usage), "DEPRECATED"),
			Hidden:     f.Hidden && f.Deprecated == "",
		}
	})
	for name, spec := range utilfeature.DefaultMutableFeatureGate.GetAll() {
		if name == "AllAlpha" || name == "AllBeta" {
			continue
		}
		found.FeatureGates[string(name)] = Gate{spec.Default, stage(spec), spec.LockToDefault}
	}
	return found
}

func stage(spec featuregate.FeatureSpec) string {
	if spec.PreRelease == featuregate.GA {
		return "ga"
	}
	return strings.ToLower(string(spec.PreRelease))
}

// ofCommand gives the flags of a command and the text of its help.
func ofCommand(command *cobra.Command) (*pflag.FlagSet, string) {
	var help bytes.Buffer
	command.SetOut(&help)
	command.InitDefaultHelpFlag()
	if err := command.Help(); err != nil {
		panic(err)
	}
	return command.Flags(), help.String()
}

// sectionsOf tells under which heading of a help text each flag stands.
func sectionsOf(help string) map[string]string {
	sections, current := map[string]string{}, ""
	for _, line := range strings.Split(help, "\n") {
		if match := heading.FindStringSubmatch(line); match != nil {
			current = strings.ToLower(match[1])
		} else if match := usage.FindStringSubmatch(line); match != nil {
			sections[match[1]] = current
		}
	}
	return sections
}
