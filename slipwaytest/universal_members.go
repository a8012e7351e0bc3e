package slipwaytest

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
)

// A member is one that nobody should be able to give themselves by sending it.
type member struct {
	name  string
	value any
}

// authority are members by which a client would give itself rights.
func authority() []member {
	const role = "admin"
	return []member{
		{"role", role},
		{"roles", []string{role}},
		{"is_admin", true},
		{"admin", true},
		{"scope", role},
		{"scopes", []string{role}},
		{"permissions", []string{role}},
	}
}

// identity are members by which a client would act as somebody else.
func identity(stranger string) []member {
	return []member{{"owner", stranger}, {"owner_id", stranger}, {"user_id", stranger}, {"user", stranger}, {"subject", stranger}, {"sub", stranger}}
}

// refusesMembers sends what no client decides: its rights, and who it is. A route
// refuses such a member, or takes no notice of it.
func (s *sweep) refusesMembers() {
	s.kit.t.Helper()
	stranger := uuid.NewString()
	at, without := s.another(), (*baseline)(nil)
	declared := declaredMembers(s.kit, s.route)
	for _, m := range authority() {
		if declared[m.name] && len(s.route.Access().Permissions()) == 0 && !s.route.Access().ServicesOnly() {
			s.kit.t.Errorf("%s takes %s of anybody whom it admits (%s): take it out of its input, or ask for a permission that says who may give it", s.route.Pattern(), m.name, s.route.Access())
		}
	}
	for _, m := range slices.Concat(authority(), identity(stranger)) {
		if declared[m.name] || at.body()[m.name] != nil {
			continue
		}
		status, _, _ := at.send(at.welcome(), at.key, at.with(m))
		switch {
		case status >= http.StatusInternalServerError:
			s.kit.t.Errorf("%s with the member %s, which it does not know: got %d, want a refusal: %s", s.route.Pattern(), m.name, status, at.kit.cause())
		case status < http.StatusBadRequest:
			if without == nil {
				without = s.baseline()
			}
			at.wantIgnored(m, stranger, without)
			at = s.another()
		}
	}
}

// A baseline is what two requests without the member have stored, each in a world of
// its own. What differs between them, such as an ID, tells nothing.
type baseline struct{ one, other map[string]string }

func (s *sweep) baseline() *baseline {
	s.kit.t.Helper()
	alone := func() map[string]string {
		at := s.another()
		at.send(at.welcome(), at.key)
		return at.contents()
	}
	return &baseline{alone(), alone()}
}

// wantIgnored compares what is stored after the member was sent.
func (s *sweep) wantIgnored(m member, stranger string, without *baseline) {
	s.kit.t.Helper()
	stored := s.contents()
	for _, column := range slices.Sorted(maps.Keys(stored)) {
		got, want := stored[column], without.one[column]
		if strings.Contains(got, stranger) || got != want && want == without.other[column] {
			s.kit.t.Errorf("%s took the member %s, which its contract does not name, and %s is another for it: decode into a type that has what a client may say and nothing else, as api.Handle does\nwith it:    %s\nwithout it: %s",
				s.route.Pattern(), m.name, column, got, want)
		}
	}
}

func (s *sweep) contents() map[string]string {
	s.kit.t.Helper()
	all := s.kit.contents(s.route.Contract().Name())
	for column, text := range all {
		all[column] = strings.ReplaceAll(text, s.owner, "the owner")
	}
	return all
}

// takesJSON tells whether the route has a body of JSON, as far as its contract or its
// example shows.
func (s *sweep) takesJSON() bool { return s.body() != nil }

// body is what the request says; nil if it has no object of JSON.
func (s *sweep) body() (members map[string]any) {
	if s.request.GetBody == nil || !strings.HasPrefix(s.request.Header.Get("Content-Type"), "application/json") {
		return nil
	}
	body, _ := s.request.GetBody() // it is in memory
	if json.NewDecoder(body).Decode(&members) != nil {
		return nil
	}
	return members
}

// with adds a member to the request's body.
func (s *sweep) with(m member) func(*http.Request) {
	return func(r *http.Request) {
		body := s.body()
		body[m.name] = m.value
		text, err := json.Marshal(body)
		if err != nil {
			s.kit.t.Fatal(err)
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	}
}

// declaredMembers are those that the route's contract names in its body.
func declaredMembers(k *Kit, r *api.Route) map[string]bool {
	k.t.Helper()
	shape, err := r.Shape()
	if err != nil {
		k.t.Fatalf("%s: %v", r.Pattern(), err)
	}
	if shape.Body == nil {
		return nil
	}
	schema := shape.Body.Schema
	if schema.Ref != "" {
		schema = shape.Registry.SchemaFromRef(schema.Ref)
	}
	names := map[string]bool{}
	for name := range schema.Properties {
		names[strings.ToLower(name)] = true
	}
	return names
}
