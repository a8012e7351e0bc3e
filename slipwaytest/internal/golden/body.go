package golden

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"mime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// body returns a body as text.
func (s *scrubber) body(contentType string, b []byte) string {
	media, _, _ := mime.ParseMediaType(contentType) // of a wrong one the body is shown as it is
	b = []byte(s.parts(string(b)))
	s.keys = media == "application/jwk-set+json" || media == "application/jwk+json"
	isJSON := media == "application/json" || strings.HasSuffix(media, "+json")
	switch {
	case len(b) == 0:
		return ""
	case !isText(b):
		return fmt.Sprintf("[%d bytes, SHA-256 %x]", len(b), sha256.Sum256(b))
	case isJSON && json.Valid(b):
		return s.json(b)
	case media == "application/x-www-form-urlencoded":
		return s.form(string(b))
	}
	return strings.ReplaceAll(s.text(string(b)), "\r", "{cr}")
}

func isText(b []byte) bool {
	return utf8.Valid(b) && !bytes.ContainsFunc(b, func(c rune) bool { return unicode.IsControl(c) && !strings.ContainsRune("\n\r\t", c) })
}

// json indents a valid body.
func (s *scrubber) json(b []byte) string {
	w := &jsonWriter{scrubber: s, in: json.NewDecoder(bytes.NewReader(b))}
	w.in.UseNumber()
	w.value("", "")
	return w.out.String()
}

// A jsonWriter writes the tokens of a valid text anew.
type jsonWriter struct {
	*scrubber
	in  *json.Decoder
	out strings.Builder
}

func (w *jsonWriter) token() json.Token {
	t, _ := w.in.Token() // the text is valid
	return t
}

// value writes the next value, which is that of the field called name.
func (w *jsonWriter) value(name, indent string) {
	switch v := w.token().(type) {
	case json.Delim:
		w.nested(v, name, indent)
	case string:
		w.out.WriteString(quote(w.member(name, v)))
	case json.Number:
		w.number(name, v.String())
	case nil:
		w.out.WriteString("null")
	default:
		fmt.Fprint(&w.out, v)
	}
}

// member scrubs the text of a field, which may be a part of a public key.
func (w *jsonWriter) member(name, v string) string {
	if w.keys {
		switch name {
		case "kid", "n", "x", "y", "x5t", "x5t#S256":
			return w.name(name, v)
		}
	}
	return w.field(name, v)
}

// number keeps the digits, unless they are a secret.
func (w *jsonWriter) number(name, digits string) {
	if clean := w.field(name, digits); clean != digits {
		digits = quote(clean)
	}
	w.out.WriteString(digits)
}

func (w *jsonWriter) nested(open json.Delim, name, indent string) {
	if w.hides(name) {
		w.skip()
		w.out.WriteString(quote("[redacted]"))
		return
	}
	inner, sep := indent+"  ", "\n"
	w.out.WriteString(open.String())
	for ; w.in.More(); sep = ",\n" {
		w.out.WriteString(sep + inner)
		field := ""
		if open == '{' {
			field, _ = w.token().(string)
			w.out.WriteString(quote(w.text(field)) + ": ")
		}
		w.value(field, inner)
	}
	if sep != "\n" {
		w.out.WriteString("\n" + indent)
	}
	fmt.Fprint(&w.out, w.token())
}

// skip leaves out the rest of an object or a list that has begun.
func (w *jsonWriter) skip() {
	for depth := 1; depth > 0; {
		if d, ok := w.token().(json.Delim); ok && (d == '{' || d == '[') {
			depth++
		} else if ok {
			depth--
		}
	}
}

// quote writes a text as JSON does, but leaves < and & readable.
func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a text always encodes
	return strings.TrimSuffix(b.String(), "\n")
}
