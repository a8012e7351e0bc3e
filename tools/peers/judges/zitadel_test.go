package judges_test

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/client/rs"
	zitadelhttp "github.com/zitadel/oidc/v3/pkg/http"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
)

// A relyingParty is a website that lets people in by zitadel's handlers.
type relyingParty struct {
	application
	rp.RelyingParty
	site   string
	tokens chan *zitadel.Tokens[*zitadel.IDTokenClaims] // of whoever was let in
}

func (s *shop) relyingParty(t *testing.T, algorithm string) *relyingParty {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	r := &relyingParty{site: server.URL, tokens: make(chan *zitadel.Tokens[*zitadel.IDTokenClaims], 1)}
	r.application = s.application(t, registration{algorithm: algorithm, callback: server.URL + "/callback"})
	cookies := zitadelhttp.NewCookieHandler([]byte(rand.Text() + rand.Text())[:32], []byte(rand.Text() + rand.Text())[:32], zitadelhttp.WithUnsecure())
	var err error
	r.RelyingParty, err = rp.NewRelyingPartyOIDC(t.Context(), s.url, r.id, r.secret, r.callback,
		[]string{"openid", "profile", "email", "offline_access"},
		rp.WithCookieHandler(cookies), rp.WithPKCEFromDiscovery(cookies), rp.WithSigningAlgsFromDiscovery())
	if err != nil {
		t.Fatalf("discovery: %v", err)
	}
	mux.Handle("/login", rp.AuthURLHandler(rand.Text, r))
	mux.Handle("/callback", rp.CodeExchangeHandler(rp.UserinfoCallback(r.welcome), r))
	mux.HandleFunc("/goodbye", func(http.ResponseWriter, *http.Request) {})
	return r
}

// welcome shows whom the shop has told of.
func (r *relyingParty) welcome(w http.ResponseWriter, _ *http.Request, tokens *zitadel.Tokens[*zitadel.IDTokenClaims], _ string, _ rp.RelyingParty, info *zitadel.UserInfo) {
	r.tokens <- tokens
	_ = json.NewEncoder(w).Encode(info) // the browser may be gone
}

func TestZitadel_LetsSomebodyInAndOut(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	for _, algorithm := range []string{"EdDSA", "ES256"} {
		t.Run(algorithm, func(t *testing.T) {
			t.Parallel()
			p, r := shop.person(t), shop.relyingParty(t, algorithm)
			if !r.IsPKCE() {
				t.Fatal("discovery does not lead to PKCE")
			}
			p.open(r.site + "/login")
			var info zitadel.UserInfo
			if got := p.logIn(); json.Unmarshal([]byte(got.body), &info) != nil {
				t.Fatalf("the website answers %d %s", got.status, got.body)
			}
			tokens := <-r.tokens
			if info.Subject != p.id || info.Email != p.email || info.Name != "Ada Lovelace" || tokens.IDTokenClaims.Subject != p.id {
				t.Errorf("the website knows %+v and %+v, want %s", info, tokens.IDTokenClaims, p.id)
			}
			next, err := rp.RefreshTokens[*zitadel.IDTokenClaims](t.Context(), r, tokens.RefreshToken, "", "")
			if err != nil || next.IDTokenClaims.Subject != p.id {
				t.Fatalf("the refresh brings %+v (%v), want tokens of %s", next, err, p.id)
			}

			// The relying party asks by itself, and sends the browser where it is told.
			to, err := rp.EndSession(t.Context(), r, next.IDToken, r.goodbye, "bye", "", nil)
			if err != nil {
				t.Fatalf("end the session: %v", err)
			}
			if bye := p.open(to.String()); bye.at.String() != r.goodbye+"?state=bye" {
				t.Errorf("after the logout the browser is at %s, want %s with the state\n%s", bye.at, r.goodbye, bye.body)
			}
			_, err = rp.RefreshTokens[*zitadel.IDTokenClaims](t.Context(), r, next.RefreshToken, "", "")
			wantRefusal(t, "a refresh after the logout", err, "invalid_grant")
			if again := p.open(r.site + "/login"); again.at.Path != "/sso/login" {
				t.Errorf("after the logout the browser is let through to %s", again.at)
			}
		})
	}
}

func TestZitadel_RefusesAnAnswerThatThisBrowserHasNotAskedFor(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, victim, r := shop.person(t), shop.person(t), shop.relyingParty(t, "EdDSA")
	p.http.CheckRedirect = func(to *http.Request, _ []*http.Request) error {
		if to.URL.Path == "/callback" {
			return http.ErrUseLastResponse
		}
		return nil
	}
	p.open(r.site + "/login")
	back := p.logIn().to
	if got := victim.open(back); got.status != http.StatusUnauthorized {
		t.Errorf("the victim is answered %d %s, want 401", got.status, got.body)
	}
	p.http.CheckRedirect = nil
	if got := p.open(back); got.status != http.StatusOK {
		t.Errorf("who has asked is answered %d %s, want 200", got.status, got.body)
	}
}

func TestZitadel_ResourceServerLooksIntoTokens(t *testing.T) {
	t.Parallel()
	shop := openShop(t)
	p, r := shop.person(t), shop.relyingParty(t, "EdDSA")
	p.open(r.site + "/login")
	p.logIn()
	tokens := <-r.tokens
	service, err := rs.NewResourceServerClientCredentials(t.Context(), shop.url, "cart", cartSecret)
	if err != nil {
		t.Fatal(err)
	}
	look := func(token string) *zitadel.IntrospectionResponse {
		t.Helper()
		got, err := rs.Introspect[*zitadel.IntrospectionResponse](t.Context(), service, token)
		if err != nil {
			t.Fatalf("introspect: %v", err)
		}
		return got
	}
	got := look(tokens.AccessToken)
	if !got.Active || got.Subject != p.id || got.ClientID != r.id || got.Issuer != shop.url || !slices.Contains(got.Scope, "cart:write") || got.Expiration.AsTime().Before(got.IssuedAt.AsTime()) {
		t.Errorf("the token is %+v, want it to be good and of %s by %s", got, p.id, r.id)
	}
	for what, token := range map[string]string{
		"an ID token": tokens.IDToken, "another's refresh token": tokens.RefreshToken, "a changed token": changed(tokens.AccessToken), "a word": "word",
	} {
		if got := look(token); got.Active || got.Subject != "" {
			t.Errorf("%s is %+v, want it to be inactive and nothing more", what, got)
		}
	}
	if err := rp.RevokeToken(t.Context(), r, tokens.AccessToken, "access_token"); err != nil {
		t.Fatalf("revoke: %v", err)
	}
	if got := look(tokens.AccessToken); got.Active {
		t.Error("the token is good after it was revoked")
	}

	stranger, err := rs.NewResourceServerClientCredentials(t.Context(), shop.url, "cart", "not the secret")
	if err != nil {
		t.Fatal(err)
	}
	_, err = rs.Introspect[*zitadel.IntrospectionResponse](t.Context(), stranger, tokens.AccessToken)
	wantRefusal(t, "a look with a wrong secret", err, "invalid_client")
}
