package config

import (
	"encoding"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A shape is a settings struct taken apart.
type shape struct {
	fields  []field
	structs []nested // with a Validate of their own, outermost first
	entries []entries
	defects []error // what is wrong with the struct itself, whatever is set
}

// A field is one variable's place in a settings struct.
type field struct {
	variable string
	name     string // Config.Timeout, for whoever wrote it
	tag      reflect.StructTag
	value    reflect.Value
	of       string // the variable that lists what <NAME> stands for in this one's
}

type nested struct {
	validator Validator
	prefix    string
}

// shapeOf takes the struct apart that target points to.
func shapeOf(target any, prefix string) *shape {
	v := reflect.ValueOf(target).Elem()
	s := &shape{}
	if v.Kind() != reflect.Struct {
		s.defect("%s is no struct, so it cannot hold settings", v.Type())
		return s
	}
	s.walk(v, prefix, v.Type().Name(), false)
	return s
}

func (s *shape) defect(format string, args ...any) {
	s.defects = append(s.defects, fmt.Errorf("config: "+format, args...))
}

// walk collects what lies in a struct. One that is embedded in a struct with a
// Validate has either lent it its own or is spoken for.
func (s *shape) walk(v reflect.Value, prefix, name string, spokenFor bool) {
	validator := validatorOf(v)
	if validator != nil && !spokenFor {
		s.structs = append(s.structs, nested{validator, prefix})
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		where := name + "." + f.Name
		switch key := f.Tag.Get("env"); {
		case key == "-":
		case key != "" && !f.IsExported():
			s.defect("%s has an env tag but is not exported", where)
		case f.IsExported() && isEntries(f.Type):
			s.addEntries(f, v.Field(i), prefix, where)
		case key != "":
			s.add(field{variable: named(prefix, key), name: where, tag: f.Tag, value: v.Field(i)})
		case !f.IsExported() && !f.Anonymous:
		case f.Type.Kind() == reflect.Struct:
			s.walk(v.Field(i), prefix+f.Tag.Get("envPrefix"), where, f.Anonymous && validator != nil)
		case f.Tag.Get("envPrefix") != "" || holdsSettings(f.Type):
			s.defect("%s is a %s, whose settings are not read: make it a struct", where, f.Type)
		}
	}
}

// named is a variable's name: the prefix and the key, or the key alone after a slash.
func named(prefix, key string) string {
	if alone, ok := strings.CutPrefix(key, "/"); ok {
		return alone
	}
	return prefix + key
}

func validatorOf(v reflect.Value) Validator {
	if !v.Addr().CanInterface() {
		return nil
	}
	validator, _ := reflect.TypeAssert[Validator](v.Addr())
	return validator
}

// holdsSettings reports a pointer to or a list of settings structs.
func holdsSettings(t reflect.Type) bool {
	return (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) && t.Elem().Kind() == reflect.Struct && hasSettings(t.Elem())
}

func hasSettings(t reflect.Type) bool {
	for f := range t.Fields() {
		if !slices.Contains([]string{"", "-"}, f.Tag.Get("env")) {
			return true
		}
	}
	return false
}

// add keeps a field whose tags make sense.
func (s *shape) add(f field) {
	var option string
	f.variable, option, _ = strings.Cut(f.variable, ",")
	switch {
	case option != "" && option != "required":
		s.defect("%s has the env option %q; the one there is, is required", f.name, option)
	case !upperCase.MatchString(f.variable):
		s.defect("%s reads %s; a variable is written in capitals, digits and underscores", f.name, f.variable)
	case !slices.Contains([]string{"", "required"}, f.tag.Get("production")):
		s.defect("%s has production:%q; it can only be required", f.name, f.tag.Get("production"))
	case !readable(f.value.Type()):
		s.defect("%s is a %s, which no text can be read into", f.name, f.value.Type())
	case !f.bounded():
		s.defect("%s has the bounds min:%q max:%q, which do not fit a %s", f.name, f.tag.Get("min"), f.tag.Get("max"), f.element())
	case f.secret() && f.tag.Get("envDefault") != "" && !f.requiredIn(Production):
		s.defect("%s has a default that everybody can read; keep it out of production with the tag production:\"required\"", f.name)
	default:
		s.fields = append(s.fields, f)
	}
}

// upperCase lets the <MODULE>_ of a reference page pass.
var upperCase = regexp.MustCompile(`^[A-Z0-9_<>]+$`)

// readable reports whether the field's type is one that a text can be read into.
func readable(t reflect.Type) bool {
	switch {
	case single(pointee(t)):
		return true
	case t.Kind() == reflect.Slice:
		return single(pointee(t.Elem()))
	case t.Kind() == reflect.Map: // env asks no UnmarshalText there
		return single(t.Key()) && !unmarshals(t.Key()) && single(t.Elem()) && !unmarshals(t.Elem())
	}
	return false
}

// single reports whether one value of the type is read from a whole text.
func single(t reflect.Type) bool {
	if unmarshals(t) || t == reflect.TypeFor[url.URL]() || t == reflect.TypeFor[time.Location]() {
		return true
	}
	k := t.Kind()
	return k >= reflect.Bool && k <= reflect.Float64 && k != reflect.Uintptr || k == reflect.String
}

func unmarshals(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func pointee(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

func (f field) secret() bool {
	t := f.element()
	if t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t == reflect.TypeFor[Secret]()
}

// element returns the type of the values: that of a list's elements.
func (f field) element() reflect.Type {
	t := pointee(f.value.Type())
	if f.list() {
		t = pointee(t.Elem())
	}
	return t
}

func (f field) list() bool {
	t := pointee(f.value.Type())
	return t.Kind() == reflect.Slice && !single(t)
}

func (f field) requiredIn(e Environment) bool {
	_, option, _ := strings.Cut(f.tag.Get("env"), ",")
	return option == "required" || e == Production && f.tag.Get("production") == "required"
}
