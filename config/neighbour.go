package config

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

// A Neighbour is a setting that names the module which serves a need.
type Neighbour string

var neighbourName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)

// UnmarshalText checks that the text can be a module's name.
func (n *Neighbour) UnmarshalText(b []byte) error {
	if !neighbourName.Match(b) {
		return fmt.Errorf("%q is no module's name", b)
	}
	*n = Neighbour(b)
	return nil
}

// ModuleName returns the module's name.
func (n Neighbour) ModuleName() string { return string(n) }

// Expected says what the setting takes.
func (Neighbour) Expected() string {
	return "the name of a module: lower-case letters and digits, such as catalog"
}

// Neighbours returns every neighbour that a settings struct names, once each.
func Neighbours[T any](s *Source, prefix string) ([]Neighbour, error) {
	cfg, err := loadOnly[T](s, prefix, reflect.TypeFor[Neighbour]())
	var all []Neighbour
	walk(reflect.ValueOf(&cfg).Elem(), prefix, func(f field) {
		if n, ok := f.value.Interface().(Neighbour); ok && n != "" && !slices.Contains(all, n) {
			all = append(all, n)
		}
	})
	return all, err
}

// loadOnly reads the fields of one type: a process that does not host a module
// need not know the rest of its settings.
func loadOnly[T any](s *Source, prefix string, only reflect.Type) (T, error) {
	var cfg T
	var problems Errors
	walk(reflect.ValueOf(&cfg).Elem(), prefix, func(f field) {
		if f.Type != only {
			return
		}
		if p, ok := f.load(s); !ok {
			problems = append(problems, p)
		}
	})
	if len(problems) > 0 {
		return cfg, problems
	}
	return cfg, nil
}
