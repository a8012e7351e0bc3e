package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

func TestRoute_Shape(t *testing.T) {
	t.Parallel()
	s := newShelf()

	t.Run("Mounted", func(t *testing.T) {
		t.Parallel()
		if got := shapeOf(t, s.raw.Route); !got.Untyped || got.Body != nil || got.Output != nil || got.Parameters != nil {
			t.Errorf("got %+v, want nothing but that its types are not known", got)
		}
	})

	t.Run("Parameters", func(t *testing.T) {
		t.Parallel()
		got := shapeOf(t, s.get.Route)
		if got.Body != nil || got.Output == nil || len(got.Parameters) != 2 {
			t.Fatalf("got %+v, want two parameters, an output and no body", got)
		}
		id, limit := got.Parameters[0], got.Parameters[1]
		if id.In != "path" || id.Name != "id" || !id.Required || id.Schema.Format != "uuid" {
			t.Errorf("got %+v %+v, want the required uuid of the path", id, id.Schema)
		}
		if limit.In != "query" || limit.Name != "limit" || limit.Required || *limit.Schema.Maximum != 50 {
			t.Errorf("got %+v %+v, want the query's limit of up to 50", limit, limit.Schema)
		}
		if want := []int{200, 401, 403, 404, 422}; !slices.Equal(got.Statuses, want) {
			t.Errorf("got statuses %v, want %v", got.Statuses, want)
		}
	})

	t.Run("Body", func(t *testing.T) {
		t.Parallel()
		got := shapeOf(t, s.add.Route)
		if got.Body == nil || !got.Body.Required || got.Body.ContentType != "application/json" || got.Statuses[0] != 201 {
			t.Fatalf("got %+v, want a required body of JSON and a 201", got)
		}
		err := got.Validate(got.Body.Schema, "body", map[string]any{"title": "x", "Title": "y", "quantity": 100.0})
		for _, want := range []string{"body.quantity", "body.Title"} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want it to name %s", err, want)
			}
		}
	})

	t.Run("NoOutput", func(t *testing.T) {
		t.Parallel()
		if got := shapeOf(t, s.remove.Route); got.Output != nil || got.Statuses[0] != 204 {
			t.Errorf("got %+v, want no output and a 204", got)
		}
	})
}

type loan struct {
	ID      uuid.UUID            `json:"id"`
	Former  *uuid.UUID           `json:"former"`
	Books   []uuid.UUID          `json:"books"`
	Shelves map[string]uuid.UUID `json:"shelves"`
	Next    *loan                `json:"next,omitempty"`
}

// A uuid.UUID takes no other text, so its schema says so.
func TestShape_FormatsUUIDs(t *testing.T) {
	t.Parallel()
	c := api.Module("loans")
	s := shapeOf(t, api.POST[struct{ Body loan }, loan](c, "/loans", auth.Need(write), "Lend books").Route)
	p := s.Registry.SchemaFromRef(s.Body.Schema.Ref).Properties
	shelf, ok := p["shelves"].AdditionalProperties.(*huma.Schema)
	if !ok {
		t.Fatalf("got %+v, want a map", p["shelves"])
	}
	for name, schema := range map[string]*huma.Schema{"id": p["id"], "former": p["former"], "books": p["books"].Items, "shelves": shelf} {
		if schema.Format != "uuid" {
			t.Errorf("%s has the format %q, want uuid", name, schema.Format)
		}
	}
}

func TestShape_ValidateAnswer(t *testing.T) {
	t.Parallel()
	const (
		id      = `"id":"0198c0de-0000-7000-8000-000000000001"`
		good    = `{` + id + `,"title":"x","owner":"anna"}`
		refusal = `{"type":"about:blank","title":"Not Found","status":404,"code":"not_found"}`
	)
	s := newShelf()
	typed, empty, raw := shapeOf(t, s.get.Route), shapeOf(t, s.remove.Route), shapeOf(t, s.raw.Route)
	for _, c := range []struct {
		name        string
		shape       *api.Shape
		status      int
		contentType string
		body        string
		want        string // part of the error; "" for none
	}{
		{"AnotherStatus", typed, 201, "application/json", good, "documents 200"},
		{"AnotherType", typed, 200, "text/html", good, "content type"},
		{"NoJSON", typed, 200, "application/json", `{`, "no JSON"},
		{"Missing", typed, 200, "application/json", `{` + id + `,"title":"x"}`, "owner"},
		{"Unknown", typed, 200, "application/json", good[:len(good)-1] + `,"secret":1}`, "secret"},
		{"BodyOfNothing", empty, 204, "application/json", `{}`, "documents none"},
		{"NoProblem", typed, 404, "text/plain", "not found", "content type"},
		{"HalfAProblem", typed, 404, "application/problem+json", `{"status":404}`, "code"},
		{"OtherStatusInside", typed, 403, "application/problem+json", refusal, "says 404"},
		{"Good", typed, 200, "application/json", good, ""},
		{"Nothing", empty, 204, "", "", ""},
		{"Problem", typed, 404, "application/problem+json", refusal, ""},
		{"MountedAnything", raw, 299, "image/png", "…", ""},
		{"MountedError", raw, 400, "application/json", `{"error":"invalid_grant"}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := c.shape.ValidateAnswer(c.status, http.Header{"Content-Type": {c.contentType}}, []byte(c.body))
			if got := errorText(err); c.want == "" && err != nil || !strings.Contains(got, c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func shapeOf(t *testing.T, r *api.Route) *api.Shape {
	t.Helper()
	s, err := r.Shape()
	if err != nil {
		t.Fatal(err)
	}
	return s
}
