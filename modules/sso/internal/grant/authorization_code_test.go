package grant_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
)

// code lets somebody in who has logged in.
func (w *world) code(t *testing.T, query url.Values) string {
	t.Helper()
	w.browser.in = true
	v := w.authorize(t, query)
	if !v.answer.Has("code") {
		t.Fatalf("answer = %d %v, want a code", v.Code, v.answer)
	}
	return v.answer.Get("code")
}

func redemption(code string, pairs ...string) url.Values {
	return with(url.Values{
		"grant_type": {grant.AuthorizationCode}, "code": {code}, "redirect_uri": {"https://web.test/back"}, "code_verifier": {verifier},
	}, pairs...)
}

func TestRefusal21_CodeReplayIsToldApart(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{session.ErrCodeUnknown, session.ErrCodeReplayed, session.ErrOver} {
		w := newWorld(t)
		code := w.code(t, authorization())
		w.sessions.err = refusal
		got := w.post(t, "web", redemption(code))
		got.wantRefusal(t, 400, "invalid_grant")
		if got.Description != strings.ReplaceAll(refusal.Error(), "ä", "?") {
			t.Errorf("the refusal says %q, want %q", got.Description, refusal)
		}
	}
}

func TestToken_CodeOfAnotherClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(t, authorization())
	w.post(t, "", with(redemption(code), "client_id", "app")).wantRefusal(t, 400, "invalid_grant")
	w.post(t, "", with(redemption(code), "client_id", "web")).wantRefusal(t, 401, "invalid_client") // it has a secret
	w.post(t, "cart", redemption(code)).wantRefusal(t, 400, "unauthorized_client")
	w.post(t, "web", redemption("")).wantRefusal(t, 400, "invalid_request")
	w.post(t, "web", redemption("code 77")).wantRefusal(t, 400, "invalid_grant")
}

func TestToken_CodeOfAClosedAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code := w.code(t, authorization())
	w.subjects.open = false
	w.post(t, "web", redemption(code)).wantRefusal(t, 400, "invalid_grant")
}

func TestToken_CodeForTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.post(t, "web", redemption(w.code(t, authorization("scope", "openid email"))))
	if got.Status != 200 || got.RefreshToken != "the first one" || got.TokenType != "Bearer" || got.ExpiresIn != 300 {
		t.Fatalf("answer = %+v", got)
	}
	// crm:admin is the client's, and not the user's.
	if got.Scope != "email openid cart:read cart:write" {
		t.Errorf("scope = %q", got.Scope)
	}
	p, err := w.verifier.Verify(t.Context(), got.AccessToken)
	if err != nil || p.Subject != w.sessions.session.User.String() || p.ClientID != "web" || p.Audience[0] != "edge" {
		t.Errorf("the token speaks for %+v, %v", p, err)
	}
	if w.sessions.codes[0].Parent != w.sessions.session.ID {
		t.Error("the code is not of the browser's session")
	}
}

func TestToken_CodeOfAClientWithoutRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	query := authorization("client_id", "app", "redirect_uri", "com.example.app:/back", "scope", "cart:read")
	got := w.post(t, "", with(redemption(w.code(t, query), "redirect_uri", "com.example.app:/back"), "client_id", "app"))
	if got.Status != 200 || got.RefreshToken != "" || got.IDToken != "" || got.Scope != "cart:read" {
		t.Errorf("answer = %+v, want an access token for cart:read and nothing else", got)
	}
}

func TestToken_ScopesOfAClient(t *testing.T) {
	t.Parallel()
	for asked, want := range map[string]string{
		"openid":                  "openid cart:read cart:write",
		"":                        "cart:read cart:write",
		"openid cart:write":       "openid cart:write",
		"cart:read crm:admin":     "cart:read", // what the user lacks
		"profile profile openid":  "openid profile cart:read cart:write",
		"cart:write   cart:read ": "cart:read cart:write",
	} {
		w := newWorld(t)
		if got := w.post(t, "web", redemption(w.code(t, authorization("scope", asked)))); got.Status != 200 || got.Scope != want {
			t.Errorf("asked for %q: scope = %q (%d %s), want %q", asked, got.Scope, got.Status, got.Description, want)
		}
	}
	t.Run("end with the user's permissions", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		code := w.code(t, authorization("scope", "openid cart:read"))
		w.subjects.permissions = nil
		if got := w.post(t, "web", redemption(code)); got.Scope != "openid" {
			t.Errorf("scope = %q, want openid", got.Scope)
		}
	})
}

