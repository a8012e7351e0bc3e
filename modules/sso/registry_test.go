package sso_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/ssoapi"
)

func registration(change ...func(*ssoapi.ClientRegistration)) ssoapi.ClientRegistration {
	r := ssoapi.ClientRegistration{ID: "web", Name: "The web", RedirectURIs: []string{back}, Scopes: []string{"openid", grant.EveryPermission}}
	for _, f := range change {
		f(&r)
	}
	return r
}

// An administrator may register clients.
type administrator struct {
	*world
	token string
}

func (w *world) administrator(t *testing.T) administrator {
	t.Helper()
	return administrator{w, w.owner(t).token}
}

// create registers a client that has nothing wrong.
func (a administrator) create(t *testing.T, r ssoapi.ClientRegistration) (made ssoapi.NewClient) {
	t.Helper()
	got := a.send(t, http.MethodPost, "", r)
	want(t, got, http.StatusCreated, "")
	decode(t, got.Text, &made)
	return made
}

func (a administrator) send(t *testing.T, method, path string, body any) reply {
	t.Helper()
	sent := ""
	if body != nil {
		sent = text(t, body)
	}
	return a.ask(t, method, "/sso/v1/clients"+path, a.token, sent, nil)
}

func TestClients_AreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.administrator(t)
	uri := func(uri string) func(*ssoapi.ClientRegistration) {
		return func(r *ssoapi.ClientRegistration) { r.RedirectURIs = []string{uri} }
	}
	for name, spoil := range map[string]func(*ssoapi.ClientRegistration){
		"with a name in capitals":              func(r *ssoapi.ClientRegistration) { r.ID = "Web" },
		"with an id as users have":             func(r *ssoapi.ClientRegistration) { r.ID = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
		"with a name of one space":             func(r *ssoapi.ClientRegistration) { r.Name = " " },
		"with a grant that is for services":    func(r *ssoapi.ClientRegistration) { r.Grants = []string{"authorization_code", "client_credentials"} },
		"without the grant of its kind":        func(r *ssoapi.ClientRegistration) { r.Grants = []string{"refresh_token"} },
		"with a scope that is none":            func(r *ssoapi.ClientRegistration) { r.Scopes = []string{"two words"} },
		"with a signature that anybody makes":  func(r *ssoapi.ClientRegistration) { r.Algorithm = "none" },
		"with an address without encryption":   uri("http://web.example/back"),
		"with a wildcard":                      uri("https://*.web.example/back"),
		"with a fragment":                      uri("https://web.example/back#top"),
		"with a user in it":                    uri("https://ada@web.example/back"),
		"with an address that is a script":     uri("javascript:alert(1)"),
		"with an app's scheme and a secret":    uri("com.example.app:/back"),
		"with a line break in the address":     uri("https://web.example/back\nx"),
		"with an address of no host":           uri("https:///back"),
		"with a page to go to that is a data:": func(r *ssoapi.ClientRegistration) { r.PostLogoutRedirectURIs = []string{"data:text/html,x"} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want(t, admin.send(t, http.MethodPost, "", registration(spoil)), http.StatusUnprocessableEntity, "client_refused")
		})
	}
	for _, taken := range []string{"slipway", "edge", "till", "sso"} {
		want(t, admin.send(t, http.MethodPost, "", registration(func(r *ssoapi.ClientRegistration) { r.ID = taken })), http.StatusConflict, "client_taken")
	}
	want(t, admin.send(t, http.MethodPost, "/till/secrets", ssoapi.ClientSecretRequest{}), http.StatusNotFound, "client_unknown")
	want(t, admin.send(t, http.MethodDelete, "/slipway", nil), http.StatusNotFound, "client_unknown")
}

func TestClients_PublicOneHasNoSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	admin := w.administrator(t)
	made := admin.create(t, registration(func(r *ssoapi.ClientRegistration) {
		r.Public, r.RedirectURIs = true, []string{"com.example.app:/back", "http://127.0.0.1/back"}
	}))
	if made.Secret != "" || made.Secrets != 0 {
		t.Errorf("it has a secret: %+v", made.RegisteredClient)
	}
	want(t, admin.send(t, http.MethodPost, "/web/secrets", ssoapi.ClientSecretRequest{}), http.StatusConflict, "client_public")
}

