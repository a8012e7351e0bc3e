package judges_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// A goClient is an application by coreos/go-oidc and golang.org/x/oauth2.
type goClient struct {
	application
	provider *oidc.Provider
	oauth2   oauth2.Config
	verifier string // of PKCE
	nonce    string
}

func (s *shop) goClient(t *testing.T, r registration) *goClient {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), s.url)
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	a := s.application(t, r)
	return &goClient{
		application: a, provider: provider, verifier: oauth2.GenerateVerifier(), nonce: unique("nonce"),
		oauth2: oauth2.Config{
			ClientID: a.id, ClientSecret: a.secret, Endpoint: provider.Endpoint(), RedirectURL: a.callback,
			Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
		},
	}
}

// letIn sends the person to the shop and exchanges the code that they come back with.
func (c *goClient) letIn(t *testing.T, p *person) *oauth2.Token {
	t.Helper()
	return c.exchange(t, c.code(t, p))
}

// letInAgain is letIn where the person has logged in.
func (c *goClient) letInAgain(t *testing.T, p *person) *oauth2.Token {
	t.Helper()
	return c.exchange(t, p.open(c.authorization()).at.Query().Get("code"))
}

func (c *goClient) exchange(t *testing.T, code string) *oauth2.Token {
	t.Helper()
	token, err := c.oauth2.Exchange(t.Context(), code, oauth2.VerifierOption(c.verifier))
	if err != nil {
		t.Fatalf("exchange the code: %v", err)
	}
	return token
}

// refresh gets the next tokens.
func (c *goClient) refresh(t *testing.T, token *oauth2.Token) (*oauth2.Token, error) {
	t.Helper()
	return c.oauth2.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
}

// authorization is where the application sends a browser.
func (c *goClient) authorization() string {
	return c.oauth2.AuthCodeURL("the state", oidc.Nonce(c.nonce), oauth2.S256ChallengeOption(c.verifier))
}

func (c *goClient) code(t *testing.T, p *person) string {
	t.Helper()
	answer := p.logInFor(c.authorization())
	if answer.Get("state") != "the state" || answer.Get("code") == "" {
		t.Fatalf("the application is told %v, want its state and a code", answer)
	}
	return answer.Get("code")
}

func rawIDToken(t *testing.T, token *oauth2.Token) string {
	t.Helper()
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		t.Fatal("there is no ID token beside the access token")
	}
	return raw
}

// idToken has the application verify the ID token.
func (c *goClient) idToken(t *testing.T, token *oauth2.Token) *oidc.IDToken {
	t.Helper()
	id, err := c.verify(t, rawIDToken(t, token))
	if err != nil {
		t.Fatalf("verify the ID token: %v", err)
	}
	return id
}

// verify lets change make another verifier than that of an application as it should be.
func (c *goClient) verify(t *testing.T, raw string, change ...func(*oidc.Config)) (*oidc.IDToken, error) {
	t.Helper()
	cfg := &oidc.Config{ClientID: c.id}
	for _, f := range change {
		f(cfg)
	}
	return c.provider.VerifierContext(t.Context(), cfg).Verify(t.Context(), raw)
}

func TestGoOIDC_LetsSomebodyIn(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	for name, how := range map[string]registration{
		"with EdDSA":               {},
		"with ES256":               {algorithm: oidc.ES256},
		"as an app without secret": {public: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, c := shop.person(t), shop.goClient(t, how)
			before := time.Now().Add(-time.Second)
			token := c.letIn(t, p)
			id := c.idToken(t, token)
			var claims struct {
				AuthTime int64    `json:"auth_time"`
				Session  string   `json:"sid"`
				Methods  []string `json:"amr"`
			}
			if err := id.Claims(&claims); err != nil {
				t.Fatal(err)
			}
			if id.Subject != p.id || id.Nonce != c.nonce || id.Issuer != shop.url || time.Unix(claims.AuthTime, 0).Before(before.Truncate(time.Second)) || claims.Session == "" || strings.Join(claims.Methods, " ") != "pwd" {
				t.Errorf("the ID token says %+v and %+v, want it to be of %s", id, claims, p.id)
			}
			if err := id.VerifyAccessToken(token.AccessToken); err != nil {
				t.Errorf("at_hash: %v", err)
			}
			if err := id.VerifyAccessToken(token.AccessToken + "x"); err == nil {
				t.Error("at_hash fits another access token, so it proves nothing")
			}
		})
	}
}

