package config

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"strings"
)

// A Source is a snapshot of settings; it never changes.
type Source struct {
	values      map[string]string // without white space around them, none empty
	origins     map[string]Origin // of those that are not of the process's environment
	environment Environment
	mistake     *Problem // of SLIPWAY_ENV
}

var (
	_ fmt.Formatter  = (*Source)(nil)
	_ slog.LogValuer = (*Source)(nil)
)

// New returns a source of exactly these values. An SLIPWAY_ENV that is none of
// the three counts as production, the strictest, and is a problem to every [Load].
func New(values map[string]string) *Source {
	s := &Source{values: make(map[string]string, len(values))}
	for name, value := range values {
		if value = strings.TrimSpace(value); value != "" {
			s.values[name] = value
		}
	}
	s.environment, s.mistake = environmentOf(s.values[environmentVariable])
	return s
}

// With returns a source in which these values stand in front; an empty one
// unsets the variable.
func (s *Source) With(values map[string]string) *Source {
	all := map[string]string{}
	maps.Copy(all, s.values)
	maps.Copy(all, values)
	next := New(all)
	next.origins = maps.Clone(s.origins)
	for name := range values {
		delete(next.origins, name)
	}
	return next
}

// Lookup returns the variable's value, without white space around it, and
// whether it is set to any.
func (s *Source) Lookup(name string) (string, bool) {
	v, ok := s.values[name]
	return v, ok
}

// Environment returns development, test or production.
func (s *Source) Environment() Environment { return cmp.Or(s.environment, Development) }

// Format prints no value, since any may be a secret.
func (s *Source) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "config.Source(%s, %d variables)", s.Environment(), len(s.values))
}

// LogValue prints no value either.
func (s *Source) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }
