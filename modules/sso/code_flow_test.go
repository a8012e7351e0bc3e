package sso_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/client"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

// A flow is a client that lets people in, in a browser.
type flow struct {
	*world
	client   grant.Client
	secret   string // "" for a public client
	verifier string
}

const back = "https://web.example/back"

// flow registers a client; change may make it another one than a confidential client
// that may do everything.
func (w *world) flow(t *testing.T, change ...func(*grant.Client)) *flow {
	t.Helper()
	c := grant.Client{
		ID: "web", Name: "The web", Grants: []string{grant.AuthorizationCode, grant.RefreshToken}, Algorithm: auth.EdDSA,
		RedirectURIs: []string{back}, PostLogoutRedirectURIs: []string{"https://web.example/bye"},
		Scopes: []string{"openid", "profile", "email", "phone", "offline_access", grant.EveryPermission},
	}
	for _, f := range change {
		f(&c)
	}
	if wrong := client.Check(c); len(wrong) > 0 {
		t.Fatalf("the client is wrong: %v", wrong)
	}
	created, secret, err := client.NewStore(w.DB("sso")).Create(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return &flow{world: w, client: created.Client, secret: secret, verifier: strings.Repeat("verifier-", 6)}
}

func public(c *grant.Client) { c.Public = true }

// request is an authorization request with nothing wrong; pairs change it.
func (f *flow) request(pairs ...string) string {
	sum := sha256.Sum256([]byte(f.verifier))
	query := url.Values{
		"client_id": {f.client.ID}, "redirect_uri": {back}, "response_type": {"code"}, "scope": {"openid"}, "state": {"a state"}, "nonce": {"a nonce"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for pair := range slices.Chunk(pairs, 2) {
		query.Set(pair[0], pair[1])
	}
	return "/oauth/authorize?" + query.Encode()
}

// answer returns what the browser carries to the client.
func (p page) answer(t *testing.T) url.Values {
	t.Helper()
	address, query, _ := strings.Cut(p.Header.Get("Location"), "?")
	values, err := url.ParseQuery(query)
	if err != nil || p.Status != http.StatusSeeOther || address != back || values.Get("iss") == "" {
		t.Fatalf("answer = %d to %q, want 303 to the client, by an issuer\n%s", p.Status, p.Header.Get("Location"), p.Body)
	}
	return values
}

// code lets ada in and returns the code.
func (f *flow) code(t *testing.T, pairs ...string) string {
	t.Helper()
	b := f.tab(t)
	b.login("ada@example.com", goodPass)
	return b.open(f.request(pairs...)).answer(t).Get("code")
}

// redeem redeems a code as the client; pairs change the request.
func (f *flow) redeem(t *testing.T, code string, pairs ...string) reply {
	t.Helper()
	form := url.Values{"grant_type": {grant.AuthorizationCode}, "code": {code}, "redirect_uri": {back}, "code_verifier": {f.verifier}}
	for pair := range slices.Chunk(pairs, 2) {
		form.Set(pair[0], pair[1])
	}
	return f.ask(t, "/oauth/token", form)
}

// ask sends a form as the client.
func (f *flow) ask(t *testing.T, path string, form url.Values) reply {
	t.Helper()
	if f.secret == "" {
		form.Set("client_id", f.client.ID)
	}
	return replyOf(t, f.In(t).JSON(http.MethodPost, path, form.Encode(), func(r *http.Request) {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if f.secret != "" {
			r.SetBasicAuth(f.client.ID, url.QueryEscape(f.secret))
		}
	}))
}

func (f *flow) refresh(t *testing.T, token string) reply {
	t.Helper()
	return f.ask(t, "/oauth/token", url.Values{"grant_type": {grant.RefreshToken}, "refresh_token": {token}})
}

// claimsOf reads a token's claims as a stranger would.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no compact JWS", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	claims := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &claims)
	}
	if err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestFlow_LetsSomebodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.register(t, "ada@example.com")
	f := w.flow(t)
	b := w.tab(t)

	asked := b.open(f.request("login_hint", "ada@example.com"))
	if asked.Status != http.StatusSeeOther || !strings.HasPrefix(asked.Header.Get("Location"), "/sso/login?") {
		t.Fatalf("answer = %d to %q, want the login page", asked.Status, asked.Header.Get("Location"))
	}
	b.open(asked.Header.Get("Location"))
	returned := b.submit("email", "ada@example.com", "password", goodPass)
	answer := b.open(returned.Header.Get("Location")).answer(t)
	if answer.Get("state") != "a state" || answer.Get("iss") != "https://sso.test" {
		t.Errorf("answer = %v, want the state and the issuer", answer)
	}

	got := f.redeem(t, answer.Get("code"))
	if got.Status != http.StatusOK || got.RefreshToken == "" || got.Scope != "openid shop:read" {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	claims := claimsOf(t, got.IDToken)
	if claims["sub"] != id || claims["aud"] != "web" || claims["nonce"] != "a nonce" || claims["sid"] != claimsOf(t, got.AccessToken)["sid"] {
		t.Errorf("the ID token says %v", claims)
	}
	if seen := w.get(t, "/till", got.AccessToken); seen.Status != http.StatusOK || seen.Subject != id || seen.Service != "till" {
		t.Errorf("the shop sees %d %s, want the user through the till", seen.Status, seen.Text)
	}
	next := f.refresh(t, got.RefreshToken)
	if next.Status != http.StatusOK || next.Scope != got.Scope || claimsOf(t, next.IDToken)["nonce"] != nil {
		t.Errorf("the refresh is answered %d %s", next.Status, next.Text)
	}
}

func TestFlow_BrowserToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.register(t, "ada@example.com")
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	form := []string{"grant_type", exchangeURN, "client_id", "slipway", "subject_token", b.cookie(), "subject_token_type", grant.TypeBrowser}
	got := w.token(t, "", form...)
	if got.Status != http.StatusOK || got.RefreshToken != "" {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	if seen := w.get(t, "/shop", got.AccessToken); seen.Subject != id {
		t.Errorf("the shop sees %d %s, want the user", seen.Status, seen.Text)
	}
	want(t, w.token(t, "", append(form, "audience", "shop")...), http.StatusBadRequest, "invalid_target")
	b.open("/sso/logout")
	b.submit()
	want(t, w.token(t, "", form...), http.StatusBadRequest, "invalid_request")
}

func TestRefusal21_CodeReplayEndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	codeReplay(t, &socialWorld{world: w})
	if !strings.Contains(w.Log(), "authorization code replayed, session ended") {
		t.Error("the log does not tell of the replay")
	}
}

// A token is worth nothing after a logout, whoever has it: the browser, the client or
// the service that it went through.
func TestRefusal33_TokenAfterLogout(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	f := w.flow(t)
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	got := f.redeem(t, b.open(f.request()).answer(t).Get("code"))
	through := w.token(t, "till", "grant_type", exchangeURN, "subject_token", got.AccessToken, "subject_token_type", accessURN, "audience", "shop")
	cookie := b.cookie()

	b.open("/oauth/logout?"+url.Values{"id_token_hint": {got.IDToken}, "post_logout_redirect_uri": {"https://web.example/bye"}, "state": {"s"}}.Encode()).
		leads(t, "https://web.example/bye?state=s")
	if b.cookie() != "" {
		t.Error("the browser keeps its cookie")
	}
	for name, token := range map[string]string{"the client's": got.AccessToken, "the service's": through.AccessToken} {
		if alive := f.ask(t, "/oauth/introspect", url.Values{"token": {token}}); alive.Text != `{"active":false}` {
			t.Errorf("%s token is told to be %s", name, alive.Text)
		}
	}
	want(t, w.get(t, "/oauth/userinfo", got.AccessToken), http.StatusUnauthorized, "invalid_token")
	want(t, f.refresh(t, got.RefreshToken), http.StatusBadRequest, "invalid_grant")
	want(t, w.token(t, "till", "grant_type", exchangeURN, "subject_token", got.AccessToken, "subject_token_type", accessURN, "audience", "shop"), http.StatusBadRequest, "invalid_request")
	want(t, w.token(t, "", "grant_type", exchangeURN, "client_id", "slipway", "subject_token", cookie, "subject_token_type", grant.TypeBrowser), http.StatusBadRequest, "invalid_request")
	b.open(f.request("prompt", "none"))
	if told := b.page.answer(t); told.Get("error") != "login_required" {
		t.Errorf("the client is told %v, want login_required", told)
	}
}

func TestLogout_AsksOnAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	f := w.flow(t)
	b := w.tab(t)
	b.login("ada@example.com", goodPass)
	query := url.Values{"client_id": {f.client.ID}, "post_logout_redirect_uri": {"https://web.example/bye"}, "state": {"s"}}
	asked := b.open("/oauth/logout?" + query.Encode())
	asked.says(t, http.StatusOK, "Log out?")
	if policy := asked.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "form-action 'self' https://web.example;") {
		t.Errorf("the policy %q does not let the form lead on", policy)
	}
	b.site = "cross-site"
	if got := b.submit(); got.Status != http.StatusForbidden || b.cookie() == "" {
		t.Errorf("the form of another site is answered %d", got.Status)
	}
	b.site = "same-origin"
	b.open("/oauth/logout?" + query.Encode())
	b.submit().leads(t, "https://web.example/bye?state=s")
	if b.cookie() != "" {
		t.Error("the browser keeps its cookie")
	}
	b.open("/oauth/logout").says(t, http.StatusOK, "You are logged out")
}

