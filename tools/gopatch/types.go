// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	forkedjson "k8s.io/apimachinery/third_party/forked/golang/json"
)

// types says of each Go type which of its JSON fields hold something that may merge: for an object the type
// inside, for a map "", for a list the type of its items and, if the field has them, strategy and merge key.
type types map[string]map[string]any

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// inside is the name under which the fields of a type are listed, empty if it has none that merge.
func (all types) inside(t reflect.Type) string {
	if t = elem(t); t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(marshaler) || len(jsonNames(t)) == 0 {
		return ""
	}
	all.add(t)
	return t.Name()
}

var marshaler = reflect.TypeFor[json.Marshaler]()

// jsonNames are the names of a struct's fields, those of inlined structs included.
func jsonNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && (name == "" || strings.Contains(options, "inline")):
			names = append(names, jsonNames(elem(f.Type))...)
		case f.IsExported() && name != "" && name != "-":
			names = append(names, name)
		}
	}
	return names
}

func (all types) add(t reflect.Type) {
	if _, known := all[t.Name()]; known {
		return
	}
	fields := map[string]any{}
	all[t.Name()] = fields
	for _, name := range jsonNames(t) {
		fieldType, strategies, key, err := forkedjson.LookupPatchMetadataForStruct(t, name)
		if err != nil {
			panic(err)
		}
		strategies = slices.DeleteFunc(strategies, func(s string) bool { return s == "" || s == "retainKeys" })
		switch f := elem(fieldType); f.Kind() {
		case reflect.Struct:
			if inner := all.inside(f); inner != "" {
				fields[name] = inner
			}
		case reflect.Map:
			fields[name] = ""
		case reflect.Slice:
			if f.Elem().Kind() == reflect.Uint8 {
				continue
			}
			entry := append([]string{all.inside(f.Elem())}, strategies...)
			if key != "" {
				entry = append(entry, key)
			}
			fields[name] = entry
		}
		if len(strategies) > 0 && elem(fieldType).Kind() != reflect.Slice {
			fields[name] = []any{fields[name], strategies}
		}
	}
}

func printTypes(objects ...any) error {
	all := types{}
	for _, o := range objects {
		all.add(reflect.TypeOf(o))
	}
	maps.DeleteFunc(all, func(_ string, fields map[string]any) bool { return len(fields) == 0 })
	names := slices.Sorted(maps.Keys(all))
	fmt.Println("{")
	for i, name := range names {
		line, err := json.Marshal(all[name])
		if err != nil {
			return err
		}
		comma := ","
		if i == len(names)-1 {
			comma = ""
		}
		fmt.Printf("%q: %s%s\n", name, line, comma)
	}
	fmt.Println("}")
	return nil
}
