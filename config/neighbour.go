package config

import (
	"errors"
	"reflect"
	"regexp"
	"slices"
)

// A Neighbour is a setting that names the module which serves a need.
type Neighbour string

var neighbourName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

var errNoModule = errors.New("no name of a module")

// UnmarshalText checks that the text can be a module's name.
func (n *Neighbour) UnmarshalText(text []byte) error {
	if !neighbourName.Match(text) {
		return errNoModule
	}
	*n = Neighbour(text)
	return nil
}

// ModuleName returns the module's name.
func (n Neighbour) ModuleName() string { return string(n) }

// Expected says what the setting takes.
func (Neighbour) Expected() string {
	return "the name of a module, in lower-case letters and digits, such as catalog"
}

// Neighbours returns every neighbour that a settings struct names, once each, in
// the order of its fields. It reads no other field: a process that does not host
// the module need not know the rest of its settings.
func Neighbours[T any](s *Source, prefix string) ([]Neighbour, error) {
	var cfg T
	shape := shapeOf(&cfg, prefix)
	shape.fields = slices.DeleteFunc(shape.fields, func(f field) bool { return f.element() != reflect.TypeFor[Neighbour]() })
	r := newReader(s, shape)
	r.read(shape.fields)
	var all []Neighbour
	for _, f := range shape.fields {
		for _, n := range f.neighbours() {
			if n != "" && !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all, r.err()
}

func (f field) neighbours() []Neighbour {
	switch v := f.value.Interface().(type) {
	case Neighbour:
		return []Neighbour{v}
	case *Neighbour:
		if v != nil {
			return []Neighbour{*v}
		}
	case []Neighbour:
		return v
	}
	return nil
}
