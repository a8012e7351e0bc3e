package slipwaytest

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

func (u *universal) proveAccess(t *testing.T) {
	t.Run("serves what is declared and nothing else", u.proveServed)
	wrong := &wrongTokens{}
	for _, r := range u.module.Contract().Routes() {
		t.Run(r.Pattern(), func(t *testing.T) {
			k := u.world(t)
			request, owner := u.request(k, r)
			s := &sweep{kit: k, suite: u, route: r, request: request, owner: owner, example: u.examples[r] != nil, wrong: wrong}
			for _, c := range s.checks() {
				t.Run(c.name, func(t *testing.T) {
					if c.skip != "" {
						t.Skip(c.skip)
					}
					at := *s
					at.kit = k.In(t)
					at.test = t
					c.prove(&at)
				})
			}
		})
	}
}

// proveServed holds what is on the process's listener and the contract against each
// other: nothing but what is declared, with the access that is declared, and all of it.
func (u *universal) proveServed(t *testing.T) {
	k := u.world(t)
	declared, served := u.module.Contract().Routes(), k.app.Served()
	for _, s := range served {
		i := slices.IndexFunc(declared, func(r *api.Route) bool { return r.Pattern() == s.Pattern })
		if s.Owner != slipway.KitOwner && (i < 0 || declared[i].Access().String() != s.Access.String()) {
			t.Errorf("%s serves %s (%s), which its contract does not declare so: declare it with api.GET, api.Handler or the like", s.Owner, s.Pattern, s.Access)
		}
	}
	for _, r := range declared {
		if got := patternOf(k.app.Handler())(plainRequest(t, r)); got != r.Pattern() {
			t.Errorf("%s is declared, but the process takes a request for it to %q: another route stands before it", r.Pattern(), got)
		}
	}
}

// A sweep asks one route in every way that must be refused, and in the one that
// must not.
type sweep struct {
	kit     *Kit
	route   *api.Route
	request *http.Request
	owner   string
	example bool
	wrong   *wrongTokens // for the sweep of tokens alone
	suite   *universal   // for what takes a world of its own, as is the next
	test    *testing.T
}

// another is the same in a new world, where nothing has happened yet.
func (s *sweep) another() *sweep {
	s.kit.t.Helper()
	next := *s
	next.kit = s.suite.world(s.test)
	next.request, next.owner = s.suite.request(next.kit, s.route)
	return &next
}

type check struct {
	name  string
	prove func(*sweep)
	skip  string // the reason
}

func (s *sweep) checks() []check {
	a := s.route.Access()
	all := []check{
		{"refuses every wrong token (refusals 1 to 20)", (*sweep).refusesTokens, ""},
		{"asks who it is before it reads what was sent", (*sweep).readsNothing, ""},
		{"refuses who lacks a permission", (*sweep).refusesScope, when(len(a.Permissions()) == 0, "it asks for no permission")},
		{"refuses the wrong kind of caller", (*sweep).refusesCallers, ""},
		{"refuses a login of long ago", (*sweep).refusesStale, when(a.MaxAge() == 0, "it takes a login of any age")},
		{"hides an object from everybody but its owner (refusal 39)", (*sweep).hides, when(!a.IsOwner(), "it does not ask whose the object is")},
		{"lets nobody in by a header that says who calls (refusal 40)", (*sweep).believesNoHeader, ""},
	}
	for i := range all {
		if a.IsPublic() {
			all[i].skip = "it is public: " + a.Why()
		}
	}
	return append(all,
		check{"takes no rights and no owner from a body (refusal 38)", (*sweep).refusesMembers, when(!s.takesMembers(), "it takes neither JSON nor a form")},
		check{"takes nobody for whom a header names (refusal 40)", (*sweep).staysWhoItIs, ""},
		check{"admits who has exactly what it declares", (*sweep).admits, ""},
		check{"refuses other methods", (*sweep).refusesMethods, when(s.route.Method() == "", "it is mounted for every method")},
		check{"is reached by no other spelling of its path", (*sweep).refusesSpellings, when(s.route.IsMounted(), "its handler has the whole subtree")},
	)
}

func when(condition bool, reason string) string {
	if condition {
		return reason
	}
	return ""
}

// claims are those of somebody whom the route admits.
func (s *sweep) claims(subject string) authtest.Claims { return admitted(s.route, subject) }

// welcome presents what the route asks for: a token, or on a public route nothing
// but what the request says itself, which may be an Authorization of another kind.
func (s *sweep) welcome() func(*http.Request) {
	if s.route.Access().IsPublic() {
		return func(*http.Request) {}
	}
	return s.as(s.claims(s.owner))
}

// send sends the request once more, presented by p.
func (s *sweep) send(present func(*http.Request), change ...func(*http.Request)) (int, http.Header, []byte) {
	s.kit.t.Helper()
	r := again(s.kit.t.Context(), s.request)
	present(r)
	for _, c := range change {
		c(r)
	}
	return s.kit.Anonymous().Send(r)
}

// as presents a token with the claims.
func (s *sweep) as(c authtest.Claims) func(*http.Request) {
	return authtest.Present(s.kit.issuer().Mint(c))
}

