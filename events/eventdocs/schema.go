package eventdocs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A schema is what the page reads of JSON Schema.
type schema struct {
	Ref         string             `json:"$ref"`
	Type        kinds              `json:"type"`
	Format      string             `json:"format"`
	Description string             `json:"description"`
	Enum        []any              `json:"enum"`
	Items       *schema            `json:"items"`
	Values      *schema            `json:"additionalProperties"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
}

// kinds are the types of a value: one, or a list of them.
type kinds []string

// UnmarshalJSON implements json.Unmarshaler.
func (k *kinds) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*k = kinds{one}
		return nil
	}
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		return err //nolint:wrapcheck // of the document that is decoded
	}
	*k = list
	return nil
}

// A walk collects the fields of a type and of the types in it.
type walk struct {
	schemas map[string]*schema
	open    []string // the types that it is in
	fields  []field
}

// object adds the fields of the object that s describes.
func (w *walk) object(path string, s *schema) {
	if name := s.name(); name != "" {
		if slices.Contains(w.open, name) {
			return // it holds itself
		}
		w.open = append(w.open, name)
		defer func() { w.open = w.open[:len(w.open)-1] }()
		s = w.schemas[name]
	}
	if s == nil {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		w.field(path+name, s.Properties[name], slices.Contains(s.Required, name))
	}
}

func (w *walk) field(path string, s *schema, required bool) {
	w.fields = append(w.fields, field{Name: path, Type: s.text(), Doc: s.Description, Required: required})
	w.inside(path, s)
}

func (w *walk) inside(path string, s *schema) {
	switch {
	case s.Items != nil:
		w.inside(path+"[]", s.Items)
	case s.Values != nil:
		w.inside(path+".*", s.Values)
	default:
		w.object(path+".", s)
	}
}

func (s *schema) name() string { return strings.TrimPrefix(s.Ref, "#/components/schemas/") }

// text names the type as a person would.
func (s *schema) text() string {
	text := s.kind()
	if slices.Contains(s.Type, "null") {
		text += " or null"
	}
	if len(s.Enum) > 0 {
		text += ": " + strings.Trim(strings.Join(strings.Fields(fmt.Sprint(s.Enum)), ", "), "[]")
	}
	return text
}

func (s *schema) kind() string {
	switch {
	case s.Ref != "":
		return s.name()
	case s.Items != nil:
		return "list of " + s.Items.text()
	case s.Values != nil:
		return "map to " + s.Values.text()
	}
	for _, t := range s.Type {
		if t != "null" {
			return strings.TrimSuffix(t+", "+s.Format, ", ")
		}
	}
	return "anything"
}