func TestAuthorize_TellsThePersonOnAPage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := w.flow(t)
	b := w.tab(t)
	for name, path := range map[string]string{
		"an unknown client":   f.request("client_id", "nobody<script>"),
		"a foreign address":   f.request("redirect_uri", "https://evil.example/"),
		"a parameter too few": "/oauth/authorize",
	} {
		got := b.open(path)
		got.says(t, http.StatusBadRequest, "This link does not work")
		if strings.Contains(got.Body, "<script>") || got.Header.Get("Location") != "" {
			t.Errorf("%s: answer = %v %s", name, got.Header, got.Body)
		}
	}
}

func TestRefusal27_ClientThatWasRevoked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	f := w.flow(t)
	got, code := f.redeem(t, f.code(t)), f.code(t)
	if err := client.NewStore(w.DB("sso")).Revoke(t.Context(), w.DB("sso"), f.client.ID); err != nil {
		t.Fatal(err)
	}
	want(t, f.redeem(t, code), http.StatusUnauthorized, "invalid_client")
	want(t, f.refresh(t, got.RefreshToken), http.StatusUnauthorized, "invalid_client")
	w.tab(t).open(f.request()).says(t, http.StatusBadRequest, "This link does not work")
}

func TestFlow_PublicClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	f := w.flow(t, public, func(c *grant.Client) { c.Algorithm = auth.ES256 })
	got := f.redeem(t, f.code(t, "scope", "openid email"))
	if got.Status != http.StatusOK || f.refresh(t, got.RefreshToken).Status != http.StatusOK {
		t.Fatalf("answer = %d %s", got.Status, got.Text)
	}
	// The shop believes ES256 as well.
	if seen := w.get(t, "/till", got.AccessToken); seen.Status != http.StatusOK {
		t.Errorf("the shop answers %d %s", seen.Status, seen.Text)
	}
	info := w.get(t, "/oauth/userinfo", got.AccessToken)
	if info.Status != http.StatusOK || !strings.Contains(info.Text, `"email":"ada@example.com"`) || strings.Contains(info.Text, `"name"`) {
		t.Errorf("userinfo answers %d %s, want the e-mail and no name", info.Status, info.Text)
	}
	want(t, f.ask(t, "/oauth/introspect", url.Values{"token": {got.AccessToken}}), http.StatusUnauthorized, "invalid_client")
	if revoked := f.ask(t, "/oauth/revoke", url.Values{"token": {got.AccessToken}}); revoked.Status != http.StatusOK {
		t.Errorf("the revocation is answered %d %s", revoked.Status, revoked.Text)
	}
	want(t, w.get(t, "/oauth/userinfo", got.AccessToken), http.StatusUnauthorized, "invalid_token")
}
