package sso_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

// inPerson returns the routes by which people look after their own account.
func inPerson() (routes []*api.Route) {
	for _, r := range ssoapi.Module.Routes() {
		if a := r.Access(); !a.IsPublic() && !a.ServicesOnly() && len(a.Permissions()) == 0 && r.Path() != "/sso/v1/logout" {
			routes = append(routes, r)
		}
	}
	return routes
}

// wellFormed has what each of them that takes a body reads without complaint.
func wellFormed() map[string]any {
	code := response(uuid.NewString(), "123456")
	return map[string]any{
		"PATCH /sso/v1/me":              ssoapi.ProfileChange{Name: "Eve"},
		"PUT /sso/v1/password":          ssoapi.PasswordChange{Current: goodPass, Password: newPass},
		"POST /sso/v1/me/email":         ssoapi.EmailChange{Email: "eve@example.com"},
		"POST /sso/v1/me/email/confirm": code,
		"POST /sso/v1/me/phone":         ssoapi.PhoneChange{Phone: "+4915112345678"},
		"POST /sso/v1/me/phone/confirm": code,
		"POST /sso/v1/passkeys": ssoapi.NewPasskey{CeremonyID: "c", Name: "Eve's", Credential: ssoapi.PasskeyMadeAnswer{
			ID: "a", Type: "public-key", Response: ssoapi.PasskeyMade{ClientDataJSON: "a", AttestationObject: "a"},
		}},
	}
}

// What an application is granted by a person who logs in to it, were it everything, is no
// way into their account.
func TestAccount_IsNoBusinessOfAClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, german)
	w.register(t, "ada@example.com")
	f := w.flow(t)
	token := f.redeem(t, f.code(t, "scope", "openid")).AccessToken
	routes, bodies := inPerson(), wellFormed()
	if len(routes) < 19 {
		t.Fatalf("%d routes are looked at, want those of profile, sessions, passkeys and identities", len(routes))
	}
	for _, r := range routes {
		path := strings.ReplaceAll(r.Path(), "{id}", uuid.NewString())
		if got := w.send(t, r.Method(), path, token, bodies[r.Pattern()]); got.Status != http.StatusForbidden || got.Code != "in_person_only" {
			t.Errorf("%s is answered %d %s, want 403 in_person_only", r.Pattern(), got.Status, got.Text)
		}
	}
}

func TestLogout_OfAClientEndsItAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	f := w.flow(t, func(c *grant.Client) { c.Scopes = []string{"openid"} })
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	one, other := f.redeem(t, b.open(f.request()).answer(t).Get("code")), f.redeem(t, b.open(f.request()).answer(t).Get("code"))

	want(t, w.send(t, http.MethodPost, "/sso/v1/logout", one.AccessToken, nil), http.StatusNoContent, "")
	want(t, f.refresh(t, one.RefreshToken), http.StatusBadRequest, "invalid_grant")
	want(t, f.refresh(t, other.RefreshToken), http.StatusOK, "")
	b.open("/sso/account").says(t, http.StatusOK, "ada@example.com")
}
