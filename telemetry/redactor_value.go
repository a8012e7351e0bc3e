package telemetry

import (
	"encoding"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"reflect"
	"time"
)

const (
	maxDepth    = 8
	maxElements = 100
	maxNodes    = 1000
	leftOut     = "[…]"
)

// Value returns v as it may be logged: texts, numbers, truth values, []any and
// map[string]any. A struct is taken field by field under its JSON names, where
//
//	log:"drop"  leaves a field out,
//	log:"mask"  shows its last four characters,
//	log:"hash"  names it as [Redactor.TokenID] does.
//
// Depth and size are bounded. What panics when it is read is left out.
func (r *Redactor) Value(v any) (safe slog.Value) {
	defer func() {
		if p := recover(); p != nil {
			safe = slog.StringValue(fmt.Sprintf("[%T, which panics when it is read]", v))
		}
	}()
	w := walker{redactor: r, left: maxNodes}
	return slog.AnyValue(w.value(reflect.ValueOf(v), 0))
}

// A walker turns any value into a tree that may be logged.
type walker struct {
	redactor *Redactor
	left     int // nodes
}

func (w *walker) value(v reflect.Value, depth int) any {
	w.left--
	switch {
	case isNil(v):
		return nil
	case w.left < 0, depth > maxDepth:
		return leftOut
	case v.CanInterface():
		if known, ok := w.known(v.Interface(), depth); ok {
			return known
		}
	}
	return w.kind(v, depth)
}

func isNil(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Invalid:
		return true
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan:
		return v.IsNil()
	default:
		return false
	}
}

// known takes the types that say themselves how they are shown, and those that
// are shown by rules of their own.
func (w *walker) known(v any, depth int) (any, bool) {
	switch v := v.(type) {
	case slog.Value:
		return w.plain(v, depth), true
	case slog.LogValuer:
		return w.plain(slog.AnyValue(v), depth), true
	case error:
		return w.redactor.String(v.Error()), true
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), true
	case http.Header:
		return w.plain(w.redactor.Headers(v), depth), true
	case *http.Request, *http.Response:
		return fmt.Sprintf("[%T]", v), true // they lead to everything
	case *url.URL:
		return w.redactor.String(v.String()), true
	case []byte:
		return fmt.Sprintf("[%d bytes]", len(v)), true
	}
	return w.marshaled(v)
}

func (w *walker) marshaled(v any) (any, bool) {
	switch m := v.(type) {
	case encoding.TextMarshaler:
		b, err := m.MarshalText()
		if err != nil {
			return redacted, true
		}
		return w.redactor.String(string(b)), true
	case json.Marshaler:
		b, err := m.MarshalJSON()
		if err != nil {
			return redacted, true
		}
		tree, err := decode(b)
		if err != nil {
			return redacted, true
		}
		return w.redactor.walk(tree), true
	case fmt.Stringer:
		if k := reflect.Indirect(reflect.ValueOf(v)).Kind(); k != reflect.Struct && k != reflect.Map && k != reflect.Slice {
			return w.redactor.String(m.String()), true
		}
	}
	return nil, false
}

// plain turns a value of slog into a tree.
func (w *walker) plain(v slog.Value, depth int) any {
	v = v.Resolve()
	switch v.Kind() {
	case slog.KindGroup:
		if w.left--; depth > maxDepth || w.left < 0 {
			return leftOut
		}
		tree := map[string]any{}
		for _, a := range v.Group() {
			tree[a.Key] = w.redactor.member(judge(a.Key), w.plain(a.Value, depth+1))
		}
		return tree
	case slog.KindTime:
		return v.Time().UTC().Format(time.RFC3339Nano)
	case slog.KindDuration:
		return int64(v.Duration())
	default:
		return w.value(reflect.ValueOf(v.Any()), depth+1)
	}
}

func (w *walker) kind(v reflect.Value, depth int) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return w.value(v.Elem(), depth+1)
	case reflect.Struct:
		tree := map[string]any{}
		w.fields(tree, v, depth)
		return tree
	case reflect.Map:
		return w.entries(v, depth)
	case reflect.Slice, reflect.Array:
		return w.elements(v, depth)
	case reflect.String:
		return w.redactor.String(v.String())
	case reflect.Bool:
		return v.Bool()
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return w.redactor.number(shown, slog.Int64Value(v.Int())).Any()
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return w.redactor.number(shown, slog.Uint64Value(v.Uint())).Any()
	case reflect.Float32, reflect.Float64:
		return v.Float()
	default:
		return "[" + v.Type().String() + "]" // a channel, a function: nothing that can be shown
	}
}

func (w *walker) entries(v reflect.Value, depth int) any {
	tree := map[string]any{}
	for entry := v.MapRange(); entry.Next(); {
		if len(tree) >= maxElements || w.left <= 0 {
			tree[leftOut] = int64(v.Len() - len(tree))
			break
		}
		name := fmt.Sprint(entry.Key())
		tree[w.redactor.String(name)] = w.redactor.member(judge(name), w.value(entry.Value(), depth+1))
	}
	return tree
}

func (w *walker) elements(v reflect.Value, depth int) any {
	tree := make([]any, 0, min(v.Len(), maxElements+1))
	for i := range v.Len() {
		if i >= maxElements || w.left <= 0 {
			return append(tree, fmt.Sprintf("[%d more]", v.Len()-i))
		}
		tree = append(tree, w.value(v.Index(i), depth+1))
	}
	return tree
}
