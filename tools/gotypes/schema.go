// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
	logsapi "k8s.io/component-base/logs/api/v1"
	bootstraptoken "k8s.io/kubernetes/cmd/kubeadm/app/apis/bootstraptoken/v1"
)

// node is a JSON object that keeps the order of its members.
type node []member

type member struct {
	name  string
	value any
}

func (n node) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := marshalPlain(m.value)
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

func marshalPlain(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return out.Bytes(), err
}

// special describes a type that encodes itself: the JSON types that it decodes beside null, all if there
// are none, and the keywords that narrow them.
type special struct {
	name     string
	types    []string
	keywords node
}

const (
	unit            = `(ns|us|µs|μs|ms|s|m|h)`
	durationPattern = `^[-+]?(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)` + unit + `)+)$`
	quantityPattern = `^ *[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)? *$`
	timePattern     = `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{1,2}:[0-9]{2}:[0-9]{2}([.,][0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})$`
	tokenPattern    = `^[a-z0-9]{6}\.[a-z0-9]{16}$`
)

var specials = map[reflect.Type]special{
	reflect.TypeFor[metav1.Duration](): {"duration", []string{"string"}, node{
		{"pattern", durationPattern}, {"format", "go-duration"}}},
	reflect.TypeFor[logsapi.TimeOrMetaDuration](): {"timeOrMetaDuration", []string{"string", "integer"}, node{
		{"pattern", durationPattern}, {"format", "go-duration"},
		{"minimum", math.MinInt64}, {"maximum", math.MaxInt64}}},
	reflect.TypeFor[metav1.Time](): {"time", []string{"string"}, node{
		{"pattern", timePattern}, {"format", "date-time"}}},
	reflect.TypeFor[resource.Quantity](): {"quantity", []string{"string", "number"}, node{
		{"pattern", quantityPattern}, {"format", "go-quantity"}}},
	reflect.TypeFor[resource.QuantityValue](): {"quantity", []string{"string", "number"}, node{
		{"pattern", quantityPattern}, {"format", "go-quantity"}}},
	reflect.TypeFor[bootstraptoken.BootstrapTokenString](): {"bootstrapToken", []string{"string"}, node{
		{"pattern", tokenPattern}, {"format", "go-bootstrap-token"}}},
	reflect.TypeFor[intstr.IntOrString](): {"intOrString", []string{"integer", "string"}, node{
		{"minimum", math.MinInt32}, {"maximum", math.MaxInt32}}},
	reflect.TypeFor[metav1.FieldsV1](): {"raw", nil, nil},
}

// definitions collects the `$defs` of one schema. If strict, structs refuse fields that they do not know.
type definitions struct {
	types  map[string]reflect.Type
	nodes  map[string]node
	strict bool
}

func newDefinitions(strict bool) *definitions {
	return &definitions{map[string]reflect.Type{}, map[string]node{}, strict}
}

// objectsSchema is of a document of any of the kinds; kubeadm drops the fields that a kind does not know.
func objectsSchema(kinds []schema.GroupVersionKind, types map[schema.GroupVersionKind]reflect.Type) node {
	defs := newDefinitions(false)
	refs := []node{}
	for _, gvk := range kinds {
		defs.types[gvk.Kind] = types[gvk]
		defs.nodes[gvk.Kind] = defs.kind(gvk, types[gvk])
		refs = append(refs, node{{"$ref", "#/$defs/" + gvk.Kind}})
	}
	return node{{"oneOf", refs}, {"$defs", defs.nodes}}
}

func kindSchema(gvk schema.GroupVersionKind, goType reflect.Type) node {
	defs := newDefinitions(true)
	root := defs.kind(gvk, goType)
	if len(defs.nodes) > 0 {
		root = append(root, member{"$defs", defs.nodes})
	}
	return root
}

// kind describes a whole document.
func (d *definitions) kind(gvk schema.GroupVersionKind, goType reflect.Type) node {
	properties := d.properties(goType)
	constants := map[string]string{"kind": gvk.Kind, "apiVersion": gvk.GroupVersion().String()}
	for i, property := range properties {
		if constant, ok := constants[property.name]; ok {
			properties[i].value = node{{"x-go-type", "string"}, {"const", constant}, {"x-go-omitempty", true}}
		}
	}
	return d.closed(node{
		{"x-go-type", "struct"},
		{"type", "object"},
		{"required", []string{"apiVersion", "kind"}},
		{"properties", properties},
	})
}

func (d *definitions) closed(object node) node {
	if !d.strict {
		return object
	}
	return append(object, member{"additionalProperties", false})
}

