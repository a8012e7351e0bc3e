package grant_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

func get(t *testing.T, h http.Handler, change ...func(*http.Request)) (map[string]any, http.Header) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for _, c := range change {
		c(r)
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	document := map[string]any{}
	if err := json.Unmarshal(recorder.Body.Bytes(), &document); err != nil || recorder.Code != http.StatusOK {
		t.Fatalf("answer = %d %s, %v", recorder.Code, recorder.Body, err)
	}
	return document, recorder.Header()
}

func TestDiscovery_ListsOnlyWhatIsServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, h := range map[string]http.Handler{"OpenID": w.OpenIDConfiguration(), "RFC 8414": w.AuthorizationServer()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, _ := get(t, h)
			if got["issuer"] != issuer || got["authorization_endpoint"] != issuer+"/oauth/authorize" || got["token_endpoint"] != issuer+"/oauth/token" || got["jwks_uri"] != issuer+"/oauth/jwks" {
				t.Errorf("document = %v", got)
			}
			for _, absent := range []string{"registration_endpoint", "pushed_authorization_request_endpoint", "device_authorization_endpoint", "check_session_iframe"} {
				if _, listed := got[absent]; listed {
					t.Errorf("%s is listed and not served", absent)
				}
			}
			grants, _ := got["grant_types_supported"].([]any)
			if want := []any{grant.AuthorizationCode, grant.ClientCredentials, grant.RefreshToken, grant.TokenExchange}; !slices.Equal(grants, want) {
				t.Errorf("grants = %v, want %v", grants, want)
			}
		})
	}
}

func TestJWKS_HasPublicKeysOnly(t *testing.T) {
	t.Parallel()
	got, header := get(t, newWorld(t).JWKS())
	keys, _ := got["keys"].([]any)
	if len(keys) != 2 {
		t.Fatalf("key set = %v", got)
	}
	key, _ := keys[0].(map[string]any)
	if key["kty"] != "OKP" || key["crv"] != "Ed25519" || key["use"] != "sig" || key["alg"] != "EdDSA" || key["kid"] == "" || key["d"] != nil {
		t.Errorf("key = %v", key)
	}
	if got := header.Get("Cache-Control"); got != "public, max-age=300" {
		t.Errorf("Cache-Control = %q", got)
	}
}

func TestCORS_IsAnAllowList(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for origin, want := range map[string]string{
		"https://app.test": "https://app.test", "https://evil.test": "", "null": "", "https://app.test.evil.test": "", "https://APP.test": "", "": "",
	} {
		for _, h := range []http.Handler{w.JWKS(), w.OpenIDConfiguration(), w.AuthorizationServer()} {
			_, got := get(t, h, header("Origin", origin))
			if got.Get("Access-Control-Allow-Origin") != want || got.Get("Access-Control-Allow-Credentials") != "" || got.Get("Vary") != "Origin" {
				t.Errorf("to %q: headers = %v, want %q to be allowed, without credentials", origin, got, want)
			}
		}
		if got := w.post(t, "", refresh("x"), header("Origin", origin)); got.Header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("the token endpoint allows %q to %q", got.Header.Get("Access-Control-Allow-Origin"), origin)
		}
	}
}

func TestCORS_Preflight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for origin, allowed := range map[string]bool{"https://app.test": true, "https://evil.test": false, "": false} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodOptions, "/oauth/userinfo", http.NoBody)
		r.Header = http.Header{"Origin": {origin}, "Access-Control-Request-Method": {"GET"}, "Access-Control-Request-Headers": {"authorization"}}
		recorder := httptest.NewRecorder()
		w.UserInfoPreflight().ServeHTTP(recorder, r)
		got := recorder.Header()
		if recorder.Code != http.StatusNoContent || got.Get("Vary") != "Origin" || got.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("to %q: answer = %d %v", origin, recorder.Code, got)
		}
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Authorization",
		} {
			if !allowed {
				want = ""
			}
			if got.Get(name) != want {
				t.Errorf("to %q: %s = %q, want %q", origin, name, got.Get(name), want)
			}
		}
	}
}

func TestMinter_Mint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.login(t, "cart:read", "cart:write")
	head, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
	if err != nil || string(head) != `{"alg":"EdDSA","kid":"k1","typ":"at+jwt"}` {
		t.Errorf("header = %s, %v", head, err)
	}
	claims := claimsOf(t, token)
	for _, name := range []string{"iss", "sub", "aud", "client_id", "sid", "jti", "auth_time", "scope", "iat", "exp"} {
		if claims[name] == nil {
			t.Errorf("the claim %s is missing", name)
		}
	}
	if claims["client_id"] != "slipway" || claims["aud"] != "edge" || claims["scope"] != "cart:read cart:write" || claims["act"] != nil {
		t.Errorf("claims = %v", claims)
	}
	if other := claimsOf(t, w.login(t)); other["jti"] == claims["jti"] {
		t.Error("two tokens have one jti")
	}
}
