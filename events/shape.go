package events

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

const schemaPrefix = "#/components/schemas/"

// shapes are the JSON Schemas of events' data, a registry for each module, so that
// two modules may both have a type Item.
type shapes map[string]huma.Registry

// payload returns the reference to the shape of an event's data.
func (s shapes) payload(d *Definition) (schema *huma.Schema, err error) {
	defer func() {
		if p := recover(); p != nil {
			schema, err = nil, fmt.Errorf("describe the data of event %s, which is %s: %v", d.Topic(), d.data, p)
		}
	}()
	r := s.registry(d.module)
	schema = r.Schema(d.data, true, d.data.Name())
	if schema.Ref == "" || r.SchemaFromRef(schema.Ref).Type != huma.TypeObject {
		return nil, fmt.Errorf("describe the data of event %s: %s is not written as a JSON object: expected a struct without a MarshalJSON of its own, which can grow by fields", d.Topic(), d.data)
	}
	return schema, nil
}

// registry returns the module's. huma takes a uuid.UUID for any text, because that is
// what it is decoded from.
func (s shapes) registry(module string) huma.Registry {
	if s[module] == nil {
		r := huma.NewMapRegistry(schemaPrefix, func(t reflect.Type, hint string) string {
			return module + "." + huma.DefaultSchemaNamer(t, hint)
		})
		r.RegisterTypeAlias(reflect.TypeFor[uuid.UUID](), reflect.TypeFor[uuidText]())
		s[module] = r
	}
	return s[module]
}

func (s shapes) all() map[string]*huma.Schema {
	all := map[string]*huma.Schema{}
	for _, r := range s {
		maps.Copy(all, r.Map())
	}
	for _, schema := range all {
		unseal(schema)
	}
	return all
}

// unseal lets objects have fields that nobody knows yet: huma describes requests,
// which it refuses with such fields, and data of a later version must be read.
func unseal(s *huma.Schema) {
	if s == nil {
		return
	}
	if _, ok := s.AdditionalProperties.(bool); ok {
		s.AdditionalProperties = nil
	}
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		unseal(values)
	}
	unseal(s.Items)
	for _, p := range s.Properties {
		unseal(p)
	}
}

// uuidText stands for uuid.UUID in schemas.
type uuidText struct{}

var _ huma.SchemaProvider = uuidText{}

func (uuidText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "uuid"}
}

// headers are the attributes of CloudEvents 1.0 in binary mode, as events/rabbitmq
// writes them (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md).
func headers(d *Definition) *huma.Schema {
	text := func(doc string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Description: doc} }
	always := func(value string) *huma.Schema { return &huma.Schema{Type: huma.TypeString, Enum: []any{value}} }
	return &huma.Schema{
		Type: huma.TypeObject,
		Properties: map[string]*huma.Schema{
			attribute + "specversion":  always("1.0"),
			attribute + "id":           {Type: huma.TypeString, Format: "uuid", Description: "Of version 7; the same however often the event arrives."},
			attribute + "source":       always("/" + d.Module()),
			attribute + "type":         always(d.Type()),
			attribute + "eventversion": {Type: huma.TypeInteger, Enum: []any{d.Version()}, Description: "The major version."},
			attribute + "time":         {Type: huma.TypeString, Format: "date-time", Description: "When the event was emitted."},
			attribute + "subject":      text("The key: " + cmp.Or(d.key, "what the event is about") + "."),
			attribute + "traceparent":  text("Where the event was emitted, as W3C Trace Context; missing without a trace."),
			attribute + "causedby":     text("The subject of the one who caused the event; missing for nobody."),
		},
		Required: []string{
			attribute + "specversion", attribute + "id", attribute + "source", attribute + "type", attribute + "eventversion", attribute + "time",
		},
	}
}

const attribute = "cloudEvents:"
