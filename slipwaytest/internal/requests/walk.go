package requests

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// A place is the way from the body's root to a value: names and indices.
type place []any

func (p place) below(step any) place { return append(slices.Clip(p), step) }

// put returns the tree with v at the place. The tree is a copy of its own.
func (p place) put(tree, v any) any {
	if len(p) == 0 {
		return v
	}
	switch tree := tree.(type) {
	case map[string]any:
		name, _ := p[0].(string)
		tree[name] = p[1:].put(tree[name], v)
	case []any:
		i, _ := p[0].(int)
		tree[i] = p[1:].put(tree[i], v)
	}
	return tree
}

// in returns the object at the place.
func (p place) in(tree any) map[string]any {
	for _, step := range p {
		switch t := tree.(type) {
		case map[string]any:
			name, _ := step.(string)
			tree = t[name]
		case []any:
			i, _ := step.(int)
			tree = t[i]
		}
	}
	object, _ := tree.(map[string]any)
	return object
}

// walk adds what can be wrong with a value and with what is in it. Of a list and
// of a map it enters the first entry: the others have the same schema.
func (m *mutator) walk(s *huma.Schema, v any, at string, p place) {
	s = resolve(m.valid.Shape.Registry, s)
	for _, b := range breaks(s, v) {
		m.edit(b, at, func(body any) any { return p.put(body, b.value) })
	}
	for _, part := range s.AllOf {
		m.walk(part, v, at, p)
	}
	switch v := v.(type) {
	case string:
		m.unusableText(v, at, p)
	case []any:
		if len(v) > 0 && s.Items != nil {
			m.walk(s.Items, v[0], at+"[0]", p.below(0))
		}
	case map[string]any:
		m.object(s, v, at, p)
	}
}

// unusableText adds to a text what no text may hold, whatever its schema says.
func (m *mutator) unusableText(v, at string, p place) {
	m.add("U+0000", at, func() *Request {
		r := m.changed("U+0000", at)
		r.Body = p.put(r.Body, v+"\x00")
		return r
	})
	const name, marker = "bytes that are no UTF-8", "\ue0ff"
	m.add(name, at, func() *Request {
		r := m.changed(name, at)
		r.Body = p.put(r.Body, v+marker)
		r.Mutation.raw = func(body []byte, t string) ([]byte, string) {
			return bytes.ReplaceAll(body, []byte(marker), []byte("\xff")), t
		}
		return r
	})
}

func (m *mutator) object(s *huma.Schema, v map[string]any, at string, p place) {
	for _, name := range sortedKeys(v) {
		if slices.Contains(s.Required, name) {
			m.edit(broken{name: "missing"}, at+"."+name, func(body any) any {
				delete(p.in(body), name)
				return body
			})
		}
		if s.Properties[name] != nil {
			m.otherCasing(name, at, p)
		}
		if property := s.Properties[name]; property != nil {
			m.walk(property, v[name], at+"."+name, p.below(name))
		}
	}
	const unknown = "unknown_property"
	m.edit(broken{name: "unknown property"}, at+"."+unknown, func(body any) any {
		p.in(body)[unknown] = int64(1)
		return body
	})
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		m.mapEntries(s, values, v, at, p)
	}
}

// otherCasing adds the same name again in other letters: encoding/json would take
// the one and validation look at the other.
func (m *mutator) otherCasing(name, at string, p place) {
	other := strings.ToUpper(name)
	if other == name {
		other = strings.ToLower(name)
	}
	if other == name {
		return
	}
	m.edit(broken{name: "other casing beside"}, at+"."+other, func(body any) any {
		object := p.in(body)
		object[other] = cloneValue(object[name])
		return body
	})
}

// mapEntries adds what can be wrong with a map: its size, and its first value.
func (m *mutator) mapEntries(s, values *huma.Schema, v map[string]any, at string, p place) {
	names := sortedKeys(v)
	if len(names) == 0 {
		return
	}
	first := names[0]
	m.walk(values, v[first], at+"."+first, p.below(first))
	if s.MaxProperties != nil && *s.MaxProperties < 1000 {
		m.edit(broken{name: "too many"}, at, func(body any) any {
			object := p.in(body)
			for i := range *s.MaxProperties + 1 {
				object["more"+strconv.Itoa(i)] = cloneValue(v[first])
			}
			return body
		})
	}
	if s.MinProperties != nil && *s.MinProperties > 0 {
		m.edit(broken{name: "too few"}, at, func(body any) any { return p.put(body, map[string]any{}) })
	}
}

func resolve(r huma.Registry, s *huma.Schema) *huma.Schema {
	for s.Ref != "" {
		s = r.SchemaFromRef(s.Ref)
	}
	return s
}
