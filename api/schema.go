package api

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

const schemaPrefix = "#/components/schemas/"

// newRegistry returns a registry of schemas. huma takes a uuid.UUID for any text,
// because that is what it is decoded from.
func newRegistry(namer func(reflect.Type, string) string) huma.Registry {
	r := huma.NewMapRegistry(schemaPrefix, namer)
	r.RegisterTypeAlias(reflect.TypeFor[uuid.UUID](), reflect.TypeFor[uuidText]())
	return r
}

// uuidText stands for uuid.UUID in schemas.
type uuidText struct{}

var _ huma.SchemaProvider = uuidText{}

func (uuidText) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "uuid"}
}
