package auth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

func TestAccess_Authorize(t *testing.T) {
	t.Parallel()
	edge := (&auth.Principal{
		Subject: "u1", ClientID: "slipway", Audience: []string{"edge"}, AuthTime: noon.Add(-time.Minute),
	}).WithScopes("cart:read")
	through := *edge
	through.ClientID, through.Actors, through.Audience = "crm", []string{"crm"}, []string{"cart"}
	service := (&auth.Principal{Subject: "crm", ClientID: "crm", Audience: []string{"cart"}}).WithScopes("cart:read")
	ofEdge := *service
	ofEdge.Audience = []string{"edge"}
	elsewhere := *edge
	elsewhere.Audience = []string{"billing"}
	lastWeek := *edge
	lastWeek.AuthTime = noon.Add(-7 * 24 * time.Hour)

	both := auth.Need(read).Users().Services("crm")
	only := auth.Need(read).Services("crm")
	for name, c := range map[string]struct {
		access auth.Access
		p      *auth.Principal
		status int // 0 for admitted
		code   string
	}{
		"public, nobody":                  {auth.Public("all"), nil, 0, ""},
		"public, with a token":            {auth.Public("all"), &elsewhere, 0, ""},
		"users, nobody":                   {auth.Need(read), nil, 401, "missing_token"},
		"users, from the edge":            {auth.Need(read), edge, 0, ""},
		"users, through a service":        {auth.Need(read), &through, 0, ""},
		"users, a service on its own":     {auth.Need(read), service, 403, "wrong_caller"},
		"users, addressed elsewhere":      {auth.Need(read), &elsewhere, 401, "invalid_token"},
		"users, permission missing":       {auth.Need(read, write), edge, 403, "insufficient_scope"},
		"signed in, from the edge":        {auth.SignedIn(), edge.WithScopes(), 0, ""},
		"services, from the edge":         {only, edge, 403, "wrong_caller"},
		"services, on its own":            {only, service, 0, ""},
		"services, for a user":            {only, &through, 0, ""},
		"services, another one":           {auth.Services("shop"), service, 403, "wrong_caller"},
		"services, another for a user":    {auth.Services("shop"), &through, 403, "wrong_caller"},
		"services, with an edge token":    {only, &ofEdge, 403, "wrong_caller"},
		"services, addressed elsewhere":   {only, &elsewhere, 401, "invalid_token"},
		"services, permission missing":    {only, service.WithScopes(), 403, "insufficient_scope"},
		"both, from the edge":             {both, edge, 0, ""},
		"both, on its own":                {both, service, 0, ""},
		"both, another on its own":        {auth.Need(read).Users().Services("shop"), service, 403, "wrong_caller"},
		"both, another for a user":        {auth.Need(read).Users().Services("shop"), &through, 0, ""},
		"both, with an edge token":        {both, &ofEdge, 403, "wrong_caller"},
		"fresh, a minute ago":             {auth.Need(read).Fresh(time.Minute), edge, 0, ""},
		"fresh, last week":                {auth.Need(read).Fresh(time.Minute), &lastWeek, 401, "insufficient_user_authentication"},
		"fresh, a service on its own":     {only.Fresh(time.Minute), service, 401, "insufficient_user_authentication"},
		"fresh, last week, no permission": {auth.Need(write).Fresh(time.Minute), &lastWeek, 403, "insufficient_scope"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.access.Authorize(c.p, []string{"cart", "edge"}, noon)
			if c.status == 0 {
				if err != nil {
					t.Errorf("Authorize() = %v, want nil", err)
				}
				return
			}
			wantProblem(t, err, c.status, c.code)
		})
	}
}

func TestAccess_AuthorizeMistakes(t *testing.T) {
	t.Parallel()
	p := &auth.Principal{Subject: "u1", Audience: []string{"cart"}}

	t.Run("an undeclared access is ours to answer for", func(t *testing.T) {
		t.Parallel()
		if err := (auth.Access{}).Authorize(p, []string{"cart"}, noon); problem.Status(err) != http.StatusInternalServerError {
			t.Errorf("got %v, want an error of ours", err)
		}
	})
	t.Run("a module without a name takes no token", func(t *testing.T) {
		t.Parallel()
		wantProblem(t, auth.SignedIn().Authorize(p, nil, noon), http.StatusUnauthorized, "invalid_token")
	})
	t.Run("a principal of nothing is no service", func(t *testing.T) {
		t.Parallel()
		nobody := &auth.Principal{Audience: []string{"cart"}}
		wantProblem(t, auth.Services("crm").Authorize(nobody, []string{"cart"}, noon), http.StatusForbidden, "wrong_caller")
	})
}

// What a person and a client read in a refusal.
func TestAccess_RefusalsExplain(t *testing.T) {
	t.Parallel()
	user := &auth.Principal{Subject: "u1", ClientID: "slipway", Audience: []string{"edge"}}
	for name, c := range map[string]struct {
		access            auth.Access
		detail, challenge string
	}{
		"missing permissions": {auth.Need(read, write), "cart:read (See your cart) and cart:write (Change your cart)", `Bearer error="insufficient_scope", scope="cart:read cart:write"`},
		"stale login":         {auth.SignedIn().Fresh(5 * time.Minute), "within the last 5m0s", `error="insufficient_user_authentication", error_description="A more recent authentication is required", max_age="300"`},
		"wrong caller":        {auth.Services("crm", "shop"), "services (crm, shop)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := problem.From(c.access.Authorize(user, []string{"cart", "edge"}, noon))
			if !strings.Contains(got.Detail(), c.detail) || !strings.Contains(got.Headers().Get("WWW-Authenticate"), c.challenge) {
				t.Errorf("got %q, %v; want %q, %q", got.Detail(), got.Headers(), c.detail, c.challenge)
			}
		})
	}
}
