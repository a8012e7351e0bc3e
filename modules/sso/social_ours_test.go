package sso_test

import (
	"io"
	"maps"
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/slipwaytest"
)

// One product lets its people into another: the module is both the provider and its
// client, and neither knows anything of the other but the standard.
func TestSocialLogin_ByAnotherProductOfTheKit(t *testing.T) {
	t.Parallel()
	idp := newWorld(t, nil)
	idp.register(t, "ada@example.com")
	const callback = "/sso/social/ours/callback"
	client := idp.flow(t, func(c *grant.Client) { c.RedirectURIs = []string{authtest.URL + callback} })

	shop := newWorld(t, map[string]string{
		"SSO_PROVIDERS": "ours", "SSO_PROVIDER_OURS_ISSUER": authtest.URL,
		"SSO_PROVIDER_OURS_CLIENT_ID": client.client.ID, "SSO_PROVIDER_OURS_CLIENT_SECRET": client.secret,
	})
	slipwaytest.External(shop.Kit, authtest.URL, asked(t, idp.Kit))

	goes := func(t *testing.T) *tab {
		t.Helper()
		there, here := idp.tab(t), shop.tab(t)
		there.login("ada@example.com", goodPass)
		leads := here.open("/sso/social/ours").Header.Get("Location")
		back := there.open(leads[len(authtest.URL):]).Header.Get("Location")
		if len(back) < len(authtest.URL) {
			t.Fatalf("the provider does not lead back:\n%d %s", there.page.Status, there.page.Body)
		}
		here.open(back[len(authtest.URL):], crossSite)
		return here
	}
	goes(t).page.says(t, http.StatusForbidden, "does not vouch for an e-mail of yours") // ada has not confirmed it there
	idp.exec(t, `UPDATE users SET email_confirmed_at = now()`)
	first, second := goes(t), goes(t)
	first.page.leads(t, "/sso/account")
	if shop.user(t, first) != shop.user(t, second) {
		t.Error("the second login opens another account")
	}
	if n := shop.count(t, `SELECT count(*) FROM users WHERE email = 'ada@example.com'`); n != 1 {
		t.Errorf("%d accounts have the e-mail, want 1", n)
	}
}

// asked serves another world to one that calls it over HTTP.
func asked(t *testing.T, k *slipwaytest.Kit) http.Handler {
	t.Helper()
	nobody := k.Anonymous()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := r.Clone(r.Context())
		call.RequestURI, call.URL.Scheme, call.URL.Host, call.Host = "", "http", "kit", "kit"
		if r.Body == nil {
			call.Body = io.NopCloser(http.NoBody)
		}
		status, header, body := nobody.Send(call)
		maps.Copy(w.Header(), header)
		w.WriteHeader(status)
		_, _ = w.Write(body)
	})
}
