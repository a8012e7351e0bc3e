package requests

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/api"
)

// A Request is a request before it is written down: parameters by name, and the
// body as a tree of what encoding/json knows.
type Request struct {
	Shape *api.Shape
	// Path, Query and Header are the values of parameters, as they are sent but
	// not yet escaped.
	Path, Query, Header map[string]string
	// Body is a tree of map[string]any, []any, string, int64, float64, bool and nil.
	Body any
	// HasBody tells a body of null from none.
	HasBody bool
	// Mutation is what was changed; nil for a request that fits.
	Mutation *Mutation
}

func newRequest(s *api.Shape) *Request {
	return &Request{Shape: s, Path: map[string]string{}, Query: map[string]string{}, Header: map[string]string{}}
}

// clone returns a copy whose parameters and body can be changed.
func (r *Request) clone() *Request {
	c := *r
	c.Path, c.Query, c.Header = maps.Clone(r.Path), maps.Clone(r.Query), maps.Clone(r.Header)
	c.Body = cloneValue(r.Body)
	return &c
}

func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for k, e := range v {
			c[k] = cloneValue(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = cloneValue(e)
		}
		return c
	}
	return v
}

// HTTP writes the request down. The base is where the server is, without a path.
func (r *Request) HTTP(ctx context.Context, base string) (*http.Request, error) {
	body, contentType, err := r.encode()
	if err != nil {
		return nil, fmt.Errorf("%s: encode the body: %w", r.Shape.Route.Pattern(), err)
	}
	req, err := http.NewRequestWithContext(ctx, r.method(), base+r.target(), bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Shape.Route.Pattern(), err)
	}
	if len(body) == 0 {
		req.Body, req.GetBody = http.NoBody, func() (io.ReadCloser, error) { return http.NoBody, nil }
	}
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for name, value := range r.Header {
		req.Header.Set(name, value)
	}
	return req, nil
}

func (r *Request) method() string {
	if m := r.Shape.Route.Method(); m != "" {
		return m
	}
	return http.MethodGet
}

// encode returns the body's bytes, after what a mutation does to them.
func (r *Request) encode() (body []byte, contentType string, err error) {
	if r.HasBody {
		contentType = "application/json"
		if r.Shape.Body != nil {
			contentType = r.Shape.Body.ContentType
		}
		if body, err = json.Marshal(r.Body); err != nil {
			return nil, "", err
		}
	}
	if r.Mutation != nil && r.Mutation.raw != nil {
		body, contentType = r.Mutation.raw(body, contentType)
	}
	return body, contentType, nil
}

// target is the path and the query, escaped.
func (r *Request) target() string {
	var b strings.Builder
	rest := r.Shape.Route.Path()
	for {
		before, after, found := strings.Cut(rest, "{")
		b.WriteString(before)
		if !found {
			break
		}
		name, after, _ := strings.Cut(after, "}")
		if name != "$" { // {$} stands for nothing
			b.WriteString(url.PathEscape(r.Path[strings.TrimSuffix(name, "...")]))
		}
		rest = after
	}
	if query := r.query(); query != "" {
		b.WriteString("?" + query)
	}
	return b.String()
}

func (r *Request) query() string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Query)) {
		parts = append(parts, url.QueryEscape(name)+"="+url.QueryEscape(r.Query[name]))
	}
	if r.Mutation != nil && r.Mutation.query != "" {
		parts = append(parts, r.Mutation.query)
	}
	return strings.Join(parts, "&")
}

// set sets a parameter.
func (r *Request) set(p api.Parameter, value string) {
	switch p.In {
	case "path":
		r.Path[p.Name] = value
	case "query":
		r.Query[p.Name] = value
	case "header":
		r.Header[p.Name] = value
	}
}

// Curl writes the request for a person, to be tried by hand. A long body is cut.
func (r *Request) Curl() string {
	var b strings.Builder
	fmt.Fprintf(&b, "curl -X %s %s", r.method(), quote("$URL"+r.target()))
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		fmt.Fprintf(&b, " -H %s", quote(name+": "+r.Header[name]))
	}
	body, contentType, err := r.encode()
	if err != nil || len(body) == 0 && contentType == "" {
		return b.String()
	}
	fmt.Fprintf(&b, " -H %s -d %s", quote("Content-Type: "+contentType), quote(cut(string(body))))
	return b.String()
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// cut shortens what nobody reads to its end.
func cut(s string) string {
	const shown = 600
	if len(s) <= shown {
		return s
	}
	return fmt.Sprintf("%s… (%d bytes in all)", strings.ToValidUTF8(s[:shown], ""), len(s))
}