func TestClients_LiveAndDie(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	admin := w.administrator(t)
	made := admin.create(t, registration())
	want(t, admin.send(t, http.MethodPost, "", registration()), http.StatusConflict, "client_taken")
	if made.Algorithm != auth.EdDSA || len(made.Grants) != 2 || made.Secrets != 1 || strings.Contains(w.Log(), made.Secret) {
		t.Errorf("made = %+v, or the log has the secret", made.RegisteredClient)
	}
	f := &flow{world: w, client: grant.Client{ID: "web"}, secret: made.Secret, verifier: strings.Repeat("v", 43)}
	tokens := f.redeem(t, f.code(t))
	want(t, tokens, http.StatusOK, "")

	rotate := func(retire bool) string {
		var rotated ssoapi.ClientSecret
		decode(t, admin.send(t, http.MethodPost, "/web/secrets", ssoapi.ClientSecretRequest{Retire: retire}).Text, &rotated)
		return rotated.Secret
	}
	active := func(secret string) string {
		as := *f
		as.secret = secret
		return as.ask(t, "/oauth/introspect", url.Values{"token": {tokens.AccessToken}}).Text
	}
	second := rotate(false)
	for _, good := range []string{made.Secret, second} {
		if got := active(good); !strings.Contains(got, `"active":true`) {
			t.Errorf("while one secret follows the other: %s", got)
		}
	}
	third := rotate(true)
	for _, bad := range []string{made.Secret, second} {
		if got := active(bad); !strings.Contains(got, "invalid_client") {
			t.Errorf("a secret that leaked is good: %s", got)
		}
	}
	f.secret = third
	if got := active(third); got != `{"active":false}` {
		t.Errorf("a token that may have leaked is told to be %s", got)
	}
	renewed := f.refresh(t, tokens.RefreshToken)
	want(t, renewed, http.StatusOK, "")

	want(t, admin.send(t, http.MethodDelete, "/web", nil), http.StatusNoContent, "")
	want(t, f.refresh(t, renewed.RefreshToken), http.StatusUnauthorized, "invalid_client")
	key := auth.ClientKey("web")
	if n := w.count(t, `SELECT count(*) FROM revocations WHERE key = $1 AND before IS NULL`, key[:]); n != 1 {
		t.Errorf("%d revocations of the client, want 1", n)
	}
	if n := w.count(t, `SELECT count(*) FROM sessions WHERE client_id = 'web' AND ended_at IS NULL`); n != 0 {
		t.Errorf("%d of its sessions go on", n)
	}
	if all := admin.send(t, http.MethodGet, "", nil); strings.Contains(all.Text, `"web"`) {
		t.Errorf("it is listed still: %s", all.Text)
	}
	want(t, admin.send(t, http.MethodPost, "", registration()), http.StatusConflict, "client_taken")
	want(t, admin.send(t, http.MethodDelete, "/web", nil), http.StatusNotFound, "client_unknown")
}

func TestOperateClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	var made ssoapi.NewClient
	w.refusedCommand(t, "redirect_uri", "clients", "create", "web")
	w.command(t, &made, "clients", "create", "web", "--redirect-uri", back, "--scope", "openid", "--scope", "*")
	if made.Name != "web" || !slices.Equal(made.Scopes, []string{"*", "email", "openid", "profile"}) || made.Secret == "" {
		t.Errorf("made = %+v", made)
	}
	w.refusedCommand(t, "belongs to", "clients", "create", "web", "--redirect-uri", back)
	var second ssoapi.ClientSecret
	w.command(t, &second, "clients", "rotate", "web")
	var list ssoapi.RegisteredClients
	w.command(t, &list, "clients", "list")
	if len(list.Clients) != 1 || list.Clients[0].Secrets != 2 || second.Secret == made.Secret {
		t.Errorf("list = %+v, want one client with two secrets", list)
	}
	w.command(t, &list, "clients", "revoke", "web")
	w.refusedCommand(t, "no such client", "clients", "rotate", "web", "--leaked")
	w.refusedCommand(t, "was revoked: choose another id", "clients", "create", "web", "--redirect-uri", back)
	w.refusedCommand(t, "belongs to a module", "clients", "create", "till", "--redirect-uri", back)
}

func TestOperateClients_TheFirstOneOfTheGuideUsesTheProduct(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	ada := w.register(t, "ada@example.com")
	var made ssoapi.NewClient
	w.command(t, &made, "clients", "create", "web", "--name", "Shop", "--redirect-uri", back)
	f := &flow{world: w, client: grant.Client{ID: "web"}, secret: made.Secret, verifier: strings.Repeat("v", 43)}
	tokens := f.redeem(t, f.code(t, "scope", "openid email profile phone"))
	want(t, tokens, http.StatusOK, "")
	if got := w.get(t, "/shop", tokens.AccessToken); got.Status != http.StatusOK || got.Subject != ada {
		t.Errorf("the product answers %d %s, want what ada may see", got.Status, got.Text)
	}
}

func TestClients_AMisspeltScopeIsRefusedWithANearName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for given, near := range map[string]string{"shop:raed": "shop:read", "opneid": "openid"} {
		w.refusedCommand(t, "did you mean "+near+"?", "clients", "create", "web", "--redirect-uri", back, "--scope", given)
	}
	admin := w.administrator(t)
	got := admin.send(t, http.MethodPost, "", registration(func(r *ssoapi.ClientRegistration) { r.Scopes = []string{"openid", "shop:raed"} }))
	want(t, got, http.StatusUnprocessableEntity, "client_refused")
	if !strings.Contains(got.Text, "body.scopes[1]") || !strings.Contains(got.Text, "did you mean shop:read?") {
		t.Errorf("the refusal names no place or no near name: %s", got.Text)
	}
}
