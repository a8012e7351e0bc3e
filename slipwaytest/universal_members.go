package slipwaytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

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
	declared := declaredMembers(s.kit, s.route)
	s.guardsAuthority(declared)
	members := slices.DeleteFunc(slices.Concat(authority(), identity(stranger)), func(m member) bool { return declared[m.name] || s.body()[m.name] != nil })
	without := sync.OnceValue(s.baseline)
	if all := s.another(); all.sendsMembers(members...) && len(all.taken(stranger, without())) == 0 {
		return // it takes no notice of any
	}
	at := s.another()
	for _, m := range members {
		before := at.kit.rows(s.route.Contract().Name())
		if !at.sendsMembers(m) {
			if before != at.kit.rows(s.route.Contract().Name()) { // a try that counts, say
				at = s.another()
			}
			continue
		}
		for _, difference := range at.taken(stranger, without()) {
			s.kit.t.Errorf("%s took the member %s, which its contract does not name, and %s: decode into a type that has what a client may say and nothing else, as api.Handle does", s.route.Pattern(), m.name, difference)
		}
		at = s.another()
	}
}

// guardsAuthority wants a permission of who gives rights.
func (s *sweep) guardsAuthority(declared map[string]bool) {
	s.kit.t.Helper()
	if len(s.route.Access().Permissions()) > 0 || s.route.Access().ServicesOnly() {
		return
	}
	for _, m := range authority() {
		if declared[m.name] {
			s.kit.t.Errorf("%s takes %s of anybody whom it admits (%s): take it out of its input, or ask for a permission that says who may give it", s.route.Pattern(), m.name, s.route.Access())
		}
	}
}

// sendsMembers reports whether the request is accepted with them.
func (s *sweep) sendsMembers(members ...member) bool {
	s.kit.t.Helper()
	status, _, _ := s.send(s.welcome(), s.key, s.with(members...))
	if status >= http.StatusInternalServerError {
		s.kit.t.Errorf("%s with a member that it does not know: got %d, want a refusal: %s", s.route.Pattern(), status, s.kit.cause())
	}
	return status < http.StatusBadRequest
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

// taken says where something else is stored than without the members.
func (s *sweep) taken(stranger string, without *baseline) (differences []string) {
	s.kit.t.Helper()
	stored := s.contents()
	for _, column := range slices.Sorted(maps.Keys(stored)) {
		got, want := stored[column], without.one[column]
		if strings.Contains(got, stranger) || got != want && want == without.other[column] {
			differences = append(differences, fmt.Sprintf("%s is another for it (%s, and without it %s)", column, got, want))
		}
	}
	return differences
}

func (s *sweep) contents() map[string]string {
	s.kit.t.Helper()
	all := s.kit.contents(s.route.Contract().Name())
	for column, text := range all {
		all[column] = strings.ReplaceAll(text, s.owner, "the owner")
	}
	return all
}

// The bodies that members can be added to.
const (
	jsonBody = "application/json"
	formBody = "application/x-www-form-urlencoded"
)

// takesMembers tells whether the route has a body of names and values, as far as its
// contract or its example shows.
func (s *sweep) takesMembers() bool { return s.body() != nil }

// body is what the request says by name; nil if it is neither JSON nor a form.
func (s *sweep) body() map[string]any {
	if s.request.GetBody == nil {
		return nil
	}
	body, _ := s.request.GetBody() // it is in memory
	text, _ := io.ReadAll(body)
	var members map[string]any
	switch kind, _, _ := mime.ParseMediaType(s.request.Header.Get("Content-Type")); kind {
	case jsonBody:
		_ = json.Unmarshal(text, &members) // nil for another kind of JSON
	case formBody:
		form, _ := url.ParseQuery(string(text))
		members = map[string]any{}
		for name, values := range form {
			members[name] = values
		}
	}
	return members
}

// with adds members to the request's body.
func (s *sweep) with(members ...member) func(*http.Request) {
	return func(r *http.Request) {
		body := s.body()
		for _, m := range members {
			body[m.name] = m.value
		}
		text, err := json.Marshal(body)
		if err != nil {
			s.kit.t.Fatal(err)
		}
		if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == formBody {
			text = asForm(body)
		}
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	}
}

func asForm(members map[string]any) []byte {
	form := url.Values{}
	for name, value := range members {
		if list, ok := value.([]string); ok {
			form[name] = list
			continue
		}
		form.Set(name, fmt.Sprint(value))
	}
	return []byte(form.Encode())
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