// An ID token is checked here as a client would, by another library than ours.
func TestToken_IDToken(t *testing.T) {
	t.Parallel()
	for client, algorithm := range map[string]jose.SignatureAlgorithm{"web": jose.ES256, "app": jose.EdDSA} {
		t.Run(string(algorithm), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			uri := map[string]string{"web": "https://web.test/back", "app": "https://app.test/back"}[client]
			code := w.code(t, authorization("client_id", client, "redirect_uri", uri))
			sender := map[string]string{"web": "web"}[client]
			got := w.post(t, sender, redemption(code, "redirect_uri", uri, "client_id", client))
			if got.Status != 200 {
				t.Fatalf("answer = %+v", got)
			}
			for typ, token := range map[string]string{"JWT": got.IDToken, "at+jwt": got.AccessToken} {
				parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{algorithm})
				if err != nil || parsed.Signatures[0].Header.ExtraHeaders[jose.HeaderType] != typ {
					t.Fatalf("header = %+v, %v, want %s", parsed, err, typ)
				}
			}
			claims := claimsOf(t, got.IDToken)
			s := w.sessions.session
			for name, want := range map[string]any{
				"iss": issuer, "sub": s.User.String(), "aud": client, "nonce": "a nonce", "sid": s.ID.String(), "auth_time": float64(s.AuthTime.Unix()),
				"at_hash": halfHash(algorithm, got.AccessToken),
			} {
				if claims[name] != want {
					t.Errorf("%s = %v, want %v", name, claims[name], want)
				}
			}
			if claims["exp"].(float64) <= claims["iat"].(float64) || claims["email"] != nil { //nolint:forcetypeassert // a test
				t.Errorf("claims = %v", claims)
			}
			if _, err := w.verifier.Verify(t.Context(), got.IDToken); err == nil {
				t.Error("the ID token serves as an access token")
			}
		})
	}
}

func halfHash(algorithm jose.SignatureAlgorithm, token string) string {
	if algorithm == jose.ES256 {
		sum := sha256.Sum256([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	sum := sha512.Sum512([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:32])
}

func TestToken_SaysHowSomebodyLoggedIn(t *testing.T) {
	t.Parallel()
	for method, want := range map[session.Method][]any{
		session.Password: {"pwd"}, session.Code: {"otp"}, session.Passkey: {"pop", "user"}, session.Social: nil,
	} {
		w := newWorld(t)
		w.sessions.session.Method = method
		got := w.post(t, "web", redemption(w.code(t, authorization())))
		if amr, _ := claimsOf(t, got.IDToken)["amr"].([]any); !slices.Equal(amr, want) {
			t.Errorf("%s: amr = %v, want %v", method, amr, want)
		}
	}
}

func TestToken_RefreshOfAClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.sessions.session.Client, w.sessions.session.Scope = "web", []string{"openid", "cart:read"}
	got := w.post(t, "web", refresh("x"))
	if got.Status != 200 || got.Scope != "openid cart:read" || claimsOf(t, got.IDToken)["nonce"] != nil {
		t.Errorf("answer = %+v, want the scope that was granted, and no nonce", got)
	}
	w.post(t, "web", with(refresh("x"), "scope", "cart:read cart:write")).wantRefusal(t, 400, "invalid_scope")
	if less := w.post(t, "web", with(refresh("x"), "scope", "cart:read")); less.Scope != "cart:read" || less.IDToken != "" {
		t.Errorf("answer = %+v, want less on demand", less)
	}
}

func TestToken_ExchangeOfABrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	form := func(pairs ...string) url.Values {
		return with(url.Values{
			"grant_type": {grant.TokenExchange}, "client_id": {"slipway"}, "subject_token": {"the cookie"}, "subject_token_type": {grant.TypeBrowser},
		}, pairs...)
	}
	w.post(t, "", form("subject_token", "")).wantRefusal(t, 400, "invalid_request")
	w.post(t, "", form("subject_token_type", "")).wantRefusal(t, 400, "invalid_request")
	w.post(t, "", form("subject_token", w.login(t), "subject_token_type", accessToken)).wantRefusal(t, 400, "invalid_request")
	w.post(t, "", form("audience", "cart")).wantRefusal(t, 400, "invalid_target")
	w.post(t, "", form("subject_token", "another")).wantRefusal(t, 400, "invalid_request")
	w.post(t, "acquiring", with(form("audience", "cart"), "client_id", "")).wantRefusal(t, 400, "invalid_request")
	w.post(t, "", form("client_id", "app")).wantRefusal(t, 400, "unauthorized_client")

	got := w.post(t, "", form("audience", "edge"))
	p, err := w.verifier.Verify(t.Context(), got.AccessToken)
	if err != nil || p.SessionID != w.sessions.session.ID.String() || p.Audience[0] != "edge" || got.IssuedTokenType != accessToken || got.RefreshToken != "" {
		t.Errorf("answer = %+v, for %+v, %v", got, p, err)
	}
	w.sessions.alive = false
	w.post(t, "", form()).wantRefusal(t, 400, "invalid_request")
}