func TestGoOIDC_SignsByTheAlgorithmOfTheApplication(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	for algorithm, other := range map[string]string{oidc.EdDSA: oidc.ES256, oidc.ES256: oidc.EdDSA} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			c := shop.goClient(t, registration{algorithm: algorithm})
			raw := rawIDToken(t, c.letIn(t, shop.person(t)))
			verify := func(algorithm string) error {
				return second(c.verify(t, raw, func(cfg *oidc.Config) { cfg.SupportedSigningAlgs = []string{algorithm} }))
			}
			if err := verify(algorithm); err != nil {
				t.Errorf("a verifier of %s alone: %v", algorithm, err)
			}
			if err := verify(other); err == nil {
				t.Errorf("a verifier of %s alone believes it too", other)
			}
		})
	}
}

func TestGoOIDC_RefreshesAndOpensTheShop(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, c := shop.person(t), shop.goClient(t, registration{})
	first := c.letIn(t, p)
	second, err := c.refresh(t, first)
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	if second.RefreshToken == first.RefreshToken || second.AccessToken == first.AccessToken {
		t.Error("the refresh brings the same tokens, want new ones")
	}
	if id := c.idToken(t, second); id.Subject != p.id || id.Nonce != "" {
		t.Errorf("the next ID token says %+v, want the same person and no nonce", id)
	}
	if got := shop.receipts(t, c.oauth2.Client(t.Context(), second)); got != http.StatusOK {
		t.Errorf("receipts are answered %d, want 200", got)
	}
	if got := shop.receipts(t, http.DefaultClient); got != http.StatusUnauthorized {
		t.Errorf("without a token receipts are answered %d, want 401", got)
	}
}

func TestGoOIDC_TellsTheApplicationWhoItIs(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, c := shop.person(t), shop.goClient(t, registration{})
	token := c.letIn(t, p)
	who, err := c.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil || who.Subject != p.id || who.Email != p.email || who.EmailVerified {
		t.Errorf("userinfo tells %+v (%v), want %s with an e-mail that is not confirmed", who, err, p.id)
	}
	var more struct{ Name string }
	if err := who.Claims(&more); err != nil || more.Name != "Ada Lovelace" {
		t.Errorf("the name is %q (%v)", more.Name, err)
	}

	c.oauth2.Scopes = []string{oidc.ScopeOpenID}
	less, err := c.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(c.letInAgain(t, p)))
	if err != nil || less.Subject != p.id || less.Email != "" {
		t.Errorf("without the scope email userinfo tells %+v (%v), want the subject alone", less, err)
	}
	stolen := &oauth2.Token{AccessToken: rawIDToken(t, token)}
	wantRefusal(t, "an ID token in place of the access token", second(c.provider.UserInfo(t.Context(), oauth2.StaticTokenSource(stolen))), "401")
}

// An app on somebody's own machine listens on whatever port is free (RFC 8252, 7.3).
func TestGoOIDC_LetsAnAppListenOnAnyPort(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, c := shop.person(t), shop.goClient(t, registration{public: true, callback: "http://127.0.0.1/callback"})
	c.oauth2.RedirectURL = website(t) + "/callback"
	if id := c.idToken(t, c.letIn(t, p)); id.Subject != p.id {
		t.Errorf("the app lets %s in, want %s", id.Subject, p.id)
	}
	for what, elsewhere := range map[string]string{"another path": website(t) + "/", "another host": "http://localhost:1234/callback"} {
		c.oauth2.RedirectURL = elsewhere
		if got := p.open(c.authorization()); got.at.Host != strings.TrimPrefix(shop.url, "http://") || got.status != http.StatusBadRequest {
			t.Errorf("%s: the browser is at %s with %d, want the shop's page that refuses", what, got.at, got.status)
		}
	}
}

