// SPDX-License-Identifier: Apache-2.0

// Gopatch answers what kubeadm's patch libraries do, so that kgen.patches can be compared with them.
//
//	gopatch types             print what the Go types say about merging, as generator/kgen/patches/types.json has it
//	gopatch apply <cases      read one JSON case a line, {"target", "document", "patches": [{"type", "content"}]},
//	                          and print a line each: {"result"} or {"error"}
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
)

// object is the Go type behind a patch target.
func object(target string) any {
	switch target {
	case "kubeletconfiguration":
		return kubeletv1beta1.KubeletConfiguration{}
	case "corednsdeployment":
		return appsv1.Deployment{}
	case "kubeproxydaemonset":
		return appsv1.DaemonSet{}
	default:
		return corev1.Pod{}
	}
}

type patch struct {
	Type    string          `json:"type"`
	Content json.RawMessage `json:"content"`
}

type testCase struct {
	Target   string          `json:"target"`
	Document json.RawMessage `json:"document"`
	Patches  []patch         `json:"patches"`
}

type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func applyOne(target string, document []byte, p patch) ([]byte, error) {
	switch p.Type {
	case "json":
		operations, err := jsonpatch.DecodePatch(p.Content)
		if err != nil {
			return nil, err
		}
		return operations.Apply(document)
	case "merge":
		return jsonpatch.MergePatch(document, p.Content)
	default:
		return strategicpatch.StrategicMergePatch(document, p.Content, object(target))
	}
}

func apply(c testCase) (result answer) {
	defer func() {
		if reason := recover(); reason != nil {
			result = answer{Error: fmt.Sprint("panic: ", reason)}
		}
	}()
	document := []byte(c.Document)
	for _, p := range c.Patches {
		var err error
		if document, err = applyOne(c.Target, document, p); err != nil {
			return answer{Error: err.Error()}
		}
	}
	return answer{Result: document}
}

func applyAll() error {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<24)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var c testCase
		if err := json.Unmarshal(input.Bytes(), &c); err != nil {
			return err
		}
		if err := output.Encode(apply(c)); err != nil {
			return err
		}
	}
	return input.Err()
}

func main() {
	var err error
	switch strings.Join(os.Args[1:], " ") {
	case "types":
		err = printTypes(object("etcd"), object("corednsdeployment"), object("kubeproxydaemonset"), object("kubeletconfiguration"))
	case "apply":
		err = applyAll()
	default:
		err = fmt.Errorf("usage: gopatch types | gopatch apply")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
