package telemetry

import (
	"fmt"
	"reflect"
	"strings"
)

// fields adds the fields of a struct to the tree, as encoding/json would name them.
func (w *walker) fields(tree map[string]any, v reflect.Value, depth int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Tag.Get("json") == "-":
		case isPromoted(f, name):
			if inner := reflect.Indirect(v.Field(i)); inner.IsValid() {
				w.fields(tree, inner, depth)
			}
		case f.IsExported():
			w.field(tree, f, name, v.Field(i), depth)
		}
	}
}

// isPromoted reports a struct within a struct whose fields count as the outer one's.
func isPromoted(f reflect.StructField, name string) bool {
	if !f.Anonymous || name != "" || f.Tag.Get("log") != "" {
		return false
	}
	t := f.Type
	if t.Kind() == reflect.Pointer && f.IsExported() {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct
}

func (w *walker) field(tree map[string]any, f reflect.StructField, name string, v reflect.Value, depth int) {
	if name == "" {
		name = f.Name
	}
	switch tag := f.Tag.Get("log"); tag {
	case "":
		verdict := max(judge(name), judge(f.Name))
		if verdict == hidden && !v.IsZero() && !isScalar(v.Kind()) {
			tree[name] = redacted // not even looked at
			return
		}
		tree[name] = w.redactor.member(verdict, w.value(v, depth+1))
	case "hash":
		tree[name] = whole(v, w.redactor.TokenID)
	case "mask":
		tree[name] = whole(v, mask)
	case "drop", "-":
	default: // a word that nobody knows was meant to hide something
		tree[name] = redacted
	}
}

func isScalar(k reflect.Kind) bool { return k <= reflect.Float64 || k == reflect.String }

// whole hides a value as one text; none stays none.
func whole(v reflect.Value, hide func(string) string) any {
	v = reflect.Indirect(v)
	if isNil(v) || v.IsZero() {
		return ""
	}
	return hide(fmt.Sprint(v.Interface()))
}

// mask shows the last four characters of a text that is long enough for that
// to say little.
func mask(s string) string {
	const shownEnd = 4
	letters := []rune(s)
	if len(letters) <= 2*shownEnd {
		return redacted
	}
	return "…" + string(letters[len(letters)-shownEnd:])
}
