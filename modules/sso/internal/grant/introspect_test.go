package grant_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

// ask sends a form to an endpoint for clients and returns what it answers.
func (w *world) ask(t *testing.T, h http.Handler, client string, form url.Values) (int, map[string]any, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if client != "" {
		r.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(secretOf(client)))
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	if got := recorder.Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
	answer := map[string]any{}
	if recorder.Body.Len() > 0 {
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
			t.Fatalf("the answer %q is no JSON", recorder.Body)
		}
	}
	return recorder.Code, answer, recorder.Body.String()
}

func (w *world) introspect(t *testing.T, client, token string) map[string]any {
	t.Helper()
	status, answer, _ := w.ask(t, w.Introspect(), client, url.Values{"token": {token}})
	if status != http.StatusOK {
		t.Fatalf("answer = %d %v", status, answer)
	}
	return answer
}

func (w *world) tokenOf(t *testing.T, client, audience string) string {
	t.Helper()
	c := grant.UserClaims(w.sessions.session, audience, []string{"cart:read"})
	c.Client = client
	return w.mint(t, c)
}

func TestIntrospect_SaysNothingOfWhatIsNotGood(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expired := grant.UserClaims(w.sessions.session, "cart", nil)
	expired.NotAfter = time.Now().Add(-time.Minute)
	stranger := grant.UserClaims(w.sessions.session, "cart", nil)
	stranger.Session = uuid.NewString()
	id := w.post(t, "web", redemption(w.code(t, authorization()))).IDToken
	for name, token := range map[string]string{
		"garbage": "x.y.z", "a token that was changed": w.tokenOf(t, "web", "cart") + "x", "an expired token": w.mint(t, expired),
		"a token of a session that nobody knows": w.mint(t, stranger), "a token for another service": w.tokenOf(t, "web", "catalog"),
		"an ID token": id, "a refresh token of another client": "the first one",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, text := w.ask(t, w.Introspect(), "cart", url.Values{"token": {token}})
			if text != `{"active":false}` {
				t.Errorf("the answer is %s", text)
			}
		})
	}
}

func TestIntrospect_IsForClientsThatProveWhoTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokenOf(t, "app", "cart")
	for name, form := range map[string]url.Values{
		"nobody": {"token": {token}}, "a public client": {"token": {token}, "client_id": {"app"}}, "a wrong secret": {"token": {token}, "client_id": {"cart"}, "client_secret": {"wrong"}},
		"the product's own": {"token": {token}, "client_id": {"slipway"}},
	} {
		status, answer, _ := w.ask(t, w.Introspect(), "", form)
		if status != http.StatusUnauthorized || answer["error"] != "invalid_client" || answer["active"] != nil {
			t.Errorf("%s is answered %d %v", name, status, answer)
		}
	}
	for name, form := range map[string]url.Values{"no token": {}, "two tokens": {"token": {token, token}}} {
		if status, answer, _ := w.ask(t, w.Introspect(), "cart", form); status != http.StatusBadRequest || answer["error"] != "invalid_request" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
}

func TestIntrospect_TellsWhatATokenIsWorth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, c := range map[string]struct{ asking, client, audience string }{
		"to whom it is addressed":                   {"cart", "web", "cart"},
		"to a service, of one for the edge":         {"acquiring", "web", "edge"},
		"to the client that it was issued to":       {"web", "web", "edge"},
		"to the client, however often, as RFC 7662": {"web", "web", "edge"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := w.introspect(t, c.asking, w.tokenOf(t, c.client, c.audience))
			if got["active"] != true || got["sub"] != w.sessions.session.User.String() || got["client_id"] != c.client || got["scope"] != "cart:read" ||
				got["token_type"] != "Bearer" || got["iss"] != issuer || got["exp"] == nil || got["iat"] == nil || got["jti"] == nil || got["sid"] != w.sessions.session.ID.String() {
				t.Errorf("answer = %v", got)
			}
		})
	}
	t.Run("not to a client, of another's for the edge", func(t *testing.T) {
		t.Parallel()
		if got := w.introspect(t, "web", w.tokenOf(t, "app", "edge")); len(got) != 1 || got["active"] != false {
			t.Errorf("answer = %v", got)
		}
	})
	t.Run("of a service's own", func(t *testing.T) {
		t.Parallel()
		got := w.introspect(t, "cart", w.post(t, "acquiring", credentials("cart")).AccessToken)
		if got["active"] != true || got["sub"] != "acquiring" || got["sid"] != nil {
			t.Errorf("answer = %v", got)
		}
	})
	t.Run("of one that went through a service", func(t *testing.T) {
		t.Parallel()
		got := w.introspect(t, "cart", w.post(t, "acquiring", exchange(w.login(t, "cart:read"), "cart")).AccessToken)
		if act, _ := got["act"].(map[string]any); got["active"] != true || act["sub"] != "acquiring" {
			t.Errorf("answer = %v", got)
		}
	})
	t.Run("of a refresh token", func(t *testing.T) {
		t.Parallel()
		got := w.introspect(t, "web", "the first one")
		if got["active"] != true || got["client_id"] != "web" || got["scope"] != "openid cart:read" || got["token_type"] != nil {
			t.Errorf("answer = %v", got)
		}
	})
}

