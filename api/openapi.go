package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/slipway-go/slipway/problem"
)

// Info names the product in its documentation.
type Info struct {
	Title       string
	Version     string
	Description string
}

// Document returns the OpenAPI 3.1 description of every route on the edge of
// the given contracts, as JSON. It is made from the contracts alone, so a
// process can describe modules that it does not host.
func Document(info Info, contracts ...*Contract) ([]byte, error) {
	doc := &huma.OpenAPI{
		OpenAPI:    "3.1.0",
		Info:       &huma.Info{Title: info.Title, Version: info.Version, Description: info.Description},
		Paths:      map[string]*huma.PathItem{},
		Components: &huma.Components{SecuritySchemes: bearer()},
	}
	schemas := map[string]*huma.Schema{}
	for _, c := range contracts {
		if err := c.document(doc, schemas); err != nil {
			return nil, err
		}
	}
	return encodeDocument(doc, schemas)
}

func bearer() map[string]*huma.SecurityScheme {
	return map[string]*huma.SecurityScheme{"bearer": {
		Type: "http", Scheme: "bearer", BearerFormat: "JWT",
		Description: "An access token from POST /sso/v1/login. The scopes are permissions.",
	}}
}

// document adds the contract's routes to doc and their types to schemas.
func (c *Contract) document(doc *huma.OpenAPI, schemas map[string]*huma.Schema) (err error) {
	a := newHuma(c.name, documentOnly{})
	var route *Route
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("describe %s: %v", route.Pattern(), p)
		}
	}()
	for _, route = range c.routes {
		if !route.OnEdge() {
			continue
		}
		if route.mounted {
			a.OpenAPI().AddOperation(route.describeMounted(a.OpenAPI().Components.Schemas))
			continue
		}
		route.typed.document(a, route)
	}
	doc.Tags = append(doc.Tags, &huma.Tag{Name: c.name})
	delete(a.OpenAPI().Components.Schemas.Map(), c.name+".ErrorModel") // ours is Problem
	delete(a.OpenAPI().Components.Schemas.Map(), c.name+".ErrorDetail")
	maps.Copy(schemas, a.OpenAPI().Components.Schemas.Map())
	return mergePaths(doc.Paths, a.OpenAPI().Paths)
}

// mergePaths joins operations of several modules under one path.
func mergePaths(all, some map[string]*huma.PathItem) error {
	for _, path := range slices.Sorted(maps.Keys(some)) {
		if all[path] == nil {
			all[path] = some[path]
			continue
		}
		for method, op := range operations(some[path]) {
			target := operations(all[path])[method]
			if *target != nil && *op != nil {
				return fmt.Errorf("%s %s is declared by two modules", method, path)
			}
			if *op != nil {
				*target = *op
			}
		}
	}
	return nil
}

func operations(p *huma.PathItem) map[string]**huma.Operation {
	return map[string]**huma.Operation{
		http.MethodGet: &p.Get, http.MethodPost: &p.Post, http.MethodPut: &p.Put,
		http.MethodPatch: &p.Patch, http.MethodDelete: &p.Delete, http.MethodOptions: &p.Options,
	}
}

// describeMounted documents a handler of which the kit knows what is declared.
func (r *Route) describeMounted(schemas huma.Registry) *huma.Operation {
	op := r.huma()
	op.Parameters = append(r.pathParameters(), op.Parameters...)
	op.Path = strings.TrimSuffix(strings.ReplaceAll(r.path, "...}", "}"), "{$}")
	if op.Method == "" {
		op.Method = http.MethodGet
	}
	success := &huma.Response{Description: r.doc}
	if r.answers != nil {
		success.Content = r.answers.describe(schemas)
	}
	op.Responses[strconv.Itoa(r.status)] = success
	for status, when := range r.more {
		op.Responses[strconv.Itoa(status)] = answerOf(status, when)
	}
	if r.takes != nil {
		op.RequestBody = &huma.RequestBody{Content: r.takes.describe(schemas), Required: true}
	}
	return &op
}

var pathParameter = regexp.MustCompile(`\{(\w+)(?:\.\.\.)?\}`)

// pathParameters are those of the pattern; nothing is known of them but their names.
func (r *Route) pathParameters() []*huma.Param {
	var all []*huma.Param
	for _, m := range pathParameter.FindAllStringSubmatch(r.path, -1) {
		all = append(all, &huma.Param{Name: m[1], In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}})
	}
	return all
}

func (c *Content) describe(schemas huma.Registry) map[string]*huma.MediaType {
	if c.media == "" {
		return nil
	}
	schema := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	if c.typed != nil {
		schema = schemas.Schema(c.typed, true, "Content")
	}
	return map[string]*huma.MediaType{c.media: {Schema: schema}}
}

func problemResponse(description string) *huma.Response {
	return &huma.Response{
		Description: description,
		Content:     map[string]*huma.MediaType{problem.ContentType: {Schema: &huma.Schema{Ref: schemaPrefix + "Problem"}}},
	}
}

func answerOf(status int, when string) *huma.Response {
	if status < http.StatusBadRequest {
		return &huma.Response{Description: when}
	}
	return problemResponse(when)
}

// encodeDocument writes the document with the merged schemas, which huma's own
// registry cannot hold.
func encodeDocument(doc *huma.OpenAPI, schemas map[string]*huma.Schema) ([]byte, error) {
	r := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	problemSchema := huma.SchemaFromType(r, reflect.TypeFor[problem.Body]())
	problemSchema.Description = "What went wrong, why, and what to do."
	schemas["Problem"] = problemSchema
	maps.Copy(schemas, r.Map())
	registry, ok := r.(interface {
		Map() map[string]*huma.Schema
	})
	if !ok {
		return nil, errors.New("describe schemas: the registry has no map")
	}
	maps.Copy(registry.Map(), schemas)
	doc.Components.Schemas = r
	b, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode the API's description: %w", err)
	}
	return b, nil
}

type documentOnly struct{}

func (documentOnly) Handle(*huma.Operation, func(huma.Context)) {}
func (documentOnly) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.WriteHeader(http.StatusNotFound)
}