// value describes how a value of this type decodes and encodes.
func (d *definitions) value(t reflect.Type) node {
	if t.Kind() == reflect.Pointer {
		inner := d.value(t.Elem())
		if !acceptsNull(t.Elem()) {
			inner = withNull(inner)
		}
		return append(inner, member{"x-go-pointer", true})
	}
	if s, ok := specials[t]; ok {
		out := node{{"x-go-type", s.name}}
		if len(s.types) > 0 {
			out = append(out, member{"type", s.types})
		}
		if acceptsNull(t) {
			out = withNull(out)
		}
		return append(out, s.keywords...)
	}
	refuseMarshalers(t)
	nullable := func(name string) []string { return []string{name, "null"} }
	switch t.Kind() {
	case reflect.Struct:
		return node{{"$ref", "#/$defs/" + d.define(t)}}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			break
		}
		return node{{"x-go-type", "slice"}, {"type", nullable("array")}, {"items", d.value(t.Elem())}}
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			break
		}
		return node{{"x-go-type", "map"}, {"type", nullable("object")}, {"additionalProperties", d.value(t.Elem())}}
	case reflect.String:
		return node{{"x-go-type", "string"}, {"type", nullable("string")}}
	case reflect.Bool:
		return node{{"x-go-type", "bool"}, {"type", nullable("boolean")}}
	case reflect.Int, reflect.Int32, reflect.Int64:
		bits := t.Bits()
		return node{{"x-go-type", fmt.Sprintf("int%d", bits)}, {"type", nullable("integer")},
			{"minimum", int64(math.MinInt64) >> (64 - bits)}, {"maximum", int64(math.MaxInt64) >> (64 - bits)}}
	case reflect.Uint32:
		return node{{"x-go-type", "uint32"}, {"type", nullable("integer")}, {"minimum", 0}, {"maximum", math.MaxUint32}}
	case reflect.Float32:
		return node{{"x-go-type", "float32"}, {"type", nullable("number")},
			{"minimum", -math.MaxFloat32}, {"maximum", math.MaxFloat32}}
	case reflect.Float64:
		return node{{"x-go-type", "float64"}, {"type", nullable("number")}}
	}
	panic(fmt.Sprintf("no rule for the Go type %s", t))
}

func (d *definitions) define(t reflect.Type) string {
	name := t.Name()
	if known, ok := d.types[name]; ok {
		if known != t {
			panic(fmt.Sprintf("two types share the name %s: %s and %s", name, known.PkgPath(), t.PkgPath()))
		}
		return name
	}
	d.types[name] = t
	d.nodes[name] = d.closed(node{
		{"x-go-type", "struct"},
		{"type", []string{"object", "null"}},
		{"properties", d.properties(t)},
	})
	return name
}

// properties lists the fields of a struct in Go's order, those of embedded structs in their place.
func (d *definitions) properties(t reflect.Type) node {
	properties := node{}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && name == "" {
			properties = append(properties, d.properties(field.Type)...)
			continue
		}
		if name == "-" || !field.IsExported() {
			continue
		}
		if name == "" {
			panic(fmt.Sprintf("%s.%s has no JSON name", t, field.Name))
		}
		value := d.value(field.Type)
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "":
			case "omitempty":
				value = append(value, member{"x-go-omitempty", true})
			case "omitzero":
				value = append(value, member{"x-go-omitzero", true})
			default:
				panic(fmt.Sprintf("%s.%s has the JSON option %s", t, field.Name, option))
			}
		}
		properties = append(properties, member{name, value})
	}
	seen := map[string]bool{}
	for _, property := range properties {
		if seen[property.name] {
			panic(fmt.Sprintf("%s has %s twice", t, property.name))
		}
		seen[property.name] = true
	}
	return properties
}

// acceptsNull asks the type itself: those that decode themselves may refuse null where they stand by value.
func acceptsNull(t reflect.Type) bool {
	return json.Unmarshal([]byte("null"), reflect.New(t).Interface()) == nil
}

func withNull(n node) node {
	out := node{}
	for _, m := range n {
		if m.name == "type" {
			m.value = append(append([]string{}, m.value.([]string)...), "null")
		}
		out = append(out, m)
	}
	return out
}

// refuseMarshalers stops on a type that encodes or decodes itself and that specials does not describe.
func refuseMarshalers(t reflect.Type) {
	for _, method := range []reflect.Type{
		reflect.TypeFor[json.Marshaler](), reflect.TypeFor[json.Unmarshaler](),
		reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
	} {
		if t.Implements(method) || reflect.PointerTo(t).Implements(method) {
			panic(fmt.Sprintf("%s implements %s", t, method))
		}
	}
}