// again copies a request that may have been sent before.
func again(ctx context.Context, r *http.Request) *http.Request {
	next := r.Clone(ctx)
	if r.GetBody != nil {
		next.Body, _ = r.GetBody() // it is in memory
	}
	return next
}

func (s *sweep) refusesTokens() {
	s.kit.t.Helper()
	for _, refusal := range s.wrong.of(s.kit.issuer(), s.route) {
		status, header, body := s.send(refusal.Request)
		if status != http.StatusUnauthorized || header.Get("WWW-Authenticate") == "" {
			s.kit.t.Errorf("%s with token %q: got %d, want 401 with a challenge; serve it through api.Handle or api.Mount, which look at the token before all else\n%s", s.route.Pattern(), refusal, status, body)
		}
	}
}

// readsNothing sends bodies that are wrong in themselves, and notes whether one is read.
func (s *sweep) readsNothing() {
	s.kit.t.Helper()
	for name, text := range map[string]string{"no JSON": "{", "another type": `"text"`, "nothing": ""} {
		body := &watchedBody{Reader: strings.NewReader(text)}
		status, _, answer := s.send(func(*http.Request) {}, func(r *http.Request) {
			r.Body, r.ContentLength = body, int64(max(len(text), 1))
			r.Header.Del("Content-Type")
		})
		if status != http.StatusUnauthorized || body.read {
			s.kit.t.Errorf("%s without a token and with a body that is %s: got %d, body read: %t; want 401 before anything is read: nobody's bytes may cost more than a look at their token\n%s", s.route.Pattern(), name, status, body.read, answer)
		}
	}
}

type watchedBody struct {
	io.Reader
	read bool
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.read = true
	return b.Reader.Read(p)
}

func (*watchedBody) Close() error { return nil }

func (s *sweep) refusesScope() {
	s.kit.t.Helper()
	for _, p := range s.route.Access().Permissions() {
		c := s.claims(s.owner)
		c.Scopes = slices.DeleteFunc(c.Scopes, func(name string) bool { return name == p.Name() })
		status, _, body := s.send(s.as(c))
		if status != http.StatusForbidden {
			s.kit.t.Errorf("%s without the permission %s: got %d, want 403: it is served to more people than its contract says (%s)\n%s", s.route.Pattern(), p, status, s.route.Access(), body)
		}
	}
}

func (s *sweep) refusesCallers() {
	s.kit.t.Helper()
	const stranger = "stranger"
	good, module := s.claims(s.owner), s.route.Contract().Name()
	wrong := map[string]authtest.Claims{}
	if s.route.Access().ServicesOnly() {
		wrong["a user of the edge"] = authtest.User(s.owner, good.Scopes...)
		wrong["a user through no service"] = authtest.User(s.owner, good.Scopes...).For(module)
	}
	if !s.route.Access().AdmitsService(stranger) {
		wrong["a service that it does not name"] = authtest.Service(stranger, good.Scopes...).For(module)
		if s.route.Access().ServicesOnly() {
			wrong["a user through a service that it does not name"] = authtest.User(s.owner, good.Scopes...).Through(stranger).For(module)
		}
	}
	for name, c := range wrong {
		status, _, body := s.send(s.as(c))
		if status == http.StatusNotFound && c.ClientID == stranger && s.asksWhose() {
			continue
		}
		if status != http.StatusForbidden {
			s.kit.t.Errorf("%s as %s: got %d, want 403: %s\n%s", s.route.Pattern(), name, status, s.route.Access(), body)
		}
	}
}

// asksWhose reports whether the route names every module, and the handler whose the object is.
func (s *sweep) asksWhose() bool {
	return s.route.Access().IsOwner() && slices.Contains(s.route.Access().AllowedServices(), auth.AnyModule)
}

func (s *sweep) refusesStale() {
	s.kit.t.Helper()
	limit := s.route.Access().MaxAge()
	status, _, body := s.send(s.as(s.claims(s.owner).LoggedIn(time.Now().Add(-limit - time.Minute))))
	if status != http.StatusUnauthorized {
		s.kit.t.Errorf("%s after a login %s ago: got %d, want 401\n%s", s.route.Pattern(), limit+time.Minute, status, body)
	}
}

// hides asks for an object of another user. The attempt must change nothing.
func (s *sweep) hides() {
	s.kit.t.Helper()
	before := s.kit.rows(s.route.Contract().Name())
	status, _, body := s.send(s.as(s.claims(uuid.NewString())), s.key)
	switch {
	case status == http.StatusInternalServerError:
		s.kit.t.Errorf("%s as another user than the owner: got 500, want 404 (or 403): %s", s.route.Pattern(), s.kit.cause())
	case status != http.StatusForbidden && status != http.StatusNotFound:
		s.kit.t.Errorf("%s as another user than the owner: got %d, want 404 (or 403): call auth.Own with the owner of the object that was loaded\n%s", s.route.Pattern(), status, body)
	}
	if after := s.kit.rows(s.route.Contract().Name()); before != after {
		s.kit.t.Errorf("%s as another user than the owner changed what is stored: call auth.Own before anything is written\nbefore: %s\nafter:  %s", s.route.Pattern(), before, after)
	}
}

