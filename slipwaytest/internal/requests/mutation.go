package requests

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/slipway-go/slipway/api"
)

// A Mutation is the one step by which a request does not fit.
type Mutation struct {
	// Name says what was done: "too long", "unknown property".
	Name string
	// Location is where, as the server's own messages name places: body.quantity.
	Location string
	// raw changes the bytes of the body, query is appended to the query.
	raw   func(body []byte, contentType string) ([]byte, string)
	query string
}

// String names the step and its place.
func (m *Mutation) String() string { return m.Name + " at " + m.Location }

// A step makes a request that should not fit, or nil if it would.
type step struct {
	name, at string
	take     func() *Request
}

// Mutated returns the n-th request that is one step away from a fitting one and
// must be refused: n counts through the steps and begins again after the last.
// It is nil when there is none, as for a mounted route.
func Mutated(valid *Request, n int) *Request {
	all := steps(valid)
	for i := range all {
		if r := all[(n+i)%len(all)].take(); r != nil {
			return r
		}
	}
	return nil
}

// Mutations returns every request that is one step away from a fitting one and
// must be refused.
func Mutations(valid *Request) []*Request {
	var all []*Request
	for _, s := range steps(valid) {
		if r := s.take(); r != nil {
			all = append(all, r)
		}
	}
	return all
}

// Again takes the same step from another request; nil if it has no such place.
func (m *Mutation) Again(valid *Request) *Request {
	for _, s := range steps(valid) {
		if s.name != m.Name || s.at != m.Location {
			continue
		}
		if r := s.take(); r != nil {
			return r
		}
	}
	return nil
}

// A mutator collects the steps from one request.
type mutator struct {
	valid *Request
	steps []step
}

func steps(valid *Request) []step {
	if valid.Shape.Untyped {
		return nil
	}
	m := &mutator{valid: valid}
	if b := valid.Shape.Body; b != nil && valid.HasBody {
		m.walk(b.Schema, valid.Body, "body", nil)
		m.wholeBody(b)
	}
	for _, p := range valid.Shape.Parameters {
		m.parameter(p)
	}
	m.wholeQuery()
	return m.steps
}

func (m *mutator) add(name, at string, take func() *Request) {
	m.steps = append(m.steps, step{name, at, take})
}

// changed returns a copy that carries the mutation's name.
func (m *mutator) changed(name, at string) *Request {
	r := m.valid.clone()
	r.Mutation = &Mutation{Name: name, Location: at}
	return r
}

// edit adds a change of the body's tree, unless the result fits all the same.
func (m *mutator) edit(b broken, at string, change func(body any) any) {
	m.add(b.name, at, func() *Request {
		r := m.changed(b.name, at)
		r.Body = change(r.Body)
		if !b.undecodable && m.valid.Shape.Validate(m.valid.Shape.Body.Schema, "body", decoded(r.Body)) == nil {
			return nil
		}
		return r
	})
}

// parameter adds what can be wrong with one parameter.
func (m *mutator) parameter(p api.Parameter) {
	at := p.In + "." + p.Name
	text, sent := m.values(m.valid, p.In)[p.Name]
	if !sent {
		return
	}
	if p.Required && p.In != "path" {
		m.add("missing", at, func() *Request {
			r := m.changed("missing", at)
			delete(m.values(r, p.In), p.Name)
			return r
		})
	}
	if p.In == "query" && !p.Repeats {
		m.add("given twice", at, func() *Request {
			r := m.changed("given twice", at)
			r.Mutation.query = escapedPair(p.Name, text)
			return r
		})
	}
	for _, b := range textBreaks(m.valid.Shape.Registry, p.Schema, text) {
		m.add(b.name, at, func() *Request { return m.brokenParameter(p, b) })
	}
	m.unprintable(p, at, text)
}

// unprintable adds what no text may hold, whatever its schema says.
func (m *mutator) unprintable(p api.Parameter, at, text string) {
	add := func(name, more string) {
		m.add(name, at, func() *Request {
			r := m.changed(name, at)
			m.values(r, p.In)[p.Name] = text + more
			return r
		})
	}
	if p.In != "header" { // there no client can send it
		add("U+0000", "\x00")
	}
	add("bytes that are no UTF-8", "\xff")
}

func (m *mutator) brokenParameter(p api.Parameter, b broken) *Request {
	at := p.In + "." + p.Name
	text, err := paramText(b.value)
	if err != nil || text == "" || sendable(p, text) != nil {
		return nil
	}
	if !b.undecodable && m.valid.Shape.Validate(p.Schema, at, decoded(b.value)) == nil {
		return nil
	}
	r := m.changed(b.name, at)
	m.values(r, p.In)[p.Name] = text
	return r
}

func (m *mutator) values(r *Request, in string) map[string]string {
	switch in {
	case "path":
		return r.Path
	case "query":
		return r.Query
	}
	return r.Header
}

// wholeQuery adds what no query may hold.
func (m *mutator) wholeQuery() {
	const unknown = "unknown-parameter"
	for _, q := range []struct{ name, at, text string }{
		{"unknown parameter", "query." + unknown, unknown + "=1"},
		{"malformed escape", "query", "a=%zz"},
	} {
		m.add(q.name, q.at, func() *Request {
			r := m.changed(q.name, q.at)
			r.Mutation.query = q.text
			return r
		})
	}
}

// wholeBody adds what can be wrong with a body before anybody looks into it.
func (m *mutator) wholeBody(b *api.BodyShape) {
	raw := func(name string, f func(body []byte, contentType string) ([]byte, string)) {
		m.add(name, "body", func() *Request {
			r := m.changed(name, "body")
			r.Mutation.raw = f
			return r
		})
	}
	if b.Required {
		raw("missing", func([]byte, string) ([]byte, string) { return nil, "" })
	}
	raw("malformed", func(body []byte, t string) ([]byte, string) { return append([]byte("["), body...), t })
	raw("two values", func(body []byte, t string) ([]byte, string) { return fmt.Appendf(nil, "%s %s", body, body), t })
	raw("wrong content type", func(body []byte, _ string) ([]byte, string) { return body, "text/plain" })
	raw("larger than MaxBody", func(body []byte, t string) ([]byte, string) {
		return append(spaces(m.valid.Shape.Route.MaxBodyBytes()+1-int64(len(body))), body...), t
	})
}

func spaces(n int64) []byte { return bytes.Repeat([]byte(" "), int(max(n, 1))) }

// sortedKeys makes a walk over a map the same in every run.
func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
