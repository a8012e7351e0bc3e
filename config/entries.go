package config

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
)

// entries is a map of settings structs: one variable lists their names, and each has
// variables of its own below a prefix and its name in capitals.
type entries struct {
	names  *[]entryName
	prefix string
	name   string // of the field, for whoever wrote it
	value  reflect.Value
}

// placeholder stands for an entry's name in capitals where variables are described.
const placeholder = "<NAME>"

// An entryName names one of several settings structs.
type entryName string

var (
	entryNames   = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	errEntryName = errors.New("no name of an entry")
)

// UnmarshalText checks that the name can be a part of a variable's.
func (n *entryName) UnmarshalText(text []byte) error {
	if !entryNames.Match(text) {
		return errEntryName
	}
	*n = entryName(text)
	return nil
}

// Expected says what a list of names takes.
func (entryName) Expected() string { return "a name in lower-case letters and digits, such as google" }

// isEntries reports a map of settings structs.
func isEntries(t reflect.Type) bool {
	return t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.Struct && hasSettings(t.Elem())
}

// addEntries keeps a map of settings structs. Its entries are known only when their names
// are read; until then they are described by one that stands for all.
func (s *shape) addEntries(f reflect.StructField, v reflect.Value, prefix, where string) {
	key, below := f.Tag.Get("env"), f.Tag.Get("envPrefix")
	if key == "" || below == "" {
		s.defect("%s is a %s, which needs two tags: env for the list of names, and envPrefix for what each has", where, f.Type)
		return
	}
	names := &[]entryName{}
	s.add(field{variable: prefix + key, name: where, tag: f.Tag, value: reflect.ValueOf(names).Elem()})
	s.entries = append(s.entries, entries{names: names, prefix: prefix + below, name: where, value: v})
	entry := &shape{}
	entry.walk(reflect.New(f.Type.Elem()).Elem(), prefix+below+placeholder+"_", where, false)
	s.defects = append(s.defects, entry.defects...)
	for _, e := range entry.fields {
		if e.element() == reflect.TypeFor[Neighbour]() {
			s.defect("%s is a Neighbour in a map, where nobody sees it: make it a field of the struct", e.name)
		}
		e.of, _, _ = strings.Cut(prefix+key, ",")
		s.fields = append(s.fields, e)
	}
}

// readEntries reads the entries whose names were listed, and adds them to the shape, so
// that they are validated like the rest.
func (r *reader) readEntries(n entries) {
	all := reflect.MakeMap(n.value.Type())
	for _, name := range *n.names {
		value := reflect.New(n.value.Type().Elem()).Elem()
		entry := &shape{}
		entry.walk(value, n.prefix+strings.ToUpper(string(name))+"_", n.name, false)
		r.readAll(entry)
		r.shape.fields = append(r.shape.fields, entry.fields...)
		r.shape.structs = append(r.shape.structs, entry.structs...)
		all.SetMapIndex(reflect.ValueOf(string(name)).Convert(n.value.Type().Key()), value)
	}
	n.value.Set(all)
}
