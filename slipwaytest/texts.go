package slipwaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/slipway-go/slipway/api"
)

// texts are the fields of a request's body that take text, those included that
// the request leaves out.
type texts struct {
	body  []byte
	form  bool       // the body is a form and no JSON
	paths [][]string // of the fields
}

// Steps of a path that no field's name is: to an element of a list, and to a value
// of a map.
const (
	element = "[]"
	value   = "{}"
)

// maxTextDepth ends the walk through types that contain themselves.
const maxTextDepth = 6

func newTexts(r *api.Route, request *http.Request) (*texts, error) {
	t := &texts{form: request.Header.Get("Content-Type") == "application/x-www-form-urlencoded"}
	if request.GetBody == nil {
		return t, nil
	}
	body, err := request.GetBody()
	if err != nil {
		return nil, err
	}
	if t.body, err = io.ReadAll(body); err != nil {
		return nil, err
	}
	if t.form {
		return t, t.readForm()
	}
	shape, err := r.Shape()
	if err != nil || shape.Body == nil {
		return t, err
	}
	t.walk(shape.Registry, shape.Body.Schema, nil)
	return t, nil
}

func (t *texts) readForm() error {
	fields, err := url.ParseQuery(string(t.body))
	if err != nil {
		return fmt.Errorf("the example's form: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		t.paths = append(t.paths, []string{name})
	}
	return nil
}

func (t *texts) walk(registry huma.Registry, s *huma.Schema, path []string) {
	if s.Ref != "" {
		s = registry.SchemaFromRef(s.Ref)
	}
	if s == nil || len(path) > maxTextDepth {
		return
	}
	if s.Type == huma.TypeString && len(path) > 0 {
		t.paths = append(t.paths, slices.Clone(path))
	}
	for name, property := range s.Properties {
		t.walk(registry, property, append(path, name))
	}
	if s.Items != nil {
		t.walk(registry, s.Items, append(path, element))
	}
	if values, ok := s.AdditionalProperties.(*huma.Schema); ok {
		t.walk(registry, values, append(path, value))
	}
}

// fieldOf returns the name of the field that a path leads into; "" is the body.
func fieldOf(path []string) string {
	for _, step := range slices.Backward(path) {
		if step != element && step != value {
			return step
		}
	}
	return ""
}

// placeOf says where a path leads: body.items[0].note.
func placeOf(path []string) string {
	var place strings.Builder
	place.WriteString("body")
	for _, step := range path {
		switch step {
		case element:
			place.WriteString("[0]")
		case value:
			place.WriteString("." + mapKey)
		default:
			place.WriteString("." + step)
		}
	}
	return place.String()
}

// places returns which fields to fill: all that fit at once, then each by itself.
// There is at least one turn, for the headers.
func (t *texts) places(fits func(field string) bool) [][][]string {
	var fitting [][]string
	for _, p := range t.paths {
		if fits(fieldOf(p)) {
			fitting = append(fitting, p)
		}
	}
	turns := [][][]string{fitting}
	for _, p := range fitting {
		turns = append(turns, [][]string{p})
	}
	return turns
}

// fill puts texts into fields of the request's body.
func (t *texts) fill(r *http.Request, paths [][]string, text func(place string) string) error {
	if len(paths) == 0 {
		return nil
	}
	filled, err := t.filled(paths, text)
	if err != nil {
		return err
	}
	r.ContentLength = int64(len(filled))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(filled)), nil }
	r.Body, err = r.GetBody()
	return err
}

func (t *texts) filled(paths [][]string, text func(place string) string) ([]byte, error) {
	if t.form {
		fields, err := url.ParseQuery(string(t.body))
		for _, p := range paths {
			fields.Set(p[0], text("the form's "+p[0]))
		}
		return []byte(fields.Encode()), err
	}
	var v any
	if err := json.Unmarshal(t.body, &v); err != nil {
		return nil, fmt.Errorf("the example's body: %w", err)
	}
	for _, p := range paths {
		v = put(v, p, text(placeOf(p)))
	}
	return json.Marshal(v)
}

// mapKey is where a map gets its text.
const mapKey = "canary"

// put sets the text at the path, making the objects and lists that lead there.
func put(v any, path []string, text string) any {
	if len(path) == 0 {
		return text
	}
	if path[0] == element {
		return putFirst(v, path[1:], text)
	}
	object, ok := v.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	name := path[0]
	if name == value {
		name = mapKey
	}
	object[name] = put(object[name], path[1:], text)
	return object
}

// putFirst sets the text in the first element of a list.
func putFirst(v any, path []string, text string) any {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		list = []any{nil}
	}
	list[0] = put(list[0], path, text)
	return list
}
