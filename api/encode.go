package api

import (
	"context"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// An encoder turns a route's input into a request: the mirror of what the
// server decodes. What it could not carry faithfully is refused when the route
// is declared, not when a call is made.
type encoder struct {
	route    *Route
	blank    *http.Request // what all requests of the route have in common
	segments []segment
	params   []param
	body     []int // index of the field Body; nil when there is none
}

// A segment is a literal part of the path, or the value of a path parameter.
type segment struct {
	literal string
	param   *param
}

type param struct {
	in, name   string
	index      []int
	hasDefault bool
}

var (
	placeholder       = regexp.MustCompile(`\{([^}]*)\}`)
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	timeType          = reflect.TypeFor[time.Time]()
)

func newEncoder(r *Route) (*encoder, error) {
	e := &encoder{route: r, blank: &http.Request{
		Method: r.method, Host: r.contract.name, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody,
	}}
	if r.in.Kind() != reflect.Struct {
		return e, fmt.Errorf("%s: input %s: expected a struct", r.Pattern(), r.in)
	}
	for _, f := range reflect.VisibleFields(r.in) {
		if err := e.field(f); err != nil {
			return e, fmt.Errorf("%s: input field %s: %w", r.Pattern(), f.Name, err)
		}
	}
	if err := checkDefaults(r); err != nil {
		return e, err
	}
	return e, e.template()
}

func (e *encoder) field(f reflect.StructField) error {
	if f.Name == "Body" && !f.Anonymous {
		e.body = f.Index
		return nil
	}
	for _, in := range []string{"path", "query", "header"} {
		name, ok := f.Tag.Lookup(in)
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(name, ",")
		def, hasDefault := f.Tag.Lookup("default")
		if err := encodable(f.Type, in, def); err != nil {
			return err
		}
		e.params = append(e.params, param{in: in, name: name, index: f.Index, hasDefault: hasDefault})
		return nil
	}
	if f.Anonymous || !f.IsExported() {
		return nil
	}
	return errors.New(`expected a tag path:"…", query:"…" or header:"…", or the name Body`)
}

// encodable refuses types whose value would not arrive as it was sent.
func encodable(t reflect.Type, in, def string) error {
	switch {
	case t.Kind() == reflect.Pointer:
		return errors.New("a pointer parameter cannot be told from its zero value on the wire; use a value")
	case t.Kind() == reflect.Bool && def == "true":
		return errors.New("a bool with default true cannot be sent as false; turn its meaning round")
	case t.Kind() == reflect.Slice && in != "query":
		return fmt.Errorf("a list in the %s is not supported; use the query or the body", in)
	case t == timeType && in != "query":
		return fmt.Errorf("a time in the %s is not supported; use the query or the body", in)
	case t.Kind() == reflect.Slice:
		return scalar(t.Elem())
	}
	return scalar(t)
}

func scalar(t reflect.Type) error {
	if t == timeType || t.Implements(textMarshalerType) {
		return nil
	}
	switch t.Kind() { //nolint:exhaustive // every other kind is refused
	case reflect.String, reflect.Bool, reflect.Int, reflect.Int64, reflect.Uint, reflect.Uint64, reflect.Float64:
		return nil
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Float32:
		return fmt.Errorf("%s would overflow silently when it is decoded; use the 64-bit type with minimum and maximum", t)
	}
	return fmt.Errorf("type %s cannot be a parameter; expected a string, bool, number, time or encoding.TextMarshaler", t)
}

func (e *encoder) template() error {
	rest := e.route.path
	for {
		at := placeholder.FindStringSubmatchIndex(rest)
		if at == nil {
			e.segments = append(e.segments, segment{literal: rest})
			return e.checkPath()
		}
		name := rest[at[2]:at[3]]
		p := e.find("path", name)
		if p == nil {
			return fmt.Errorf("%s: no input field has the tag path:%q", e.route.Pattern(), name)
		}
		e.segments = append(e.segments, segment{literal: rest[:at[0]]}, segment{param: p})
		rest = rest[at[1]:]
	}
}

func (e *encoder) checkPath() error {
	for _, p := range e.params {
		if p.in == "path" && !strings.Contains(e.route.path, "{"+p.name+"}") {
			return fmt.Errorf("%s: the path has no {%s}, but an input field does", e.route.Pattern(), p.name)
		}
	}
	return nil
}

func (e *encoder) find(in, name string) *param {
	for i := range e.params {
		if e.params[i].in == in && e.params[i].name == name {
			return &e.params[i]
		}
	}
	return nil
}

// request builds the request for the neighbour; the caller fills in the address.
func (e *encoder) request(ctx context.Context, in reflect.Value, path string) (*http.Request, error) {
	escaped, err := e.path(in, path)
	if err != nil {
		return nil, err
	}
	unescaped, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, fmt.Errorf("path %q: %w", escaped, err)
	}
	r := e.blank.WithContext(ctx)
	r.URL = &url.URL{Scheme: "http", Host: r.Host, Path: unescaped, RawPath: escaped}
	r.Header = http.Header{"Accept": acceptJSON}
	query := url.Values{}
	if err := e.parameters(in, query, r.Header); err != nil {
		return nil, err
	}
	r.URL.RawQuery = query.Encode()
	return r, e.setBody(in, r)
}

