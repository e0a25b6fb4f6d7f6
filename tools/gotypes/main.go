// SPDX-License-Identifier: Apache-2.0

// gotypes asks the Go types of one kubeadm minor what kgen has to know about them.
//
//	gotypes schema     prints one JSON Schema for every configuration kind, as one JSON object
//	gotypes objects    prints one JSON Schema for the API objects that users can patch
//	gotypes roundtrip  reads JSON documents, one a line, and prints for each what Go makes of it
//
// The driver beside it, generate.py, builds it against each minor's go.mod.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kubejson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	clientsetscheme "k8s.io/client-go/kubernetes/scheme"
	kubeadmscheme "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/scheme"
	"k8s.io/kubernetes/cmd/kubeadm/app/componentconfigs"
)

var kinds = map[string]bool{
	"InitConfiguration":      true,
	"ClusterConfiguration":   true,
	"JoinConfiguration":      true,
	"ResetConfiguration":     true,
	"UpgradeConfiguration":   true,
	"KubeletConfiguration":   true,
	"KubeProxyConfiguration": true,
}

// objects are the API objects that kubeadm patches and then reads back into their types.
var objects = []schema.GroupVersionKind{
	{Version: "v1", Kind: "Pod"},
	{Group: "apps", Version: "v1", Kind: "DaemonSet"},
	{Group: "apps", Version: "v1", Kind: "Deployment"},
}

func schemes() []*runtime.Scheme {
	return []*runtime.Scheme{kubeadmscheme.Scheme, componentconfigs.Scheme}
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: gotypes schema|objects|roundtrip"))
	}
	switch os.Args[1] {
	case "schema":
		printSchemas()
	case "objects":
		printJSON(objectsSchema(objects, clientsetscheme.Scheme.AllKnownTypes()))
	case "roundtrip":
		roundtrip()
	default:
		fail(fmt.Errorf("unknown command %q", os.Args[1]))
	}
}

func printSchemas() {
	schemas := map[string]any{}
	for _, scheme := range schemes() {
		for gvk, goType := range scheme.AllKnownTypes() {
			if !kinds[gvk.Kind] || gvk.Version == runtime.APIVersionInternal {
				continue
			}
			schemas[gvk.Group+"/"+gvk.Version+"/"+gvk.Kind] = kindSchema(gvk, goType)
		}
	}
	printJSON(schemas)
}

func printJSON(value any) {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		fail(err)
	}
}

// answer is what Go makes of one document: decoding fails, or the document as it is encoded again.
type answer struct {
	Error string          `json:"error,omitempty"`
	Value json.RawMessage `json:"value,omitempty"`
}

func roundtrip() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	encoder := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		if err := encoder.Encode(reencode(lines.Bytes())); err != nil {
			fail(err)
		}
	}
	if err := lines.Err(); err != nil {
		fail(err)
	}
}

func reencode(document []byte) answer {
	var meta struct{ APIVersion, Kind string }
	if err := json.Unmarshal(document, &meta); err != nil {
		return answer{Error: err.Error()}
	}
	gvk := schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)
	if slices.Contains(objects, gvk) {
		return decode(document, gvk, clientsetscheme.Scheme, false)
	}
	for _, scheme := range schemes() {
		if scheme.Recognizes(gvk) {
			return decode(document, gvk, scheme, true)
		}
	}
	return answer{Error: "unknown kind " + gvk.String()}
}

func decode(document []byte, gvk schema.GroupVersionKind, scheme *runtime.Scheme, strict bool) answer {
	options := kubejson.SerializerOptions{Yaml: true, Strict: strict}
	serializer := kubejson.NewSerializerWithOptions(kubejson.DefaultMetaFactory, scheme, scheme, options)
	object, _, err := serializer.Decode(document, &gvk, nil)
	result := answer{}
	if err != nil {
		result.Error = err.Error()
	}
	if object != nil && (err == nil || runtime.IsStrictDecodingError(err)) {
		if result.Value, err = json.Marshal(object); err != nil {
			result.Error = err.Error()
		}
	}
	return result
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "gotypes:", err)
	os.Exit(1)
}
