package telemetry

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	"net/url"
	"slices"
	"strings"
)

// maxBody bounds the body that is shown; a longer one is not cut but left out,
// since half a secret is one too.
const maxBody = 4 << 10

// Body returns a JSON or form body of up to 4 KiB with its secrets hidden, or a
// few words in place of any other, of a longer one, and of one that is cut off.
func (r *Redactor) Body(contentType string, b []byte) string {
	t, _, err := mime.ParseMediaType(contentType)
	switch {
	case len(b) == 0:
		return ""
	case err != nil, len(b) > maxBody:
	case t == "application/json", strings.HasSuffix(t, "+json"):
		return r.json(b)
	case t == "application/x-www-form-urlencoded":
		return r.form(b)
	}
	return fmt.Sprintf("[%d bytes]", len(b))
}

func (r *Redactor) json(b []byte) string {
	v, err := decode(b)
	if err != nil {
		return fmt.Sprintf("[%d bytes that are no JSON]", len(b))
	}
	l := line{redactor: r, buf: make([]byte, 0, len(b))}
	l.tree(r.walk(v))
	return string(l.buf)
}

// decode reads one JSON value and nothing behind it.
func decode(b []byte) (any, error) {
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber() // an amount must not lose digits on its way into a log
	if err := d.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if len(bytes.TrimSpace(b[d.InputOffset():])) > 0 {
		return nil, errors.New("decode: more than one value")
	}
	return v, nil
}

// walk hides the secrets in a decoded JSON value.
func (r *Redactor) walk(v any) any {
	switch v := v.(type) {
	case map[string]any:
		clean := make(map[string]any, len(v))
		for name, inner := range v {
			clean[r.String(name)] = r.member(judge(name), r.walk(inner))
		}
		return clean
	case []any:
		for i := range v {
			v[i] = r.walk(v[i])
		}
		return v
	case string:
		return r.String(v)
	case json.Number:
		return r.jsonNumber(shown, v)
	}
	return v
}

// member hides the value of a field by the field's name. Objects and lists
// under a secret's name are hidden whole, whatever their own fields are called.
func (r *Redactor) member(v verdict, inner any) any {
	switch value := inner.(type) {
	case nil, bool:
		return inner
	case string:
		return r.named(v, value)
	case json.Number:
		return r.jsonNumber(v, value)
	case int64:
		return r.number(v, slog.Int64Value(value)).Any()
	case uint64:
		return r.number(v, slog.Uint64Value(value)).Any()
	}
	if v == hidden {
		return redacted
	}
	return inner
}

func (r *Redactor) form(b []byte) string {
	values, err := url.ParseQuery(string(b))
	if err != nil {
		return fmt.Sprintf("[%d bytes that are no form]", len(b))
	}
	parts := make([]string, 0, len(values))
	for name, list := range values {
		for _, v := range list {
			parts = append(parts, r.String(name)+"="+r.named(judge(name), v))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}