// admits asks as somebody who has exactly what is declared.
func (s *sweep) admits() {
	s.kit.t.Helper()
	status, _, body := s.send(s.welcome(), s.key)
	switch {
	case status == http.StatusInternalServerError:
		s.kit.t.Errorf("%s: got 500, want it answered: %s", s.route.Pattern(), s.kit.cause())
	case s.example && !isSuccess(s.route, status):
		s.kit.t.Errorf("%s with its example: got %d, want %d: mend the slipwaytest.Example of the route, or the route\n%s", s.route.Pattern(), status, s.route.Status(), body)
	case !s.route.Access().IsPublic() && (status == http.StatusUnauthorized || status == http.StatusForbidden):
		s.kit.t.Errorf("%s with exactly what it declares (%s): got %d, want it admitted\n%s", s.route.Pattern(), s.route.Access(), status, body)
	case status >= http.StatusInternalServerError:
		s.kit.t.Errorf("%s: got %d, want it answered; if the request makes no sense to the route, give Universal a slipwaytest.Example\n%s", s.route.Pattern(), status, body)
	}
}

// key gives an Idempotent route the key that it may ask for.
func (s *sweep) key(r *http.Request) {
	if s.route.IsIdempotent() && r.Header.Get(api.IdempotencyHeader) == "" {
		r.Header.Set(api.IdempotencyHeader, uuid.NewString())
	}
}

func (s *sweep) refusesMethods() {
	s.kit.t.Helper()
	for _, method := range []string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace, "PROPFIND",
	} {
		if s.declares(method) {
			continue
		}
		status, header, body := s.send(s.as(s.claims(s.owner)), func(r *http.Request) { r.Method = method })
		if status != http.StatusMethodNotAllowed || !strings.Contains(header.Get("Allow"), s.route.Method()) {
			s.kit.t.Errorf("%s %s, which nobody declares: got %d (Allow: %q), want 405 and the methods that there are\n%s", method, s.route.Path(), status, header.Get("Allow"), body)
		}
	}
	if s.route.Method() == http.MethodGet && !s.route.Access().IsPublic() {
		if status, _, _ := s.send(func(*http.Request) {}, func(r *http.Request) { r.Method = http.MethodHead }); status != http.StatusUnauthorized {
			s.kit.t.Errorf("HEAD %s without a token: got %d, want 401 as for GET", s.route.Path(), status)
		}
	}
}

// declares reports whether some route of the process takes the method at the path.
func (s *sweep) declares(method string) bool {
	mux := http.NewServeMux()
	for _, served := range s.kit.app.Served() {
		if served.Pattern != "/" {
			mux.Handle(served.Pattern, http.NotFoundHandler())
		}
	}
	_, pattern := mux.Handler(&http.Request{Method: method, URL: s.request.URL, Host: s.request.Host})
	return pattern != ""
}

// isSuccess reports whether the status is one that the route declares.
func isSuccess(r *api.Route, status int) bool {
	if r.IsMounted() {
		return status >= 200 && status < http.StatusBadRequest
	}
	return status == r.Status()
}

// refusesSpellings asks for the path in ways that a router, a proxy and a handler
// may read differently, as nobody and as somebody whom the route admits: nothing may
// come of either.
func (s *sweep) refusesSpellings() {
	s.kit.t.Helper()
	for name, spelt := range spellings(s.route.Path(), s.request.URL.EscapedPath()) {
		s.refusesSpelling(name, spelt, "without a token", func(*http.Request) {})
		s.refusesSpelling(name, spelt, "with a good token", s.welcome())
	}
}

func (s *sweep) refusesSpelling(name, spelt, how string, present func(*http.Request)) {
	s.kit.t.Helper()
	status, _, body := s.send(present, s.key, func(r *http.Request) {
		if err := respell(r, spelt); err != nil {
			s.kit.t.Fatalf("%s: %v", spelt, err)
		}
	})
	if status < http.StatusMultipleChoices {
		s.kit.t.Errorf("%s with %s (%s), %s: got %d, want a refusal\n%s", s.route.Pattern(), name, spelt, how, status, body)
	}
}

// admitted are the claims of somebody whom the route admits, with exactly what it
// asks for.
func admitted(r *api.Route, subject string) authtest.Claims {
	names := permissionNames(r.Access().Permissions())
	if r.Access().ServicesOnly() {
		return authtest.User(subject, names...).Through(admittedService(r.Access())).For(r.Contract().Name())
	}
	return authtest.User(subject, names...)
}

// admittedService is one that the access admits; any will do where it admits all.
func admittedService(a auth.Access) string {
	if name := a.AllowedServices()[0]; name != auth.AnyModule {
		return name
	}
	return "neighbour"
}

func permissionNames(permissions []auth.Permission) []string {
	names := make([]string, len(permissions))
	for i, p := range permissions {
		names[i] = p.Name()
	}
	return names
}