func TestRevoke(t *testing.T) {
	t.Parallel()
	revoke := func(t *testing.T, w *world, client, token string, pairs ...string) (int, map[string]any) {
		t.Helper()
		status, answer, _ := w.ask(t, w.Revoke(), client, with(url.Values{"token": {token}}, pairs...))
		return status, answer
	}
	t.Run("refuses who does not say who they are", func(t *testing.T) {
		t.Parallel()
		if status, answer := revoke(t, newWorld(t), "", "x"); status != http.StatusUnauthorized || answer["error"] != "invalid_client" {
			t.Errorf("answer = %d %v", status, answer)
		}
	})
	t.Run("refuses another client's token", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for _, token := range []string{w.tokenOf(t, "web", "edge"), "the first one"} {
			if status, answer := revoke(t, w, "", token, "client_id", "app"); status != http.StatusBadRequest || answer["error"] != "unauthorized_client" {
				t.Errorf("answer = %d %v", status, answer)
			}
		}
		if len(w.sessions.revoked)+len(w.sessions.closed) > 0 {
			t.Error("it was revoked all the same")
		}
	})
	t.Run("takes what is no token for one that is not good", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		for _, token := range []string{"x", "x.y.z", w.tokenOf(t, "web", "edge") + "x"} {
			if status, answer := revoke(t, w, "web", token, "token_type_hint", "what nobody knows"); status != http.StatusOK || len(answer) > 0 {
				t.Errorf("answer = %d %v", status, answer)
			}
		}
	})
	t.Run("takes an access token back, and it alone", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		token, other := w.tokenOf(t, "web", "edge"), w.tokenOf(t, "web", "edge")
		if status, answer := revoke(t, w, "web", token); status != http.StatusOK || len(answer) > 0 {
			t.Fatalf("answer = %d %v", status, answer)
		}
		if w.introspect(t, "web", token)["active"] != false || w.introspect(t, "web", other)["active"] != true || len(w.sessions.closed) > 0 {
			t.Error("want the one token to be not good, and the session to go on")
		}
	})
	t.Run("takes an access token back once, and none that is not believed any more", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		token, late := w.tokenOf(t, "web", "edge"), w.tokenOf(t, "web", "edge")
		for range 3 {
			if status, answer := revoke(t, w, "web", token); status != http.StatusOK || len(answer) > 0 {
				t.Fatalf("answer = %d %v", status, answer)
			}
		}
		w.sessions.alive = false
		if status, _ := revoke(t, w, "web", late); status != http.StatusOK || len(w.sessions.revoked) != 1 || len(w.braked) != 1 {
			t.Errorf("answer = %d; %v were revoked, want one", status, w.sessions.revoked)
		}
	})
	t.Run("refuses who revokes without end, however many tokens and clients", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.patience = 2
		for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusTooManyRequests} {
			client := []string{"web", "acquiring"}[i%2]
			if status, answer := revoke(t, w, client, w.tokenOf(t, client, "edge")); status != want {
				t.Errorf("answer = %d %v, want %d", status, answer, want)
			}
		}
		if user := w.sessions.session.User.String(); len(w.sessions.revoked) != 2 || slices.ContainsFunc(w.braked, func(who string) bool { return who != user }) {
			t.Errorf("%v were revoked by %v; want two, by the user", w.sessions.revoked, w.braked)
		}
	})
	t.Run("takes a refresh token back with its session", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		if status, answer := revoke(t, w, "web", "the first one"); status != http.StatusOK || len(answer) > 0 {
			t.Fatalf("answer = %d %v", status, answer)
		}
		if !slices.Contains(w.sessions.closed, w.sessions.session.ID) {
			t.Error("the session goes on")
		}
	})
}

func TestClientEndpoints_DefectsAreNoAnswers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.tokenOf(t, "web", "cart")
	w.sessions.err = errInside
	for name, h := range map[string]http.Handler{"introspect": w.Introspect(), "revoke": w.Revoke()} {
		if status, answer, text := w.ask(t, h, "web", url.Values{"token": {token}}); status != http.StatusInternalServerError || answer["active"] != nil || strings.Contains(text, errInside.Error()) {
			t.Errorf("%s: %d %s, want a failure of the server's", name, status, text)
		}
	}
}
