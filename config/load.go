package config

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/caarlos0/env/v11"
)

// A Validator is a settings struct that checks what tags cannot say. Variables
// in its problems are named without the prefix.
type Validator interface{ Validate() []Problem }

// Load reads a settings struct from the source. The name of a variable is the
// prefix and the field's env tag; a nested struct adds its envPrefix. The tags:
//
//	env:"TIMEOUT"          the variable
//	envDefault:"10s"       its value when it is unset
//	doc:"…"                one line for the reference
//	production:"required"  in production it must be set
//
// White space around a value is dropped, and an empty value counts as unset.
// The error is [Errors] with every problem.
func Load[T any](s *Source, prefix string) (T, error) {
	var cfg T
	var problems Errors
	walk(reflect.ValueOf(&cfg).Elem(), prefix, func(f field) {
		if p, ok := f.load(s); !ok {
			problems = append(problems, p)
		}
	})
	if v, ok := any(cfg).(Validator); ok && len(problems) == 0 {
		for _, p := range v.Validate() {
			p.Variable = prefix + p.Variable
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		return cfg, problems
	}
	return cfg, nil
}

// A field is one variable's place in a settings struct.
type field struct {
	reflect.StructField
	prefix string
	value  reflect.Value
}

func (f field) variable() string { return f.prefix + f.key() }

func (f field) key() string {
	key, _, _ := strings.Cut(f.Tag.Get("env"), ",")
	return key
}

func (f field) secret() bool { return f.Type == reflect.TypeFor[Secret]() }

func (f field) requiredInProduction() bool { return f.Tag.Get("production") == "required" }

// walk visits every field with an env tag, through nested structs.
func walk(v reflect.Value, prefix string, visit func(field)) {
	if v.Kind() != reflect.Struct {
		return
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() && !f.Anonymous {
			continue
		}
		switch {
		case f.Tag.Get("env") != "":
			visit(field{StructField: f, prefix: prefix, value: v.Field(i)})
		case f.Type.Kind() == reflect.Struct:
			walk(v.Field(i), prefix+f.Tag.Get("envPrefix"), visit)
		}
	}
}

func (f field) load(s *Source) (Problem, bool) {
	given, ok := s.Lookup(f.variable())
	given = strings.TrimSpace(given)
	if given == "" {
		ok = false
	}
	if !ok && f.requiredInProduction() && s.Environment() == Production {
		return Problem{Variable: f.variable(), Expected: f.expected(), Fix: "production takes no default for it"}, false
	}
	if err := f.parse(given, ok); err != nil {
		return Problem{Variable: f.variable(), Given: f.shown(given), Expected: f.expected(), Fix: f.Tag.Get("doc")}, false
	}
	return Problem{}, true
}

// parse lets env read this one field, so that what it refuses is this variable.
func (f field) parse(given string, ok bool) error {
	one := reflect.New(reflect.StructOf([]reflect.StructField{{Name: f.Name, Type: f.Type, Tag: f.Tag}}))
	values := map[string]string{}
	if ok {
		values[f.variable()] = given
	}
	if err := env.ParseWithOptions(one.Interface(), env.Options{Environment: values, Prefix: f.prefix}); err != nil {
		return err
	}
	f.value.Set(one.Elem().Field(0))
	return nil
}

// shown returns what may be repeated of a value that was refused.
func (f field) shown(given string) string {
	if f.secret() && given != "" {
		return redacted
	}
	if u, err := url.Parse(given); err == nil && u.User != nil {
		return u.Redacted()
	}
	return given
}

func (f field) expected() string {
	t := f.Type
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if d, ok := reflect.Zero(t).Interface().(interface{ Expected() string }); ok {
		return d.Expected()
	}
	switch t {
	case reflect.TypeFor[time.Duration]():
		return "a duration such as 500ms, 10s or 2m"
	case reflect.TypeFor[url.URL]():
		return "a URL such as https://shop.example"
	case reflect.TypeFor[Secret]():
		return "a secret"
	}
	return expectedKind(t)
}

func expectedKind(t reflect.Type) string {
	switch t.Kind() { //nolint:exhaustive // the rest is named by its type
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number of 0 or more"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.String:
		return "text"
	case reflect.Slice:
		return "a list separated by commas, of " + expectedKind(t.Elem())
	}
	return fmt.Sprintf("a value of type %s", t)
}
