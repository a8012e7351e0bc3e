package grant_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

var errInside = errors.New("the inside of the database")

// What fails on our side must look like that, and never like a token that is
// wrong: a client would throw its own away and ask the user to log in again.
func TestServer_DefectsAreNoRefusals(t *testing.T) {
	t.Parallel()
	refresh := url.Values{"grant_type": {grant.RefreshToken}, "refresh_token": {"the first"}}
	service := url.Values{"grant_type": {grant.ClientCredentials}, "audience": {"cart"}}
	for name, c := range map[string]struct {
		client string
		form   func(w *world) url.Values
		fail   func(w *world)
	}{
		"the sessions, at a refresh":            {"", func(*world) url.Values { return refresh }, func(w *world) { w.sessions.err = errInside }},
		"the accounts, at a refresh":            {"", func(*world) url.Values { return refresh }, func(w *world) { w.subjects.err = errInside }},
		"the signing key, at a refresh":         {"", func(*world) url.Values { return refresh }, func(w *world) { w.keys.err = errInside }},
		"the signing key, for a service":        {"acquiring", func(*world) url.Values { return service }, func(w *world) { w.keys.err = errInside }},
		"the sessions, at an exchange":          {"cart", func(w *world) url.Values { return exchangeForm(w.login(t, "catalog:read")) }, func(w *world) { w.sessions.err = errInside }},
		"the keys to verify by, at an exchange": {"cart", func(w *world) url.Values { return exchangeForm(w.login(t, "catalog:read")) }, func(w *world) { w.keys.err = errInside }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			form := c.form(w)
			c.fail(w)
			got := w.post(t, c.client, form)
			if got.Status != http.StatusInternalServerError && got.Status != http.StatusServiceUnavailable || got.Error != "" {
				t.Errorf("answer = %d %q, want a failure of the server's that is no OAuth error", got.Status, got.Error)
			}
			if got.AccessToken != "" || strings.Contains(got.Description, errInside.Error()) {
				t.Errorf("the failure tells %+v", got)
			}
		})
	}
}

func exchangeForm(token string) url.Values {
	return url.Values{
		"grant_type": {grant.TokenExchange}, "subject_token": {token}, "audience": {"catalog"},
		"subject_token_type": {"urn:ietf:params:oauth:token-type:access_token"},
	}
}

func TestServer_JWKSWithoutKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.keys.err = errInside
	recorder := httptest.NewRecorder()
	w.JWKS().ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/oauth/jwks", http.NoBody))
	if recorder.Code != http.StatusInternalServerError || strings.HasPrefix(recorder.Header().Get("Cache-Control"), "public") || strings.Contains(recorder.Body.String(), errInside.Error()) {
		t.Errorf("answer = %d %v %s, want 500 that no cache keeps and that tells nothing", recorder.Code, recorder.Header(), recorder.Body)
	}
}

// RFC 6749 allows no quotes, no backslashes and nothing outside of ASCII in a
// description, whatever the client has sent.
func TestServer_DescriptionsArePrintable(t *testing.T) {
	t.Parallel()
	for _, sent := range []string{`"`, `\`, "\r\nSet-Cookie: a=b", "ä", "\x00"} {
		got := newWorld(t).post(t, "cart", url.Values{"grant_type": {"x" + sent + "y"}})
		if got.Status != http.StatusBadRequest || strings.ContainsFunc(got.Description, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) {
			t.Errorf("for the grant %q: %d with the description %q", sent, got.Status, got.Description)
		}
	}
}