// receipts asks a module for what takes a permission, and returns the status.
func (s *shop) receipts(t *testing.T, as *http.Client) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.url+"/receipts", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := as.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func TestGoOIDC_GivesAServiceATokenForItsNeighbour(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	provider, err := oidc.NewProvider(t.Context(), shop.url)
	if err != nil {
		t.Fatal(err)
	}
	for name, style := range map[string]oauth2.AuthStyle{"by header": oauth2.AuthStyleInHeader, "by form": oauth2.AuthStyleInParams} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			login := clientcredentials.Config{
				ClientID: "cart", ClientSecret: cartSecret, TokenURL: provider.Endpoint().TokenURL, AuthStyle: style,
				EndpointParams: map[string][]string{"audience": {"catalog"}},
			}
			token, err := login.Token(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, err := provider.VerifierContext(t.Context(), &oidc.Config{ClientID: "catalog"}).Verify(t.Context(), token.AccessToken)
			if err != nil || got.Subject != "cart" {
				t.Errorf("the token is of %+v (%v), want cart at catalog", got, err)
			}
			login.ClientSecret += "x"
			wantRefusal(t, "a wrong secret", second(login.Token(t.Context())), "invalid_client")
		})
	}
}

func second[T any](_ T, err error) error { return err }

// wantRefusal fails the test unless the shop has refused, and named why.
func wantRefusal(t *testing.T, what string, err error, code string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), code) {
		t.Errorf("%s: %v, want a refusal with %q", what, err, code)
	}
}

func TestGoOIDC_RefusesWhatIsNotForTheApplication(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, c := shop.person(t), shop.goClient(t, registration{})
	token := c.letIn(t, p)
	raw := rawIDToken(t, token)
	if _, err := c.verify(t, raw); err != nil {
		t.Fatalf("the ID token as it is: %v", err)
	}
	other := shop.application(t, registration{})
	wantRefusal(t, "the ID token of another application", second(c.verify(t, raw, func(cfg *oidc.Config) { cfg.ClientID = other.id })), "audience")
	wantRefusal(t, "an expired one", second(c.verify(t, raw, func(cfg *oidc.Config) { cfg.Now = inAnHour })), "expired")
	wantRefusal(t, "an access token in its place", second(c.verify(t, token.AccessToken)), "audience")
	wantRefusal(t, "a changed one", second(c.verify(t, changed(raw))), "verify")
}

func inAnHour() time.Time { return time.Now().Add(time.Hour) }

// go-oidc leaves the nonce to the application.
func TestGoOIDC_TellsOneAttemptFromAnotherByTheNonce(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, c := shop.person(t), shop.goClient(t, registration{})
	first, nonce := c.idToken(t, c.letIn(t, p)), c.nonce
	c.nonce = unique("nonce")
	p = shop.browserOf(t, p.id, p.email)
	next := c.idToken(t, c.letIn(t, p))
	if first.Nonce != nonce || next.Nonce != c.nonce || nonce == c.nonce {
		t.Errorf("the ID tokens have %q and %q, want %q and %q", first.Nonce, next.Nonce, nonce, c.nonce)
	}
}

// changed returns the token with other claims under its signature.
func changed(raw string) string {
	parts := strings.Split(raw, ".")
	parts[1] = parts[1][:len(parts[1])-4] + "AAAA"
	return strings.Join(parts, ".")
}

func TestGoOIDC_IsRefusedACodeThatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	c := shop.goClient(t, registration{})
	exchange := func(as oauth2.Config, code, verifier string) error {
		return second(as.Exchange(t.Context(), code, oauth2.VerifierOption(verifier)))
	}
	wantRefusal(t, "another verifier", exchange(c.oauth2, c.code(t, shop.person(t)), oauth2.GenerateVerifier()), "invalid_grant")

	thief := shop.goClient(t, registration{callback: c.callback})
	wantRefusal(t, "another application", exchange(thief.oauth2, c.code(t, shop.person(t)), c.verifier), "invalid_grant")

	elsewhere := c.oauth2
	elsewhere.RedirectURL += "/"
	wantRefusal(t, "another address", exchange(elsewhere, c.code(t, shop.person(t)), c.verifier), "invalid_grant")

	code := c.code(t, shop.person(t))
	token, err := c.oauth2.Exchange(t.Context(), code, oauth2.VerifierOption(c.verifier))
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, "a code again", exchange(c.oauth2, code, c.verifier), "invalid_grant")
	wantRefusal(t, "the refresh token of the code that came again", second(c.refresh(t, token)), "invalid_grant")
}
