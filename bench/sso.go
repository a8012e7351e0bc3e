package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/slipway-go/slipway/auth/authtest"
)

// sso issues tokens without a database. Its keys are the same in every process.
type sso struct{ issuer *authtest.Issuer }

func newSSO() sso { return sso{authtest.NewIssuer()} }

// token returns one of the size that a customer of a whole shop has.
func (s sso) token() string { return s.issuer.Mint(customer()) }

func customer() authtest.Claims {
	return authtest.User(owner, "cart:read", "cart:write", "catalog:read", "payment:create", "payment:read", "review:write", "till:use")
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
	p, err := s.issuer.Verifier().Verify(r.Context(), form.Get("subject_token"))
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	w := httptest.NewRecorder()
	w.Header().Set("Content-Type", "application/json")
	err = json.NewEncoder(w).Encode(map[string]any{
		"access_token": s.issuer.Mint(authtest.User(p.Subject, p.Scopes()...).Through(client).For(form.Get("audience"))),
		"token_type":   "Bearer", "expires_in": 300,
	})
	return w.Result(), err
}
