package requests

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
)

// broken is a value that should not fit, and why.
type broken struct {
	name  string
	value any
	// undecodable tells of what is no value of its type at all, of which the schema
	// cannot be asked: it would not know.
	undecodable bool
}

// breaks returns what a value could become to fit no longer, one step each.
// Some may fit all the same, by another rule; the caller looks.
func breaks(s *huma.Schema, v any) []broken {
	all := []broken{{name: "null", value: nil}}
	if len(s.Enum) > 0 {
		all = append(all, broken{name: "unknown value", value: "no-such-value"}, broken{name: "unknown value", value: int64(987654321)})
	}
	switch s.Type {
	case huma.TypeBoolean:
		all = append(all, broken{name: "wrong type", value: "maybe"}, broken{name: "wrong type", value: int64(1)})
	case huma.TypeInteger:
		all = append(all, broken{name: "wrong type", value: "text"}, broken{name: "not whole", value: 1.5})
		all = append(all, numberBreaks(s)...)
	case huma.TypeNumber:
		all = append(all, broken{name: "wrong type", value: "text"})
		all = append(all, numberBreaks(s)...)
	case huma.TypeString:
		all = append(all, broken{name: "wrong type", value: int64(7)}, broken{name: "wrong type", value: map[string]any{}})
		text, _ := v.(string)
		all = append(all, stringBreaks(s, text)...)
	case huma.TypeArray:
		items, _ := v.([]any)
		all = append(all, broken{name: "wrong type", value: map[string]any{}})
		all = append(all, arrayBreaks(s, items)...)
	case huma.TypeObject:
		all = append(all, broken{name: "wrong type", value: []any{}}, broken{name: "wrong type", value: "text"})
	}
	return all
}

func numberBreaks(s *huma.Schema) []broken {
	var all []broken
	add := func(name string, b *float64, by float64) {
		if b != nil {
			all = append(all, broken{name: name, value: *b + by})
		}
	}
	add("too small", s.Minimum, -1)
	add("too small", s.ExclusiveMinimum, 0)
	add("too large", s.Maximum, 1)
	add("too large", s.ExclusiveMaximum, 0)
	if s.MultipleOf != nil && s.Type == huma.TypeInteger && *s.MultipleOf > 1 {
		least, _ := integerBounds(s)
		all = append(all, broken{name: "no multiple", value: multiple(max(least, 0), int64(*s.MultipleOf), least) + 1})
	}
	if s.Type == huma.TypeInteger && s.Format != "" {
		// A float64 holds this, and no int64 does.
		all = append(all, broken{name: "out of 64 bits", value: 1e300, undecodable: true})
	}
	return all
}

func stringBreaks(s *huma.Schema, v string) []broken {
	var all []broken
	if least := bound(s.MinLength, 0); least > 0 {
		all = append(all, broken{name: "too short", value: fitLength(v, 0, least-1)})
	}
	const long = 1 << 20 // a longer text is refused for the size of its body
	if most := bound(s.MaxLength, -1); most >= 0 && most < long {
		all = append(all, broken{name: "too long", value: v + strings.Repeat("x", max(1, most+1-utf8.RuneCountInString(v)))})
	}
	if s.Pattern != "" {
		for _, other := range []string{v + "\n", v + " ", "~" + v, "€", "a", "A", "0"} {
			all = append(all, broken{name: "pattern broken", value: other})
		}
	}
	if s.Format != "" {
		all = append(all, broken{name: "no " + s.Format, value: "no " + s.Format + " :%"})
	}
	return all
}

func arrayBreaks(s *huma.Schema, v []any) []broken {
	var all []broken
	if least := bound(s.MinItems, 0); least > 0 && len(v) >= least {
		all = append(all, broken{name: "too few", value: cloneValue(v[:least-1])})
	}
	if len(v) == 0 {
		return all
	}
	if most := bound(s.MaxItems, -1); most >= 0 && most < 1000 {
		more := append([]any{}, v...)
		for len(more) <= most {
			more = append(more, cloneValue(v[0]))
		}
		all = append(all, broken{name: "too many", value: more})
	}
	if s.UniqueItems {
		all = append(all, broken{name: "not unique", value: append(append([]any{}, v...), cloneValue(v[0]))})
	}
	return all
}

// textBreaks is [breaks] for a parameter, which is always a text: what is no
// number is not even of the wrong type.
func textBreaks(r huma.Registry, s *huma.Schema, text string) []broken {
	s = resolve(r, s)
	var all []broken
	switch s.Type {
	case huma.TypeInteger:
		for _, t := range []string{"text", "1.5", "1e3", "0x10", "99999999999999999999"} {
			all = append(all, broken{name: "wrong type", value: t, undecodable: true})
		}
		return append(all, numberBreaks(s)...)
	case huma.TypeNumber:
		return append(numberBreaks(s), broken{name: "wrong type", value: "text", undecodable: true})
	case huma.TypeBoolean:
		return []broken{{name: "wrong type", value: "maybe", undecodable: true}}
	case huma.TypeString:
		all = stringBreaks(s, text)
		if len(s.Enum) > 0 {
			all = append(all, broken{name: "unknown value", value: "no-such-value"})
		}
		return all
	case huma.TypeArray:
		return listBreaks(r, s, text)
	}
	return nil
}

// listBreaks is for a list in a parameter: its length, or its first item.
func listBreaks(r huma.Registry, s *huma.Schema, text string) []broken {
	parts := strings.Split(text, ",")
	items := make([]any, len(parts))
	for i, part := range parts {
		items[i] = part
	}
	all := arrayBreaks(s, items)
	for _, b := range textBreaks(r, s.Items, parts[0]) {
		other := cloneValue(items).([]any) //nolint:forcetypeassert // it was one
		other[0] = b.value
		all = append(all, broken{name: b.name, value: other, undecodable: b.undecodable})
	}
	return all
}

func escapedPair(name, value string) string {
	return url.QueryEscape(name) + "=" + url.QueryEscape(value)
}
