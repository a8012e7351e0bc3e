package requests

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"pgregory.net/rapid"
)

// deepest is how far down optional parts are still drawn: types may contain
// themselves.
const deepest = 5

// value draws a value for the schema. It mostly fits; [generator.fitting] looks.
func (g *generator) value(s *huma.Schema, at string) (any, error) {
	nullable := s.Nullable
	for s.Ref != "" {
		if s = g.shape.Registry.SchemaFromRef(s.Ref); s == nil {
			return nil, fmt.Errorf("%s: the schema refers to a type that is not registered", at)
		}
		nullable = nullable || s.Nullable
	}
	g.depth++
	defer func() { g.depth-- }()
	if nullable && (g.depth > deepest || g.rarely()) {
		return nil, nil
	}
	if v, ok := g.sample(s); ok {
		return v, nil
	}
	if combined := slices.Concat(s.OneOf, s.AnyOf); len(combined) > 0 {
		if g.plain {
			return g.value(combined[0], at)
		}
		return g.value(rapid.SampledFrom(combined).Draw(g.t, "alternative"), at)
	}
	if len(s.AllOf) > 0 {
		return g.all(s, at)
	}
	return g.typed(s, at)
}

// sample returns one of the values that the schema itself gives: enum is all
// that there is, an example is what a handler will most likely know.
func (g *generator) sample(s *huma.Schema) (any, bool) {
	if len(s.Enum) > 0 {
		if g.plain {
			return decoded(s.Enum[0]), true
		}
		return decoded(rapid.SampledFrom(s.Enum).Draw(g.t, "enum")), true
	}
	if len(s.Examples) > 0 && (g.plain || g.upTo(3) == 0) {
		return decoded(s.Examples[0]), true
	}
	return nil, false
}

// all merges what every part asks for.
func (g *generator) all(s *huma.Schema, at string) (any, error) {
	parts := slices.Clone(s.AllOf)
	if len(s.Properties) > 0 {
		rest := *s
		rest.AllOf = nil
		parts = append(parts, &rest)
	}
	merged := map[string]any{}
	for _, part := range parts {
		v, err := g.value(part, at)
		if err != nil {
			return nil, err
		}
		object, ok := v.(map[string]any)
		if !ok {
			return v, nil
		}
		maps.Copy(merged, object)
	}
	return merged, nil
}

func (g *generator) typed(s *huma.Schema, at string) (any, error) {
	switch s.Type {
	case huma.TypeBoolean:
		return g.sometimes(), nil
	case huma.TypeInteger:
		return g.integer(s), nil
	case huma.TypeNumber:
		return g.number(s), nil
	case huma.TypeString:
		return g.text(s, at)
	case huma.TypeArray:
		return g.array(s, at)
	case huma.TypeObject:
		return g.object(s, at)
	}
	return g.anything(), nil
}

// anything is for a schema that says nothing.
func (g *generator) anything() any {
	if g.plain {
		return map[string]any{}
	}
	return rapid.SampledFrom([]any{
		map[string]any{}, "", "text", int64(0), int64(-1), 0.5, true, false, []any{}, []any{int64(1), "two"}, map[string]any{"a": map[string]any{"b": int64(1)}},
	}).Draw(g.t, "anything")
}

func (g *generator) array(s *huma.Schema, at string) (any, error) {
	least, most := bound(s.MinItems, 0), bound(s.MaxItems, -1)
	n := g.length(least, most, 3)
	if g.depth > deepest {
		n = least
	}
	items := make([]any, 0, n)
	seen := map[string]bool{}
	for tries := 0; len(items) < n && tries < n+attempts; tries++ {
		v, err := g.value(s.Items, at+"["+strconv.Itoa(len(items))+"]")
		if err != nil {
			return nil, err
		}
		key := fmt.Sprint(v)
		if s.UniqueItems && seen[key] {
			continue
		}
		seen[key] = true
		items = append(items, v)
	}
	return items, nil
}

// object draws what is required always and what is optional sometimes.
func (g *generator) object(s *huma.Schema, at string) (any, error) {
	object := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		property := s.Properties[name]
		required := slices.Contains(s.Required, name)
		if property.ReadOnly || !required && (g.depth > deepest || !g.sometimes()) {
			continue
		}
		if err := g.property(object, property, name, at); err != nil {
			return nil, err
		}
	}
	if err := g.dependents(object, s, at); err != nil {
		return nil, err
	}
	return object, g.additional(object, s, at)
}

func (g *generator) property(object map[string]any, s *huma.Schema, name, at string) error {
	v, err := g.value(s, at+"."+name)
	if err == nil {
		object[name] = v
	}
	return err
}

// dependents adds what must be there because something else is.
func (g *generator) dependents(object map[string]any, s *huma.Schema, at string) error {
	for _, name := range slices.Sorted(maps.Keys(s.DependentRequired)) {
		for _, other := range s.DependentRequired[name] {
			if object[name] == nil || object[other] != nil || s.Properties[other] == nil {
				continue
			}
			if err := g.property(object, s.Properties[other], other, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// additional fills a map.
func (g *generator) additional(object map[string]any, s *huma.Schema, at string) error {
	values, ok := s.AdditionalProperties.(*huma.Schema)
	if !ok {
		return nil
	}
	n := g.length(bound(s.MinProperties, 0), bound(s.MaxProperties, -1), 2)
	if g.depth > deepest {
		n = bound(s.MinProperties, 0)
	}
	for i := range n {
		name := "key" + strconv.Itoa(i)
		if g.rarely() {
			name = rapid.SampledFrom(oddTexts).Draw(g.t, "key") + strconv.Itoa(i)
		}
		if err := g.property(object, values, name, at); err != nil {
			return err
		}
	}
	return nil
}

// length draws a length: mostly a little more than the least, sometimes at a
// bound. A most below zero is none.
func (g *generator) length(least, most, usual int) int {
	if g.plain {
		return least
	}
	const far = 200 // a list this long is long for anybody
	upper := least + usual
	if most >= 0 {
		upper = min(upper, most)
	}
	switch g.upTo(9) {
	case 0:
		return least
	case 1:
		if most >= 0 && most <= far {
			return most
		}
	}
	return rapid.IntRange(least, max(least, upper)).Draw(g.t, "length")
}

func bound(b *int, otherwise int) int {
	if b == nil {
		return otherwise
	}
	return *b
}