func (e *encoder) setBody(in reflect.Value, r *http.Request) error {
	if e.body == nil {
		return nil
	}
	b, err := json.Marshal(in.FieldByIndex(e.body).Addr().Interface())
	if err != nil {
		return fmt.Errorf("encode the body of %s: %w", e.route.Pattern(), err)
	}
	r.Header["Content-Type"] = contentJSON
	setBody(r, b)
	return nil
}

// Shared header values: they are replaced, never appended to in place.
var (
	acceptJSON  = []string{"application/json"}
	contentJSON = []string{"application/json"}
)

func (e *encoder) path(in reflect.Value, prefix string) (string, error) {
	var b strings.Builder
	b.WriteString(prefix)
	for _, s := range e.segments {
		if s.param == nil {
			b.WriteString(s.literal)
			continue
		}
		v, err := text(in.FieldByIndex(s.param.index))
		if err != nil {
			return "", fmt.Errorf("path parameter %s: %w", s.param.name, err)
		}
		// A router takes these for parts of the path itself; "/" even when it is escaped.
		if v == "" || v == "." || v == ".." || v == "/" {
			return "", fmt.Errorf("path parameter %s: %q cannot be sent in a path", s.param.name, v)
		}
		b.WriteString(url.PathEscape(v))
	}
	return b.String(), nil
}

func (e *encoder) parameters(in reflect.Value, query url.Values, header http.Header) error {
	for _, p := range e.params {
		v := in.FieldByIndex(p.index)
		if p.in == "path" || (v.IsZero() && !p.hasDefault) {
			continue
		}
		s, err := list(v)
		if err != nil {
			return fmt.Errorf("%s parameter %s: %w", p.in, p.name, err)
		}
		if s == "" && p.hasDefault {
			return fmt.Errorf("%s parameter %s: an empty value would be read as its default", p.in, p.name)
		}
		if p.in == "header" {
			header.Set(p.name, s)
		} else {
			query.Set(p.name, s)
		}
	}
	return nil
}

func list(v reflect.Value) (string, error) {
	if v.Kind() != reflect.Slice || v.Type().Implements(textMarshalerType) {
		return text(v)
	}
	parts := make([]string, v.Len())
	for i := range parts {
		s, err := text(v.Index(i))
		if err != nil {
			return "", err
		}
		if s == "" || strings.Contains(s, ",") {
			return "", fmt.Errorf("%q cannot stand in a comma-separated list", s)
		}
		parts[i] = s
	}
	return strings.Join(parts, ","), nil
}

func text(v reflect.Value) (string, error) {
	if v.Type() == timeType {
		return v.Interface().(time.Time).Format(time.RFC3339Nano), nil
	}
	if m, ok := reflect.TypeAssert[encoding.TextMarshaler](v); ok {
		b, err := m.MarshalText()
		return string(b), err
	}
	switch v.Kind() { //nolint:exhaustive // the rest was refused at declaration
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), nil
	case reflect.Int, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10), nil
	case reflect.Uint, reflect.Uint64:
		return strconv.FormatUint(v.Uint(), 10), nil
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64), nil
	}
	return "", fmt.Errorf("type %s cannot be a parameter", v.Type())
}
