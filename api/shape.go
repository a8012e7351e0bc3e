package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/slipway-go/slipway/problem"
)

// A Shape is what a route takes and answers, as the schemas by which the server
// checks requests and which the documentation shows. Test kits read it: to make
// requests that fit, and to tell whether an answer does.
type Shape struct {
	// Route is the route whose shape this is.
	Route *Route
	// Untyped is set for a mounted route: of an http.Handler the kit knows the
	// pattern and the access, and neither parameters nor bodies.
	Untyped bool
	// Parameters are those of the path, the query and the headers.
	Parameters []Parameter
	// Body is the request's body; nil when the route takes none.
	Body *BodyShape
	// Output is the schema of a success; nil when it has no body.
	Output *huma.Schema
	// Statuses are those that the documentation names, the success first. Every
	// other problem is documented as the default.
	Statuses []int
	// Registry resolves the references in the schemas.
	Registry huma.Registry
	problem  *huma.Schema
	problems huma.Registry // of its own: the module may have a Body, too
}

// A Parameter is one value outside of the body.
type Parameter struct {
	// In is path, query or header.
	In, Name string
	Required bool
	Schema   *huma.Schema
	// Repeats tells that the query may name it more than once.
	Repeats bool
}

// BodyShape describes a request's body.
type BodyShape struct {
	Schema      *huma.Schema
	ContentType string
	Required    bool
}

// Shape returns what the route takes and answers. Each call makes it anew; the
// caller may keep it, and share it once it is no longer changed.
func (r *Route) Shape() (s *Shape, err error) {
	s = &Shape{Route: r, Untyped: r.typed == nil, Statuses: []int{r.status}}
	a := newHuma(r.contract.name, documentOnly{})
	s.Registry = a.OpenAPI().Components.Schemas
	s.problems = newRegistry(huma.DefaultSchemaNamer)
	s.problem = s.problems.Schema(reflect.TypeFor[problem.Body](), true, "Problem")
	if s.Untyped {
		return s, nil
	}
	defer func() {
		if p := recover(); p != nil { // huma's way to refuse a type
			err = fmt.Errorf("describe %s: %v", r.Pattern(), p)
		}
	}()
	r.typed.document(a, r)
	s.read(*operations(a.OpenAPI().Paths[r.path])[r.method])
	return s, nil
}

func (s *Shape) read(op *huma.Operation) {
	for _, p := range op.Parameters {
		s.Parameters = append(s.Parameters, Parameter{
			In: p.In, Name: p.Name, Required: p.Required, Schema: p.Schema, Repeats: p.Explode != nil && *p.Explode,
		})
	}
	if op.RequestBody != nil {
		for _, name := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			s.Body = &BodyShape{Schema: op.RequestBody.Content[name].Schema, ContentType: name, Required: op.RequestBody.Required}
		}
	}
	if !isEmpty(s.Route.out) {
		s.Output = s.Registry.Schema(s.Route.out, true, "Output")
	}
	for code := range op.Responses {
		if n, err := strconv.Atoi(code); err == nil && n != s.Route.status {
			s.Statuses = append(s.Statuses, n)
		}
	}
	slices.Sort(s.Statuses[1:])
}

// Validate reports what is wrong with a value that a client sends, by one of the
// shape's schemas. The value is as encoding/json decodes it; at is its location,
// such as body or query.limit.
func (s *Shape) Validate(schema *huma.Schema, at string, v any) error {
	return validate(s.Registry, schema, huma.ModeWriteToServer, at, v)
}

// ValidateAnswer reports whether an answer is one that the route documents: a
// success in the declared status and with a body of the declared type, or a
// problem. Of a mounted route only the problems are known.
func (s *Shape) ValidateAnswer(status int, header http.Header, body []byte) error {
	switch {
	case status >= http.StatusBadRequest:
		return s.validateProblem(status, header, body)
	case s.Untyped:
		return nil
	case status != s.Route.status:
		return fmt.Errorf("the status is %d; the route documents %d for a success", status, s.Route.status)
	case s.Output == nil && len(body) > 0:
		return fmt.Errorf("the answer has a body of %d bytes; the route documents none", len(body))
	case s.Output == nil:
		return nil
	}
	if err := hasType(header, "application/json"); err != nil {
		return err
	}
	return validateJSON(s.Registry, s.Output, body)
}

func (s *Shape) validateProblem(status int, header http.Header, body []byte) error {
	if err := hasType(header, problem.ContentType); err != nil {
		if s.Untyped {
			return nil // an http.Handler may have errors of its own, as OAuth has
		}
		return err
	}
	if err := validateJSON(s.problems, s.problem, body); err != nil {
		return err
	}
	var p problem.Body
	if err := json.Unmarshal(body, &p); err != nil {
		return fmt.Errorf("the body is no problem: %w", err)
	}
	if p.Status != status {
		return fmt.Errorf("the problem says %d, the status line %d", p.Status, status)
	}
	return nil
}

func hasType(header http.Header, want string) error {
	if got := header.Get("Content-Type"); got != want {
		return fmt.Errorf("the content type is %q, expected %s", got, want)
	}
	return nil
}

func validateJSON(r huma.Registry, schema *huma.Schema, body []byte) error {
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		return fmt.Errorf("the body is no JSON: %w", err)
	}
	return validate(r, schema, huma.ModeReadFromServer, "body", v)
}

func validate(r huma.Registry, schema *huma.Schema, mode huma.ValidateMode, at string, v any) (err error) {
	strictCasing()
	defer refuseUnhashable(func(refusal error) { err = refusal })
	result := &huma.ValidateResult{}
	huma.Validate(r, schema, huma.NewPathBuffer([]byte(at), len(at)), mode, v, result)
	return errors.Join(result.Errors...)
}
