package slipwaytest

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
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
	good := goodClaims(r)
	for _, refusal := range k.issuer().Refusals(good) {
		status, header, body := k.Anonymous().Send(emptyRequest(k.t, r, refusal.Request))
		if status != http.StatusUnauthorized || header.Get("WWW-Authenticate") == "" {
			k.t.Errorf("%s: got %d, want 401 with a challenge: does the route authenticate before all else?\n%s", refusal, status, body)
		}
	}
	status, _, body := k.Anonymous().Send(emptyRequest(k.t, r, authtest.Present(k.issuer().Mint(good))))
	if status == http.StatusUnauthorized { // a handler's neighbour may still say 403
		k.t.Errorf("a good token with %v: got %d, want it admitted\n%s", r.Access(), status, body)
	}
}

// goodClaims are of a caller whom the route admits.
func goodClaims(r *api.Route) authtest.Claims {
	var permissions []string
	for _, p := range r.Access().Permissions() {
		permissions = append(permissions, p.Name())
	}
	if r.Access().ServicesOnly() {
		return authtest.User(uuid.NewString(), permissions...).Through(r.Access().AllowedServices()[0]).For(r.Contract().Name())
	}
	return authtest.User(uuid.NewString(), permissions...)
}

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func emptyRequest(t testing.TB, r *api.Route, present func(*http.Request)) *http.Request {
	t.Helper()
	method := r.Method()
	if method == "" {
		method = http.MethodGet
	}
	path := placeholder.ReplaceAllString(r.Path(), "0198c0de-0000-7000-8000-000000000001")
	req, err := http.NewRequestWithContext(t.Context(), method, "http://kit"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	present(req)
	return req
}
