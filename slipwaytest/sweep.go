package slipwaytest

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/slipwaytest/internal/requests"
)

// SweepTokens presents every kind of token that must be refused (1 to 20 of the
// identity design) to every route of every module that asks for one, and wants a
// 401; and then a good one, which must not be refused for its token.
func SweepTokens(t *testing.T, k *Kit) {
	t.Helper()
	wrong := &wrongTokens{}
	sweepRoutes(t, k, func(s *sweep) {
		if s.wrong = wrong; !s.route.Access().IsPublic() {
			s.refusesTokens()
			s.admitsTokens()
		}
	})
}

// SweepSpoofs says to every route of every module who calls and what they may in ways
// that are no token: members of a body that gives rights or names an owner (38), and
// headers that anybody can write (40). The kit is that of a user. The suite [Universal]
// asks more, of one module in a process.
func SweepSpoofs(t *testing.T, k *Kit) {
	t.Helper()
	sweepRoutes(t, k, func(s *sweep) {
		if !s.route.Access().IsPublic() {
			s.refusesHeaders(spoofs(k.Subject(), k.Token()))
		}
		for _, m := range slices.Concat(authority(), identity(uuid.NewString())) {
			if !s.takesMembers() || declaredMembers(s.kit, s.route)[m.name] {
				continue
			}
			if status, _, body := s.send(authtest.Present(k.Token()), s.key, s.with(m)); status < http.StatusBadRequest || status >= http.StatusInternalServerError {
				s.kit.t.Errorf("%s with the member %s, which it does not know: got %d, want a refusal\n%s", s.route.Pattern(), m.name, status, body)
			}
		}
	})
}

// SweepEnded wants every route of every module that asks for a token to refuse that of
// the kit's caller, whose session has ended: after the given time at the latest.
func SweepEnded(t *testing.T, k *Kit, within time.Duration) {
	t.Helper()
	deadline := time.Now().Add(within)
	asEnded := func(harmless bool) func(*sweep) {
		return func(s *sweep) {
			if s.route.Access().IsPublic() || harmless != (s.route.Method() == http.MethodGet) {
				return
			}
			for {
				status, _, body := s.send(authtest.Present(k.Token()))
				if status == http.StatusUnauthorized {
					return
				}
				if time.Now().After(deadline) {
					s.kit.t.Fatalf("%s with the token of a session that has ended: got %d, want 401 within %s\n%s", s.route.Pattern(), status, within, body)
				}
				time.Sleep(50 * time.Millisecond) // other processes learn of it by themselves
			}
		}
	}
	sweepRoutes(t, k, asEnded(true)) // until every process knows
	sweepRoutes(t, k, asEnded(false))
}

// SweepInspections asks every route of the kit's own, under /debug and /metrics, without a
// token and as a user who has none of their permission: nobody sees how the product works
// inside. In a deployment of services these are the routes of the edge, which passes on none
// of the others'.
func SweepInspections(t *testing.T, k *Kit) {
	t.Helper()
	sweepInspections(t, k)
}

func sweepInspections(t *testing.T, k *Kit) {
	t.Helper()
	anybody := k.Claims(authtest.User(uuid.NewString(), "some:permission"))
	for _, route := range slipway.Inspections() {
		for who, caller := range map[string]struct {
			kit  *Kit
			want int
		}{
			"without a token": {k.Anonymous(), http.StatusUnauthorized}, "without the permission " + slipway.Inspect.Name(): {anybody, http.StatusForbidden},
		} {
			r, err := http.NewRequestWithContext(t.Context(), route.Method(), "http://kit"+inspectionPath(route), http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			if status, _, body := caller.kit.In(t).Send(r); status != caller.want {
				t.Errorf("%s %s: got %d, want %d: declare it in the kit's list of inspections, behind auth.Need(Inspect)\n%.200s", route.Pattern(), who, status, caller.want, body)
			}
		}
	}
}

var pathParameter = regexp.MustCompile(`\{[^}]*\}`)

// inspectionPath is a path that the route takes.
func inspectionPath(r *api.Route) string {
	return pathParameter.ReplaceAllString(strings.TrimSuffix(r.Path(), "{$}"), "x")
}

// sweepRoutes runs a subtest for every route to which there is a way.
func sweepRoutes(t *testing.T, k *Kit, prove func(*sweep)) {
	t.Helper()
	for _, m := range k.modules {
		for _, r := range m.Contract().Routes() {
			if k.services != nil && !r.OnEdge() {
				continue // without a way in from outside
			}
			t.Run(r.Pattern(), func(t *testing.T) {
				prove(&sweep{kit: k.In(t), route: r, request: plainRequest(t, r), owner: uuid.NewString()})
			})
		}
	}
}

// admitsTokens presents a good token. What else the handler says of the request is
// another matter.
func (s *sweep) admitsTokens() {
	s.kit.t.Helper()
	if status, _, body := s.send(s.as(s.claims(s.owner))); status == http.StatusUnauthorized {
		s.kit.t.Errorf("%s: a good token with %v: got %d, want it admitted\n%s", s.route.Pattern(), s.route.Access(), status, body)
	}
}

// wrongTokens are made once for all routes that ask for the same: signing them costs
// as much as refusing them.
type wrongTokens struct{ made map[string][]authtest.Refusal }

func (w *wrongTokens) of(issuer *authtest.Issuer, r *api.Route) []authtest.Refusal {
	good := admitted(r, "somebody")
	key := fmt.Sprint(issuer.URL(), good.Scopes, good.Audience, good.Actors)
	if w.made[key] == nil {
		if w.made == nil {
			w.made = map[string][]authtest.Refusal{}
		}
		w.made[key] = issuer.Refusals(good)
	}
	return w.made[key]
}

// plainRequest is the simplest request that the route's schema admits.
func plainRequest(t testing.TB, r *api.Route) *http.Request {
	t.Helper()
	if r.IsMounted() {
		return mountedRequest(t, r)
	}
	shape, err := r.Shape()
	if err != nil {
		t.Fatalf("%s: %v", r.Pattern(), err)
	}
	plain, err := requests.Plain(shape)
	if err != nil {
		t.Fatalf("%s: no request fits its schema: %v", r.Pattern(), err)
	}
	req, err := plain.HTTP(t.Context(), "http://kit")
	if err != nil {
		t.Fatalf("%s: %v", r.Pattern(), err)
	}
	return req
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

// mountedRequest knows nothing of what the route's handler reads.
func mountedRequest(t testing.TB, r *api.Route) *http.Request {
	t.Helper()
	path := placeholder.ReplaceAllString(r.Path(), "0198c0de-0000-7000-8000-000000000001")
	req, err := http.NewRequestWithContext(t.Context(), cmp.Or(r.Method(), http.MethodGet), "http://kit"+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return req
}
