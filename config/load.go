package config

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
)

// A Validator is a settings struct that checks what tags cannot say. Variables
// in its problems are named by their env tags, without the prefix.
type Validator interface{ Validate() []Problem }

// Load reads a settings struct from the source. The name of a variable is the
// prefix and the field's env tag; a nested struct adds its envPrefix. The tags:
//
//	env:"TIMEOUT"            the variable; "TIMEOUT,required" must be set
//	env:"/SMTP_URL"          without the prefix: what modules share has one name
//	envDefault:"10s"         its value when it is unset
//	doc:"…"                  what it means, in a line or two
//	production:"required"    in production it must be set
//	min:"1" max:"60"         bounds of a number or a duration, or of a text's length
//	oneof:"exchange,forward" the values that it takes
//	schemes:"amqp,amqps"     the schemes of a URL; http and https without it
//	example:"10.0.0.7:8080"  a value to show
//	envSeparator:";"         what stands between a list's values; a comma without it
//
// A map of settings structs, env:"PROVIDERS" envPrefix:"PROVIDER_", has as many entries
// as the variable lists names: PROVIDERS=google,corp has the one called google read
// PROVIDER_GOOGLE_ISSUER, and so on.
//
// A field may be a bool, a number, a string, a duration, a URL (absolute), a
// time zone, a [Secret], a [Neighbour] or any encoding.TextUnmarshaler, and a
// list or a map of these. Durations are not negative unless min allows it. A type
// with a method Expected() string says itself what it takes.
//
// The error is [Errors] with every problem: of each variable, and of each struct
// within that is a [Validator]; a field that could not be read has its default by
// then. The struct holds what could be read. An error that is no Errors means
// that the struct itself is wrong: its tags, its types or its defaults.
func Load[T any](s *Source, prefix string) (T, error) {
	var cfg T
	shape := shapeOf(&cfg, prefix)
	r := newReader(s, shape)
	r.readAll(shape)
	r.validate()
	return cfg, r.err()
}

// A reader fills a settings struct and collects what is wrong.
type reader struct {
	source   *Source
	shape    *shape
	problems Errors
	defects  []error
}

func newReader(s *Source, of *shape) *reader {
	r := &reader{source: s, shape: of, defects: of.defects}
	if s.mistake != nil {
		r.problems = append(r.problems, *s.mistake)
	}
	return r
}

func (r *reader) err() error {
	return Join(append([]error{r.problemsOrNil()}, r.defects...)...)
}

func (r *reader) problemsOrNil() error {
	if len(r.problems) == 0 {
		return nil
	}
	return r.problems
}

func (r *reader) readAll(s *shape) {
	r.read(s.fields)
	for _, n := range s.entries {
		r.readEntries(n)
	}
}

func (r *reader) read(fields []field) {
	for _, f := range fields {
		if f.of != "" {
			continue // it stands for others
		}
		if err := f.setDefault(); err != nil {
			r.defects = append(r.defects, err)
			continue
		}
		if p := f.read(r.source); p != nil {
			r.problems = append(r.problems, *p)
		}
	}
}

func (f field) setDefault() error {
	def, ok := f.tag.Lookup("envDefault")
	if !ok || def == "" {
		return nil
	}
	if err := f.set(def); err != nil {
		return fmt.Errorf("config: %s has the default %q, but %s takes %s", f.name, def, f.variable, f.takes())
	}
	return nil
}

// read sets the field from the source, or says why it cannot.
func (f field) read(s *Source) *Problem {
	given, ok := s.Lookup(f.variable)
	if !ok {
		return f.missing(s.Environment())
	}
	err := f.set(given)
	if err == nil {
		return nil
	}
	p := &Problem{Variable: f.variable, Given: shown(given), Expected: f.expected(), Fix: cmp.Or(f.hint(given), f.reason(err), f.doc())}
	if f.secret() {
		p.Given, p.Fix = redacted, f.doc() // a hint could tell what was given
	}
	return p
}

func (f field) missing(e Environment) *Problem {
	if !f.requiredIn(e) {
		return nil
	}
	fix := f.doc()
	if !f.requiredIn(Development) {
		fix = strings.TrimSuffix("production takes no default for it: "+fix, ": ")
	}
	return &Problem{Variable: f.variable, Expected: f.expected(), Fix: fix}
}

func (f field) doc() string { return f.tag.Get("doc") }

// reason returns what a type says of a value that it refused, unless it is one
// of which more is known than its kind: what is expected is clearer then.
func (f field) reason(err error) string {
	refused, ok := errors.AsType[*refusedError](err)
	if !ok || !refused.own || f.known() {
		return ""
	}
	return shown(refused.err.Error())
}

// validate asks the structs. Of a field that could not be read, they cannot say
// more than was said.
func (r *reader) validate() {
	known := map[string]field{}
	for _, f := range r.shape.fields {
		known[f.variable] = f
	}
	said := map[string]bool{}
	for _, p := range r.problems {
		said[p.Variable] = true
	}
	for _, n := range r.shape.structs {
		for _, p := range r.ask(n) {
			if p.Variable = named(n.prefix, p.Variable); !said[p.Variable] {
				r.problems = append(r.problems, known[p.Variable].careful(p))
			}
		}
	}
}

// ask contains the panic of a Validate that met a field which could not be read:
// what it would have said is found once that is mended.
func (r *reader) ask(n nested) []Problem {
	if len(r.problems) > 0 {
		defer func() { _ = recover() }()
	}
	return n.validator.Validate()
}

// careful takes out of a problem what must not be repeated.
func (f field) careful(p Problem) Problem {
	switch {
	case p.Given == "":
	case f.value.IsValid() && f.secret():
		p.Given = redacted
	default:
		p.Given = shown(p.Given)
	}
	return p
}
