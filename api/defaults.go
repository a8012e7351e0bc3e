package api

import (
	"fmt"
	"reflect"
	"strconv"
)

// checkDefaults refuses defaults that would overwrite what was sent. In a route
// with a body huma sets the default of every field whose value is zero, whether
// it was sent or not; so a field may have a default only if zero cannot be sent.
func checkDefaults(r *Route) error {
	body, ok := r.in.FieldByName("Body")
	if !ok {
		return nil
	}
	for _, f := range reflect.VisibleFields(r.in) {
		if f.Name != "Body" && overwritten(f) {
			return defaultError(r, f)
		}
	}
	return checkBodyDefaults(r, body.Type, map[reflect.Type]bool{})
}

func checkBodyDefaults(r *Route, t reflect.Type, seen map[reflect.Type]bool) error {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return nil
	}
	seen[t] = true
	for _, f := range reflect.VisibleFields(t) {
		if overwritten(f) {
			return defaultError(r, f)
		}
		if err := checkBodyDefaults(r, f.Type, seen); err != nil {
			return err
		}
	}
	return nil
}

func defaultError(r *Route, f reflect.StructField) error {
	return fmt.Errorf("%s: field %s has the default %s, which would also replace a zero that was sent: exclude zero (minimum, minLength, enum), make zero the default, or set the default in the handler",
		r.Pattern(), f.Name, f.Tag.Get("default"))
}

// overwritten reports a default that a zero value, sent on purpose, would lose to.
func overwritten(f reflect.StructField) bool {
	def, ok := f.Tag.Lookup("default")
	if !ok || def == "" || def == "0" || def == "false" || f.Type.Kind() == reflect.Pointer {
		return false
	}
	if f.Tag.Get("enum") != "" {
		return false // zero is none of the values
	}
	return !excludesZero(f)
}

func excludesZero(f reflect.StructField) bool {
	for tag, least := range map[string]float64{"minimum": 0, "minLength": 0, "minItems": 0} {
		if n, err := strconv.ParseFloat(f.Tag.Get(tag), 64); err == nil && n > least {
			return true
		}
	}
	n, err := strconv.ParseFloat(f.Tag.Get("exclusiveMinimum"), 64)
	return err == nil && n >= 0
}
