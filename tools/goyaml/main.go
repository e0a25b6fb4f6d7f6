// SPDX-License-Identifier: Apache-2.0

// Command goyaml answers, one line of JSON for each line of JSON on its input, what Kubernetes' own YAML code does:
//
//	{"dump": <JSON value>}   -> {"yaml": "..."}: the bytes that kubeadm would write
//	{"load": "<text>"}       -> {"documents": [{"json": ..., "strict": "..."}]}: how kubeadm reads a file
//	{"bytes": "<base64>"}    -> the same for a file that need not be UTF-8
//
// or {"error": "..."}. A document has "json" (floats as {"$float": "digits"}) or "error"; "strict" is what only the
// strict reading refuses.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strconv"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

type request struct {
	Dump  json.RawMessage `json:"dump"`
	Load  *string         `json:"load"`
	Bytes []byte          `json:"bytes"`
}

type document struct {
	JSON   json.RawMessage `json:"json,omitempty"`
	Error  string          `json:"error,omitempty"`
	Strict string          `json:"strict,omitempty"`
}

type answer struct {
	YAML      *string    `json:"yaml,omitempty"`
	Documents []document `json:"documents,omitempty"`
	Error     string     `json:"error,omitempty"`
}

func main() {
	in := json.NewDecoder(bufio.NewReaderSize(os.Stdin, 1<<20))
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	encoder := json.NewEncoder(out)
	for {
		var r request
		if err := in.Decode(&r); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			panic(err)
		}
		if err := encoder.Encode(respond(r)); err != nil {
			panic(err)
		}
		if err := out.Flush(); err != nil {
			panic(err)
		}
	}
}

func respond(r request) answer {
	switch {
	case r.Dump != nil:
		return dump(r.Dump)
	case r.Load != nil:
		return load([]byte(*r.Load))
	default:
		return load(r.Bytes)
	}
}

// dump goes through json.Marshal as the serializer does, so that Go's own JSON text is what is converted.
func dump(raw []byte) answer {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return answer{Error: err.Error()}
	}
	text, err := json.Marshal(floats(value))
	if err != nil {
		return answer{Error: err.Error()}
	}
	result, err := yaml.JSONToYAML(text)
	if err != nil {
		return answer{Error: err.Error()}
	}
	s := string(result)
	return answer{YAML: &s}
}

// floats turns numbers with a point or an exponent into float64, as the fields of Go structs are.
func floats(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = floats(v[key])
		}
	case []any:
		for i := range v {
			v[i] = floats(v[i])
		}
	case json.Number:
		if bytes.ContainsAny([]byte(v), ".eE") {
			if f, err := v.Float64(); err == nil {
				return f
			}
		}
	}
	return value
}

// load splits as kubeadm's SplitConfigDocuments does.
func load(text []byte) answer {
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	a := answer{Documents: []document{}}
	for {
		chunk, err := reader.Read()
		if errors.Is(err, io.EOF) || err == nil && len(chunk) == 0 {
			return a
		} else if err != nil {
			return answer{Error: err.Error()}
		}
		a.Documents = append(a.Documents, read(chunk))
	}
}

// read decodes one document as the universal decoder does: as JSON where it looks like JSON, but as YAML first, for
// its kind and for the strict check.
func read(chunk []byte) document {
	text, err := yaml.YAMLToJSON(chunk)
	if err != nil {
		return document{Error: err.Error()}
	}
	if utilyaml.IsJSONBuffer(chunk) {
		text = chunk
	}
	var value any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(text, &value); err != nil {
		return document{Error: err.Error()}
	}
	result, err := json.Marshal(marked(value))
	if err != nil {
		return document{Error: err.Error()}
	}
	d := document{JSON: result}
	if _, err := yaml.YAMLToJSONStrict(chunk); err != nil {
		d.Strict = err.Error()
	}
	return d
}

// marked has {"$float": "digits"} for each float64, which JSON could not tell from an integer.
func marked(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = marked(v[key])
		}
	case []any:
		for i := range v {
			v[i] = marked(v[i])
		}
	case float64:
		return map[string]string{"$float": strconv.FormatFloat(v, 'g', -1, 64)}
	}
	return value
}
