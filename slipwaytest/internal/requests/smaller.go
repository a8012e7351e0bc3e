package requests

import (
	"iter"
	"maps"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// Smaller yields simpler requests, the simplest first. Those of one that fits fit;
// those of one that does not take the same step from a simpler one that does.
func Smaller(r *Request) iter.Seq[*Request] {
	return func(yield func(*Request) bool) {
		if r.Mutation != nil {
			smallerStep(r, yield)
			return
		}
		smallerParameters(r, yield)
	}
}

// smallerStep takes the mutation's step from the plainest request that has its place.
func smallerStep(r *Request, yield func(*Request) bool) {
	plain, err := Plain(r.Shape)
	if err != nil {
		return
	}
	if again := r.Mutation.Again(plain); again != nil && again.Curl() != r.Curl() {
		yield(again)
	}
}

func smallerParameters(r *Request, yield func(*Request) bool) {
	plain, err := Plain(r.Shape)
	if err != nil {
		return
	}
	for _, of := range []struct {
		values func(*Request) map[string]string
	}{
		{func(r *Request) map[string]string { return r.Path }},
		{func(r *Request) map[string]string { return r.Query }},
		{func(r *Request) map[string]string { return r.Header }},
	} {
		for _, name := range sortedKeys(of.values(r)) {
			c := r.clone()
			simple, required := of.values(plain)[name]
			if of.values(c)[name] = simple; !required {
				delete(of.values(c), name)
			}
			if !maps.Equal(of.values(c), of.values(r)) && !yield(c) {
				return
			}
		}
	}
	smallerBody(r, plain, yield)
}

func smallerBody(r, plain *Request, yield func(*Request) bool) {
	if !r.HasBody {
		return
	}
	if !plain.HasBody {
		c := r.clone()
		c.Body, c.HasBody = nil, false
		if !yield(c) {
			return
		}
	}
	g := &generator{shape: r.Shape, plain: true}
	for v := range g.smaller(r.Shape.Body.Schema, r.Body) {
		c := r.clone()
		c.Body = cloneValue(v)
		if !reflect.DeepEqual(c.Body, r.Body) && r.Shape.Validate(r.Shape.Body.Schema, "body", decoded(v)) == nil && !yield(c) {
			return
		}
	}
}

// smaller yields values that are simpler, whether they fit or not.
func (g *generator) smaller(s *huma.Schema, v any) iter.Seq[any] {
	return func(yield func(any) bool) {
		s := resolve(g.shape.Registry, s)
		simple, err := g.value(s, "")
		if err != nil || reflect.DeepEqual(decoded(simple), decoded(v)) || !yield(simple) {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			g.smallerObject(s, v, yield)
		case []any:
			g.smallerArray(s, v, yield)
		case string:
			smallerText(v, yield)
		case int64:
			for _, n := range []int64{0, v / 2, v - v%10} {
				if n != v && !yield(n) {
					return
				}
			}
		}
	}
}

func (g *generator) smallerObject(s *huma.Schema, v map[string]any, yield func(any) bool) {
	for _, name := range sortedKeys(v) {
		if slices.Contains(s.Required, name) {
			continue
		}
		c := maps.Clone(v)
		delete(c, name)
		if !yield(c) {
			return
		}
	}
	for _, name := range sortedKeys(v) {
		property := s.Properties[name]
		if property == nil {
			property, _ = s.AdditionalProperties.(*huma.Schema)
		}
		if property == nil {
			continue
		}
		for simple := range g.smaller(property, v[name]) {
			c := maps.Clone(v)
			c[name] = simple
			if !yield(c) {
				return
			}
		}
	}
}

func (g *generator) smallerArray(s *huma.Schema, v []any, yield func(any) bool) {
	for i := range v {
		if !yield(slices.Delete(slices.Clone(v), i, i+1)) {
			return
		}
	}
	for i := range v {
		for simple := range g.smaller(s.Items, v[i]) {
			c := slices.Clone(v)
			c[i] = simple
			if !yield(c) {
				return
			}
		}
	}
}

// smallerText takes halves and then single letters away.
func smallerText(v string, yield func(any) bool) {
	runes := []rune(v)
	half := len(runes) / 2
	if half == 0 {
		return
	}
	if !yield(string(runes[:half])) || !yield(string(runes[half:])) {
		return
	}
	for i := range min(len(runes), 64) {
		if !yield(string(slices.Delete(slices.Clone(runes), i, i+1))) {
			return
		}
	}
}
