package grant_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

func (w *world) logout(t *testing.T, query url.Values) visit {
	t.Helper()
	return w.visit(t, w.Logout(), "/oauth/logout", query)
}

// hint lets somebody in and returns the ID token.
func (w *world) hint(t *testing.T) string {
	t.Helper()
	return w.post(t, "web", redemption(w.code(t, authorization()))).IDToken
}

// post sends a form of ours or of another site.
func (w *world) logoutForm(t *testing.T, site string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth/logout", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", site)
	recorder := httptest.NewRecorder()
	w.Logout().ServeHTTP(recorder, r)
	return recorder
}

func TestLogout_Refuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hint := w.hint(t)
	const bye = "https://web.test/bye"
	for name, query := range map[string]url.Values{
		"a hint that is no ID token":          {"id_token_hint": {"x.y.z"}},
		"an access token as the hint":         {"id_token_hint": {w.login(t)}},
		"a hint that was changed":             {"id_token_hint": {hint[:len(hint)-4] + "AAAA"}},
		"another client than the hint's":      {"id_token_hint": {hint}, "client_id": {"app"}},
		"an address of nobody":                {"post_logout_redirect_uri": {bye}},
		"an address of another client":        {"post_logout_redirect_uri": {bye}, "client_id": {"app"}},
		"an address that is not registered":   {"post_logout_redirect_uri": {bye + "/"}, "id_token_hint": {hint}},
		"the address of a login":              {"post_logout_redirect_uri": {"https://web.test/back"}, "id_token_hint": {hint}},
		"a parameter that is repeated":        {"post_logout_redirect_uri": {bye, bye}, "id_token_hint": {hint}},
		"an address of a client that is gone": {"post_logout_redirect_uri": {bye}, "client_id": {"gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w.logout(t, query).wantPage(t, 400)
		})
	}
	t.Run("and nobody is logged out", func(t *testing.T) {
		t.Parallel()
		if len(w.sessions.closed) > 0 || !w.browser.in {
			t.Error("somebody was")
		}
	})
}

func TestLogout_AsksWhoeverGivesNoHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.browser.in = true
	query := url.Values{"client_id": {"web"}, "post_logout_redirect_uri": {"https://web.test/bye"}, "state": {"s"}}
	asked := w.logout(t, query)
	if asked.Code != http.StatusOK || !strings.Contains(asked.Body.String(), "Log out?") || !strings.Contains(asked.Body.String(), "confirmed:yes") || len(w.sessions.closed) > 0 {
		t.Fatalf("answer = %d %s, want a question", asked.Code, asked.Body)
	}

	form := with(query, "confirmed", "yes")
	if got := w.logoutForm(t, "cross-site", form); got.Code < 400 || len(w.sessions.closed) > 0 {
		t.Errorf("a yes of another site is answered %d, and logs out", got.Code)
	}
	if got := w.logout(t, form); !strings.Contains(got.Body.String(), "Log out?") || len(w.sessions.closed) > 0 {
		t.Errorf("a yes in a link is answered %d, and logs out", got.Code)
	}
	got := w.logoutForm(t, "same-origin", form)
	if got.Code != http.StatusSeeOther || got.Header().Get("Location") != "https://web.test/bye?state=s" || w.browser.in || !slices.Contains(w.sessions.closed, w.sessions.session.ID) {
		t.Errorf("answer = %d to %q, want a logout and the way back", got.Code, got.Header().Get("Location"))
	}
}

func TestLogout_AsksForTheHintOfAnotherUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hint := w.hint(t)
	w.sessions.session.User = uuid.New()
	if got := w.logout(t, url.Values{"id_token_hint": {hint}}); !strings.Contains(got.Body.String(), "Log out?") || len(w.sessions.closed) > 0 {
		t.Errorf("answer = %d %s, want a question", got.Code, got.Body)
	}
}

func TestLogout_ByHint(t *testing.T) {
	t.Parallel()
	t.Run("ends the session and leads back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		got := w.logout(t, url.Values{"id_token_hint": {w.hint(t)}, "post_logout_redirect_uri": {"https://web.test/bye"}})
		if got.Code != http.StatusSeeOther || got.Header().Get("Location") != "https://web.test/bye" || w.browser.in || !slices.Contains(w.sessions.closed, w.sessions.session.ID) {
			t.Errorf("answer = %d to %q", got.Code, got.Header().Get("Location"))
		}
	})
	t.Run("says so to whom nobody wants back", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if got := w.logout(t, url.Values{"id_token_hint": {w.hint(t)}}); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "You are logged out.") {
			t.Errorf("answer = %d %s", got.Code, got.Body)
		}
	})
	t.Run("ends the client's own session where no browser has one", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		hint := w.hint(t)
		w.browser.in = false
		w.logout(t, url.Values{"id_token_hint": {hint}})
		if !slices.Contains(w.sessions.closed, w.sessions.session.ID) {
			t.Error("it goes on")
		}
	})
	t.Run("comes by a form as by a link", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		form := url.Values{"id_token_hint": {w.hint(t)}, "state": {"a&b"}}
		got := w.logoutForm(t, "cross-site", form)
		if got.Code != http.StatusSeeOther || got.Header().Get("Location") != "/oauth/logout?"+form.Encode() || len(w.sessions.closed) > 0 {
			t.Errorf("answer = %d to %q", got.Code, got.Header().Get("Location"))
		}
	})
}
