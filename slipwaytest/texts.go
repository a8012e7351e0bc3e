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
}

// places returns which fields to fill: all that fit at once, then each by itself.
// There is at least one turn, for the headers.
func (t *texts) places(fits func(field string) bool) [][][]string {
	var fitting [][]string
	for _, p := range t.paths {
		if fits(p[len(p)-1]) {
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
	r.Body = io.NopCloser(bytes.NewReader(filled))
	return nil
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
		v = put(v, p, text("body."+strings.Join(p, ".")))
	}
	return json.Marshal(v)
}

// put sets the field at the path, making the objects that lead there.
func put(v any, path []string, text string) any {
	if len(path) == 0 {
		return text
	}
	object, ok := v.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	object[path[0]] = put(object[path[0]], path[1:], text)
	return object
}
