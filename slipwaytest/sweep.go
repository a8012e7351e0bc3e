package slipwaytest

import (
	"cmp"
	"net/http"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/slipwaytest/internal/requests"
)

// SweepTokens presents every kind of token that must be refused (1 to 19 of the
// identity design) to every route of every module that asks for one, and wants a
// 401; and then a good one, which must not be refused for its token.
func SweepTokens(t *testing.T, k *Kit) {
	t.Helper()
	for _, m := range k.modules {
		for _, r := range m.Contract().Routes() {
			if r.Access().IsPublic() || k.services != nil && !r.OnEdge() {
				continue // without a token, or without a way in from outside
			}
			t.Run(r.Pattern(), func(t *testing.T) { k.In(t).sweep(r) })
		}
	}
}

func (k *Kit) sweep(r *api.Route) {
	k.t.Helper()
	good := admitted(r, uuid.NewString())
	for _, refusal := range k.issuer().Refusals(good) {
		status, header, body := k.Anonymous().Send(presented(plainRequest(k.t, r), refusal.Request))
		if status != http.StatusUnauthorized || header.Get("WWW-Authenticate") == "" {
			k.t.Errorf("%s: got %d, want 401 with a challenge: does the route authenticate before all else?\n%s", refusal, status, body)
		}
	}
	status, _, body := k.Anonymous().Send(presented(plainRequest(k.t, r), authtest.Present(k.issuer().Mint(good))))
	if status == http.StatusUnauthorized { // a handler's neighbour may still say 403
		k.t.Errorf("a good token with %v: got %d, want it admitted\n%s", r.Access(), status, body)
	}
}

func presented(r *http.Request, present func(*http.Request)) *http.Request {
	present(r)
	return r
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
