package authtest

import (
	"errors"
	"net/http"
	"time"

	"github.com/slipway-go/slipway/auth"
)

// Claims are what a token says. The zero value of a field is left to Mint.
type Claims struct {
	Subject  string
	ClientID string
	Audience []string
	Scopes   []string
	Session  string
	Actors   []string // outermost first
	AuthTime time.Time
	Lifetime time.Duration
}

// An Issuer signs tokens and serves its keys; it is an http.RoundTripper that
// answers for its key set and discovery document.
type Issuer struct{}

// NewIssuer returns an issuer of its own keys.
func NewIssuer() *Issuer { return &Issuer{} }

// URL is the iss claim of all good tokens.
func (i *Issuer) URL() string { return "https://sso.test" }

// Verifier returns a new verifier that trusts this issuer.
func (i *Issuer) Verifier() *auth.Verifier {
	return auth.NewVerifier(auth.VerifierConfig{Issuer: i.URL(), Transport: i})
}

// Mint signs a good token.
func (i *Issuer) Mint(c Claims) string { return "" }

// RoundTrip serves the discovery document and the key set.
func (i *Issuer) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("not built yet")
}

// A Refusal is one way in which a token is wrong.
type Refusal struct {
	Number  int    // in "Forty refusals" of docs
	Name    string // of the variant
	Request func(*http.Request)
}

// Refusals returns every wrong kind of the token that Mint makes of these claims.
func (i *Issuer) Refusals(good Claims) []Refusal { return nil }
