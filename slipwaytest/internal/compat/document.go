package compat

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// A document is what is read of AsyncAPI.
type document struct {
	Components struct {
		Messages map[string]message `json:"messages"`
		Schemas  map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type message struct {
	Payload *schema `json:"payload"`
}

// A schema is what is read of JSON Schema.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       kinds              `json:"type"`
	Format     string             `json:"format"`
	Encoding   string             `json:"contentEncoding"`
	Enum       []any              `json:"enum"`
	Items      *schema            `json:"items"`
	Values     *schema            `json:"additionalProperties"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
}

// kinds are the types of a value, sorted.
type kinds []string

// UnmarshalJSON implements json.Unmarshaler.
func (k *kinds) UnmarshalJSON(b []byte) error {
	var list []string
	if err := json.Unmarshal(b, &list); err != nil {
		list = make([]string, 1)
		if err := json.Unmarshal(b, &list[0]); err != nil {
			return err //nolint:wrapcheck // of the document that is decoded
		}
	}
	slices.Sort(list)
	*k = list
	return nil
}

func parse(raw []byte) (*document, error) {
	var d document
	if err := json.Unmarshal(raw, &d); err != nil {
		return nil, fmt.Errorf("read a description of events: %w", err)
	}
	return &d, nil
}

// resolve follows references to the schema itself.
func (d *document) resolve(s *schema) *schema {
	for s != nil && s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	if s == nil {
		return &schema{}
	}
	return s
}

// text names the type of a value.
func (s *schema) text() string {
	text := "anything"
	if len(s.Type) > 0 {
		text = strings.Join(s.Type, " or ")
	}
	if s.Format != "" {
		text += " (" + s.Format + ")"
	}
	if s.Encoding != "" {
		text += " in " + s.Encoding
	}
	return text
}
