package sso_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso"
)

func TestOAuth_PostOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		got := replyOf(t, w.JSON(method, "/oauth/token?grant_type=client_credentials", ""))
		if got.Status != http.StatusMethodNotAllowed || !strings.Contains(got.Header.Get("Allow"), http.MethodPost) {
			t.Errorf("%s is answered %d, Allow: %s", method, got.Status, got.Header.Get("Allow"))
		}
	}
}

// A script asks with a token in a header, and so its browser asks before.
func TestOAuth_UserInfoForScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, map[string]string{"SSO_CORS_ORIGINS": "https://app.example"})
	for origin, want := range map[string]string{"https://app.example": "https://app.example", "https://evil.example": ""} {
		got := w.JSON(http.MethodOptions, "/oauth/userinfo", "", func(r *http.Request) {
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", http.MethodGet)
			r.Header.Set("Access-Control-Request-Headers", "authorization")
		})
		if got.Status != http.StatusNoContent || got.Header.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s is answered %d, Access-Control-Allow-Origin: %q; want 204 and %q", origin, got.Status, got.Header.Get("Access-Control-Allow-Origin"), want)
		}
	}
}

func TestOAuth_ServiceToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	want(t, w.token(t, "shop", "grant_type", "client_credentials", "audience", "till"), http.StatusUnauthorized, "invalid_client")
	want(t, w.token(t, "till", "grant_type", "client_credentials", "audience", "sso"), http.StatusBadRequest, "invalid_target")
	got := w.token(t, "till", "grant_type", "client_credentials", "audience", "shop")
	if got.Scope != "shop:close" {
		t.Errorf("scope = %q, want what the shop's routes give the till: shop:close", got.Scope)
	}
	if reply := w.get(t, "/shop", got.AccessToken); reply.Status != http.StatusForbidden {
		t.Errorf("the till on its own may look: %d", reply.Status)
	}
}

func TestOAuth_ExchangeInOneProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	id := w.register(t, "ada@example.com")
	first := w.login(t, "ada@example.com", goodPass, home)
	got := w.get(t, "/till", first.AccessToken)
	if got.Status != http.StatusOK || got.Subject != id || got.Service != "till" {
		t.Fatalf("the shop sees %d %s, want the user through the till", got.Status, got.Text)
	}

	exchanged := w.token(t, "till", "grant_type", exchangeURN, "subject_token", first.AccessToken, "subject_token_type", accessURN, "audience", "shop")
	if reply := w.get(t, "/till", exchanged.AccessToken); reply.Status != http.StatusUnauthorized {
		t.Errorf("a token for the shop serves at the till: %d", reply.Status)
	}
	w.exec(t, `UPDATE sessions SET ended_at = now()`)
	ended := w.token(t, "till", "grant_type", exchangeURN, "subject_token", first.AccessToken, "subject_token_type", accessURN, "audience", "shop")
	want(t, ended, http.StatusBadRequest, "invalid_request")
}

func TestOAuth_RefreshRotates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.register(t, "ada@example.com")
	first := w.login(t, "ada@example.com", goodPass, home)
	second := w.token(t, "", "grant_type", "refresh_token", "refresh_token", first.RefreshToken)
	third := w.token(t, "", "grant_type", "refresh_token", "client_id", "slipway", "refresh_token", second.RefreshToken)
	if third.Status != http.StatusOK || w.get(t, "/shop", third.AccessToken).Status != http.StatusOK {
		t.Fatalf("answer = %d %s", third.Status, third.Text)
	}
	if got := third.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
	want(t, w.token(t, "", "grant_type", "refresh_token", "refresh_token", first.RefreshToken), http.StatusBadRequest, "invalid_grant")
	want(t, w.token(t, "", "grant_type", "refresh_token", "refresh_token", third.RefreshToken), http.StatusBadRequest, "invalid_grant")
	if !strings.Contains(w.Log(), "refresh token replayed, session ended") {
		t.Error("the log does not tell of the replay")
	}
}

func TestRefusal22_ConcurrentRedemptionOverHTTP(t *testing.T) {
	t.Parallel()
	w := newCommitted(t)
	w.register(t, "ada@example.com")
	token := w.login(t, "ada@example.com", goodPass, home).RefreshToken
	for range 5 {
		var answers [8]reply
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() { answers[i] = w.token(t, "", "grant_type", "refresh_token", "refresh_token", token) })
		}
		group.Wait()
		won := 0
		for _, got := range answers {
			if got.Status == http.StatusOK {
				won, token = won+1, got.RefreshToken
				continue
			}
			want(t, got, http.StatusBadRequest, "invalid_grant")
		}
		if won != 1 {
			t.Fatalf("%d of 8 redemptions won, want 1", won)
		}
	}
}

func TestOAuth_Discovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth/jwks"} {
		got := w.get(t, path, "")
		if got.Status != http.StatusOK || !json.Valid([]byte(got.Text)) || !strings.HasPrefix(got.Header.Get("Cache-Control"), "public") {
			t.Errorf("%s is answered %d %s", path, got.Status, got.Text)
		}
	}
}

func TestConfig_RefusesAtStart(t *testing.T) {
	t.Parallel()
	for variable, value := range map[string]string{
		"SSO_KEY_ENCRYPTION_KEY": "too short", "SSO_ACCESS_TOKEN_LIFE": "24h", "SSO_SESSION_LIFE": "1h", "SSO_KEY_LIFE": "1s",
		"SSO_REGISTRATION_LIMIT": "0", "SSO_CORS_ORIGINS": "https://app.test/",
	} {
		_, err := config.Load[sso.Config](config.New(map[string]string{variable: value}), "SSO_")
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("%s=%s: %v, want an error that names the variable", variable, value, err)
		}
		if strings.Contains(err.Error(), "too short") {
			t.Errorf("the error repeats the secret: %v", err)
		}
	}
	_, err := config.Load[sso.Config](config.New(map[string]string{"SLIPWAY_ENV": "production"}), "SSO_")
	if err == nil || !strings.Contains(err.Error(), "SSO_KEY_ENCRYPTION_KEY") {
		t.Errorf("production starts without a key-encryption key: %v", err)
	}
}

func TestOAuth_TextThatNoDatabaseTakes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	f := w.flow(t)
	for _, bad := range []string{"\x00", "\xff"} {
		want(t, w.token(t, "", "grant_type", "refresh_token", "refresh_token", "x", "client_id", bad), http.StatusBadRequest, "invalid_request")
		named := w.JSON(http.MethodPost, "/oauth/token", "grant_type=client_credentials&audience=shop", func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth(url.QueryEscape(bad), "x")
		})
		want(t, replyOf(t, named), http.StatusUnauthorized, "invalid_client")
		for _, name := range []string{"client_id", "redirect_uri", "nonce", "state"} {
			if got := w.tab(t).open(f.request(name, bad)); got.Status != http.StatusBadRequest {
				t.Errorf("%s=%q: the answer is %d, want 400", name, bad, got.Status)
			}
		}
	}
}
