package requests

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/api"
)

// Plain returns the simplest request that fits: what is required and nothing
// more, by the contract's own examples where it gives any.
func Plain(s *api.Shape) (*Request, error) {
	g := &generator{shape: s, plain: true}
	return g.request()
}

// Valid returns the n-th request of a series. Every one fits, and each is made to
// be unlike the others: short and long, at the bounds, in every script.
func Valid(s *api.Shape, n int) (r *Request, err error) {
	draw := rapid.Custom(func(t *rapid.T) *Request {
		g := &generator{shape: s, t: t}
		g.upTo(1) // rapid insists that something is drawn
		r, err = g.request()
		return r
	})
	return draw.Example(seed(s, n)), err
}

// seed makes the series of each route its own, and the same in every run.
func seed(s *api.Shape, n int) int {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %s %d", s.Route.Contract().Name(), s.Route.Pattern(), n)
	return int(h.Sum64() >> 1)
}

// A generator draws the parts of one request.
type generator struct {
	shape *api.Shape
	t     *rapid.T
	plain bool
	long  bool // a long text was drawn
	depth int
}

// attempts is how often a value is drawn anew that turned out not to fit.
const attempts = 40

func (g *generator) request() (*Request, error) {
	r, err := g.draw()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", g.shape.Route.Pattern(), err)
	}
	return r, nil
}

func (g *generator) draw() (*Request, error) {
	r := newRequest(g.shape)
	for _, p := range g.shape.Parameters {
		if !p.Required && !g.sometimes() {
			continue
		}
		value, err := g.parameter(p)
		if err != nil {
			return nil, err
		}
		if value != "" {
			r.set(p, value)
		}
	}
	g.wildcards(r)
	if b := g.shape.Body; b != nil && (b.Required || g.sometimes()) {
		v, err := g.fitting(b.Schema, "body")
		if err != nil {
			return nil, err
		}
		r.Body, r.HasBody = v, true
	}
	return r, nil
}

// wildcards fills the places of a path whose parameters have no schema: those of
// a mounted route.
func (g *generator) wildcards(r *Request) {
	for part := range strings.SplitSeq(g.shape.Route.Path(), "{") {
		name, _, found := strings.Cut(part, "}")
		name = strings.TrimSuffix(name, "...")
		if _, ok := r.Path[name]; found && !ok && name != "$" {
			r.Path[name] = "0198c0de-0000-7000-8000-000000000001"
		}
	}
}

// fitting draws a value until one passes the server's validation.
func (g *generator) fitting(s *huma.Schema, at string) (any, error) {
	var refused error
	for range attempts {
		v, err := g.value(s, at)
		if err != nil {
			return nil, err
		}
		if refused = g.shape.Validate(s, at, decoded(v)); refused == nil {
			return v, nil
		}
	}
	return nil, noValue(at, refused)
}

func noValue(at string, refused error) error {
	return fmt.Errorf("%s: nothing was found that the schema admits (%w): give the field a tag example:\"…\" with a value that fits, or mend the schema if none can", at, refused)
}

// parameter draws the text of a parameter.
func (g *generator) parameter(p api.Parameter) (string, error) {
	at := p.In + "." + p.Name
	var refused error
	for range attempts {
		v, err := g.value(p.Schema, at)
		if err != nil {
			return "", err
		}
		text, err := paramText(v)
		if err == nil {
			err = sendable(p, text)
		}
		if err == nil {
			err = g.shape.Validate(p.Schema, at, decoded(v))
		}
		if refused = err; err == nil {
			return text, nil
		}
	}
	return "", noValue(at, refused)
}

// sendable reports a text that would not arrive as it is.
func sendable(p api.Parameter, text string) error {
	switch {
	case p.In == "path" && (text == "" || text == "." || text == ".." || text == "/"):
		return fmt.Errorf("%q cannot be sent in a path", text)
	case p.Required && text == "":
		return errors.New("an empty parameter counts as missing")
	case p.In == "header" && (strings.TrimSpace(text) != text || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })):
		return fmt.Errorf("%q cannot be sent in a header", text)
	}
	return nil
}

// paramText writes a value as a parameter; lists are separated by commas.
func paramText(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			return strconv.FormatInt(int64(v), 10), nil // an integer takes no exponent
		}
		return strconv.FormatFloat(v, 'g', -1, 64), nil
	case []any:
		parts := make([]string, len(v))
		for i, e := range v {
			text, err := paramText(e)
			if err != nil {
				return "", err
			}
			if text == "" || strings.Contains(text, ",") {
				return "", fmt.Errorf("%q cannot stand in a comma-separated list", text)
			}
			parts[i] = text
		}
		return strings.Join(parts, ","), nil
	}
	return "", fmt.Errorf("%T cannot be a parameter", v)
}

// decoded returns the value as the server will see it.
func decoded(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var d any
	if json.Unmarshal(b, &d) != nil {
		return v
	}
	return d
}

// sometimes is for what may be left out.
func (g *generator) sometimes() bool { return !g.plain && rapid.Bool().Draw(g.t, "sometimes") }

// rarely is for what would hide other things if it happened often.
func (g *generator) rarely() bool { return !g.plain && g.upTo(7) == 0 }

// upTo draws a number from 0 to n, each as likely as the next.
func (g *generator) upTo(n int) int {
	numbers := make([]int, n+1)
	for i := range numbers {
		numbers[i] = i
	}
	return rapid.SampledFrom(numbers).Draw(g.t, "up to")
}
