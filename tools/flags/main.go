// SPDX-License-Identifier: Apache-2.0

// Prints the flags and feature gates of one component as JSON; a build tag says of which.
//
// The component's own code makes the flag set that it would parse its command line with. It has the
// hidden and deprecated flags as well, which --help leaves out.
package main

import (
	"encoding/json"
	"os"
)

// Flag is what is worth knowing of a flag. There are no help texts here.
type Flag struct {
	Type       string `json:"type"`
	Default    string `json:"default"`
	Section    string `json:"section,omitempty"`
	Deprecated bool   `json:"deprecated,omitempty"`
	Hidden     bool   `json:"hidden,omitempty"`
}

// Gate is a feature gate at the component's own version.
type Gate struct {
	Default bool   `json:"default"`
	Stage   string `json:"stage"`
	Locked  bool   `json:"locked,omitempty"`
}

// Facts are what is printed.
type Facts struct {
	Flags            map[string]Flag `json:"flags"`
	FeatureGates     map[string]Gate `json:"featureGates,omitempty"`
	AdmissionPlugins []string        `json:"admissionPlugins,omitempty"`
	Controllers      []string        `json:"controllers,omitempty"`
}

func main() {
	if err := json.NewEncoder(os.Stdout).Encode(facts()); err != nil {
		panic(err)
	}
}
