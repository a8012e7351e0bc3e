package config

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/caarlos0/env/v11"
)

// A refusedError is a value that cannot be used.
type refusedError struct {
	err error
	own bool // err is from the type's own UnmarshalText
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }

// set reads text into the field, and leaves it as it was when it refuses it.
func (f field) set(text string) error {
	if f.list() || f.element().Kind() == reflect.Map {
		text = f.tidy(text)
	}
	v, err := f.parse(text)
	if err != nil {
		return &refusedError{err, unmarshals(f.element())}
	}
	if err := f.check(v); err != nil {
		return &refusedError{err, false}
	}
	f.value.Set(v)
	return nil
}

func (f field) separator() string { return cmp.Or(f.tag.Get("envSeparator"), ",") }

// tidy drops white space around a list's values, and empty ones.
func (f field) tidy(text string) string {
	var parts []string
	for part := range strings.SplitSeq(text, f.separator()) {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, f.separator())
}

// parse reads one value of the types that most settings have, and lets env read
// any other.
func (f field) parse(text string) (reflect.Value, error) {
	switch f.value.Type() {
	case reflect.TypeFor[string]():
		return reflect.ValueOf(text), nil
	case reflect.TypeFor[bool]():
		return parsed(strconv.ParseBool(text))
	case reflect.TypeFor[int]():
		return parsed(strconv.Atoi(text))
	case reflect.TypeFor[time.Duration]():
		return parsed(time.ParseDuration(text))
	}
	return f.parseByEnv(text)
}

func parsed[T any](v T, err error) (reflect.Value, error) { return reflect.ValueOf(v), err }

// parseByEnv lets env read this one field, so that what it refuses is this
// variable. It makes a type and many maps for that, which is slow.
func (f field) parseByEnv(text string) (reflect.Value, error) {
	const name = "VALUE"
	tag := reflect.StructTag(fmt.Sprintf(`env:%q envSeparator:%q envKeyValSeparator:%q`, name, f.tag.Get("envSeparator"), f.tag.Get("envKeyValSeparator")))
	one := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "Value", Type: f.value.Type(), Tag: tag}}))
	err := env.ParseWithOptions(one.Interface(), env.Options{
		Environment: map[string]string{name: text},
		FuncMap: map[reflect.Type]env.ParserFunc{
			// env reads these two as 32 bits.
			reflect.TypeFor[int]():  func(s string) (any, error) { return strconv.Atoi(s) },
			reflect.TypeFor[uint](): func(s string) (any, error) { n, err := strconv.ParseUint(s, 10, 0); return uint(n), err },
		},
	})
	if parse, ok := errors.AsType[env.ParseError](err); ok {
		err = parse.Err // without the name of the field
	}
	return one.Elem().Field(0), err
}

var errRefused = errors.New("refused")

// check applies what the tags say of a value, or of each in a list.
func (f field) check(v reflect.Value) error {
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return nil
	}
	v = reflect.Indirect(v)
	if !f.list() {
		return f.checkOne(v)
	}
	for i := range v.Len() {
		if err := f.checkOne(reflect.Indirect(v.Index(i))); err != nil {
			return err
		}
	}
	return nil
}

func (f field) checkOne(v reflect.Value) error {
	if u, ok := reflect.TypeAssert[url.URL](v); ok && !f.takesURL(u) {
		return errRefused
	}
	if v.CanFloat() && (math.IsNaN(v.Float()) || math.IsInf(v.Float(), 0)) {
		return errRefused
	}
	if choices := f.choices(); len(choices) > 0 && !slices.Contains(choices, fmt.Sprint(plain(v))) {
		return errRefused
	}
	if !f.withinBounds(v) {
		return errRefused
	}
	return nil
}

// plain takes a value's methods away, so that it prints as what it is.
func plain(v reflect.Value) any {
	if v.Kind() == reflect.String {
		return v.String()
	}
	return v.Interface()
}

// choices returns the values of the tag oneof.
func (f field) choices() []string {
	if f.tag.Get("oneof") == "" {
		return nil
	}
	return strings.Split(f.tag.Get("oneof"), ",")
}

func (f field) schemes() []string {
	return strings.Split(cmp.Or(f.tag.Get("schemes"), "http,https"), ",")
}

// takesURL asks for a scheme and a host: url.Parse is content with "localhost:80",
// whose scheme would be localhost.
func (f field) takesURL(u url.URL) bool {
	port, err := strconv.ParseUint(cmp.Or(u.Port(), "1"), 10, 16)
	return slices.Contains(f.schemes(), u.Scheme) && u.Hostname() != "" && err == nil && port > 0
}

// bounded reports whether the tags min and max fit the field's type.
func (f field) bounded() bool {
	for _, bound := range []string{f.tag.Get("min"), f.tag.Get("max")} {
		if _, err := compare(reflect.Zero(f.element()), bound); bound != "" && err != nil {
			return false
		}
	}
	return true
}

func (f field) withinBounds(v reflect.Value) bool {
	lowest, highest := f.bounds()
	if order, _ := compare(v, lowest); lowest != "" && order < 0 {
		return false
	}
	order, _ := compare(v, highest)
	return highest == "" || order <= 0
}

// bounds returns the tags min and max, or what the type sets without them. A
// duration is not negative unless its tag allows it.
func (f field) bounds() (lowest, highest string) {
	switch t := f.element(); t.Kind() { //nolint:exhaustive // the others set none worth telling
	case reflect.Int8:
		lowest, highest = "-128", "127"
	case reflect.Int16:
		lowest, highest = "-32768", "32767"
	case reflect.Uint8:
		lowest, highest = "0", "255"
	case reflect.Uint16:
		lowest, highest = "0", "65535"
	case reflect.Uint, reflect.Uint32, reflect.Uint64:
		lowest = "0"
	case reflect.Int64:
		if t == reflect.TypeFor[time.Duration]() {
			lowest = "0s"
		}
	}
	return cmp.Or(f.tag.Get("min"), lowest), cmp.Or(f.tag.Get("max"), highest)
}

// compare orders a value, or the length of a text, against a bound.
func compare(v reflect.Value, bound string) (int, error) {
	switch {
	case v.Type() == reflect.TypeFor[time.Duration]():
		d, err := time.ParseDuration(bound)
		return cmp.Compare(v.Int(), int64(d)), err
	case v.CanInt():
		n, err := strconv.ParseInt(bound, 10, 64)
		return cmp.Compare(v.Int(), n), err
	case v.CanUint():
		n, err := strconv.ParseUint(bound, 10, 64)
		return cmp.Compare(v.Uint(), n), err
	case v.CanFloat():
		x, err := strconv.ParseFloat(bound, 64)
		return cmp.Compare(v.Float(), x), err
	case v.Kind() == reflect.String:
		n, err := strconv.Atoi(bound)
		return cmp.Compare(utf8.RuneCountInString(v.String()), n), err
	}
	return 0, fmt.Errorf("a %s has no order", v.Type())
}
