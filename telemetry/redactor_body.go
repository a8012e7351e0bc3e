package telemetry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
)

// maxBodyInLog bounds the body that a line carries; a longer one is not cut but
// left out, since half a secret is one too.
const maxBodyInLog = 4 << 10

// shownHeaders are all that a log says of a request's or an answer's header.
var shownHeaders = []string{
	"Accept", "Content-Length", "Content-Type", "Idempotent-Replayed", "Location", "Retry-After",
	"Slipway-Attempt", "Traceparent", "User-Agent", "Www-Authenticate",
}

// Headers returns the headers that may be shown, and of a token its name.
func (r *Redactor) Headers(h http.Header) slog.Value {
	var attrs []slog.Attr
	for _, name := range shownHeaders {
		if v := h.Get(name); v != "" {
			attrs = append(attrs, slog.String(strings.ToLower(name), r.String(v)))
		}
	}
	if v := h.Get("Authorization"); v != "" {
		scheme, token, _ := strings.Cut(v, " ")
		if token == "" {
			scheme, token = "?", v
		}
		attrs = append(attrs, slog.String("authorization_id", scheme+" "+r.TokenID(token)))
	}
	return slog.GroupValue(attrs...)
}

// Body returns a JSON or form body with its secrets hidden, or a few words in
// place of any other.
func (r *Redactor) Body(contentType string, b []byte) string {
	if len(b) == 0 {
		return ""
	}
	t, _, err := mime.ParseMediaType(contentType)
	isJSON := t == "application/json" || strings.HasSuffix(t, "+json")
	isForm := t == "application/x-www-form-urlencoded"
	if err != nil || !isJSON && !isForm || len(b) > maxBodyInLog {
		return fmt.Sprintf("[%d bytes]", len(b))
	}
	if isForm {
		return r.form(b)
	}
	return r.json(b)
}

func (r *Redactor) json(b []byte) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // an amount must not lose digits on its way into a log
	if err := d.Decode(&v); err != nil || d.More() {
		return fmt.Sprintf("[%d bytes that are no JSON]", len(b))
	}
	out, err := json.Marshal(r.walk(v))
	if err != nil {
		return redacted
	}
	return string(out)
}

// walk hides secrets in a decoded JSON value.
func (r *Redactor) walk(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			if secretName(name) && !isContainer(inner) {
				v[name] = redacted
				continue
			}
			v[name] = r.walk(inner)
		}
		return v
	case []any:
		for i := range v {
			v[i] = r.walk(v[i])
		}
		return v
	case string:
		return r.String(v)
	case json.Number:
		if s := r.String(v.String()); s != v.String() {
			return s
		}
		return v
	}
	return v
}

// isContainer reports an object: its own fields are judged by their names. A
// list under a secret name is a list of secrets.
func isContainer(v any) bool {
	_, ok := v.(map[string]any)
	return ok
}

func (r *Redactor) form(b []byte) string {
	values, err := url.ParseQuery(string(b))
	if err != nil {
		return fmt.Sprintf("[%d bytes that are no form]", len(b))
	}
	var parts []string
	for name, list := range values {
		for _, v := range list {
			if secretName(name) {
				v = redacted
			}
			parts = append(parts, r.String(name)+"="+r.String(v))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// Value returns v as it may be logged. A struct is logged field by field; the
// tag log:"drop" leaves a field out, log:"mask" keeps the last four characters
// and log:"hash" names the value without telling it.
func (r *Redactor) Value(v any) slog.Value {
	switch v := v.(type) {
	case nil:
		return slog.AnyValue(nil)
	case slog.LogValuer:
		return slog.AnyValue(v).Resolve()
	case error:
		return slog.StringValue(r.String(v.Error()))
	case fmt.Stringer:
		return slog.StringValue(r.String(v.String()))
	}
	rv := reflect.Indirect(reflect.ValueOf(v))
	if rv.IsValid() && rv.Kind() == reflect.Struct {
		return r.fields(rv)
	}
	b, err := json.Marshal(v)
	if err != nil {
		return slog.StringValue(redacted)
	}
	var plain any
	if err := json.Unmarshal(b, &plain); err != nil {
		return slog.StringValue(redacted)
	}
	return slog.AnyValue(r.walk(plain))
}

func (r *Redactor) fields(v reflect.Value) slog.Value {
	var attrs []slog.Attr
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			name = f.Name
		}
		if a, ok := r.field(name, f.Tag.Get("log"), v.Field(i)); ok {
			attrs = append(attrs, a)
		}
	}
	return slog.GroupValue(attrs...)
}

func (r *Redactor) field(name, tag string, v reflect.Value) (slog.Attr, bool) {
	text := func() string { return fmt.Sprint(v.Interface()) }
	switch tag {
	case "drop", "-":
		return slog.Attr{}, false
	case "hash":
		return slog.String(name, r.TokenID(text())), true
	case "mask":
		return slog.String(name, mask(text())), true
	}
	if secretName(name) {
		return slog.String(name, redacted), true
	}
	if v.Kind() == reflect.String {
		return slog.String(name, r.String(v.String())), true
	}
	return slog.Attr{Key: name, Value: r.Value(v.Interface())}, true
}

func mask(s string) string {
	const shown = 4
	if len(s) <= 2*shown {
		return redacted
	}
	return "…" + s[len(s)-shown:]
}
