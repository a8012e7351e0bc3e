package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

// sso issues tokens without a database. Its keys are the same in every process.
type sso struct {
	issuer   *authtest.Issuer
	verifier *auth.Verifier
}

func newSSO() sso {
	i := authtest.NewIssuer()
	return sso{i, i.Verifier()}
}

// token returns one of a new session, of the size that a customer of a whole
// shop has.
func (s sso) token() string {
	c := authtest.User(owner, "cart:read", "cart:write", "catalog:read", "payment:create", "payment:read", "review:write", "till:use")
	c.Session = rand.Text()
	return s.issuer.Mint(c)
}

// RoundTrip serves keys and exchanges tokens.
func (s sso) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path != "/oauth/token" {
		return s.issuer.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	client, _, _ := r.BasicAuth()
	p, err := s.verifier.Verify(r.Context(), form.Get("subject_token"))
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	claims := authtest.User(p.Subject, p.Scopes()...).Through(client).For(form.Get("audience"))
	claims.Session = p.SessionID
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	err = json.NewEncoder(w).Encode(map[string]any{
		"access_token": s.issuer.Mint(claims),
		"token_type":   "Bearer", "expires_in": 300,
	})
	return w.Result(), err
}
