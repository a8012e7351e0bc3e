package grant_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

// userInfo asks as who has a token of the scopes.
func (w *world) userInfo(t *testing.T, scopes ...string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	return w.userInfoFor(t, "Bearer "+w.login(t, scopes...))
}

func (w *world) userInfoFor(t *testing.T, authorization string) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/oauth/userinfo", http.NoBody)
	r.Header.Set("Authorization", authorization)
	recorder := httptest.NewRecorder()
	w.UserInfo().ServeHTTP(recorder, r)
	answer := map[string]any{}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatalf("the answer %q is no JSON", recorder.Body)
	}
	return recorder, answer
}

func TestUserInfo(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, w *world, status int, challenge string, scopes ...string) {
		t.Helper()
		got, answer := w.userInfo(t, scopes...)
		if got.Code != status || !strings.Contains(got.Header().Get("WWW-Authenticate"), challenge) || answer["sub"] != nil {
			t.Errorf("answer = %d %v %v, want %d with the challenge %s", got.Code, got.Header(), answer, status, challenge)
		}
	}
	t.Run("refuses a token without openid", func(t *testing.T) {
		t.Parallel()
		refused(t, newWorld(t), 403, "insufficient_scope", "email", "profile")
	})
	t.Run("refuses after the session", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.sessions.alive = false
		refused(t, w, 401, "invalid_token", "openid")
	})
	t.Run("refuses for a closed account", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.subjects.open = false
		refused(t, w, 401, "invalid_token", "openid")
	})
	t.Run("refuses whoever has no user's token for the edge", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		id := w.post(t, "web", redemption(w.code(t, authorization()))).IDToken
		elsewhere, through := grant.UserClaims(w.sessions.session, "cart", []string{"openid"}), grant.UserClaims(w.sessions.session, "edge", []string{"openid"})
		through.Actors = []string{"cart"}
		for name, authorization := range map[string]string{
			"nothing": "Bearer ", "another scheme": "Basic d2ViOng=", "garbage": "Bearer x.y.z", "an ID token": "Bearer " + id, "a refresh token": "Bearer the first one",
			"a token for a service": "Bearer " + w.mint(t, elsewhere), "a token through a service": "Bearer " + w.mint(t, through),
			"a service's own": "Bearer " + w.mint(t, grant.Claims{Subject: "cart", Client: "cart", Audience: "edge", Scopes: []string{"openid"}}),
		} {
			if got, answer := w.userInfoFor(t, authorization); got.Code != http.StatusUnauthorized || !strings.HasPrefix(got.Header().Get("WWW-Authenticate"), "Bearer") || answer["sub"] != nil {
				t.Errorf("%s: answer = %d %v %v", name, got.Code, got.Header(), answer)
			}
		}
	})
	t.Run("tells what the scope allows", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		changed := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
		w.subjects.profile = grant.Profile{Name: "Ada", UpdatedAt: changed, Email: "ada@example.com", Phone: "+4930123456"}
		for scope, want := range map[string]map[string]any{
			"openid":                      {},
			"openid profile":              {"name": "Ada", "updated_at": float64(changed.Unix())},
			"openid email":                {"email": "ada@example.com", "email_verified": false},
			"openid phone":                {"phone_number": "+4930123456", "phone_number_verified": true},
			"openid offline_access email": {"email": "ada@example.com", "email_verified": false},
		} {
			_, got := w.userInfo(t, strings.Fields(scope)...)
			if len(got) != len(want)+1 || got["sub"] != w.sessions.session.User.String() {
				t.Errorf("%s: %v, want sub and %v", scope, got, want)
			}
			for name, value := range want {
				if got[name] != value {
					t.Errorf("%s: %s = %v, want %v", scope, name, got[name], value)
				}
			}
		}
	})
	t.Run("tells nothing of what there is not", func(t *testing.T) {
		t.Parallel()
		if _, got := newWorld(t).userInfo(t, "openid", "email", "phone"); len(got) != 1 {
			t.Errorf("answer = %v, want sub alone", got)
		}
	})
}
