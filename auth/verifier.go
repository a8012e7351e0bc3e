package auth

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// VerifierConfig says whose tokens are believed. Only Issuer is required.
type VerifierConfig struct {
	// Issuer is the exact iss claim of the tokens and where the key set is found.
	Issuer string `env:"ISSUER" doc:"Whose tokens are believed: the exact iss claim."`

	// JWKSURL is where the key set lies. Default: what the issuer's discovery
	// document says, or Issuer + "/oauth/jwks" where there is none.
	JWKSURL string `env:"JWKS_URL" doc:"Where the issuer's key set lies. Default: as its discovery document says."`

	// Algorithms are the signatures that are believed. Default: EdDSA, ES256.
	Algorithms []string `env:"ALGORITHMS" doc:"The signatures that are believed. Default: EdDSA,ES256."`

	// Skew is by how much the issuer's clock may differ. Default: 5s.
	Skew time.Duration `env:"SKEW" doc:"By how much the issuer's clock may differ. Default: 5s."`

	// CacheSize bounds how many verified tokens are remembered. Default: 16384.
	CacheSize int `env:"TOKEN_CACHE" doc:"How many verified tokens are remembered. Default: 16384."`

	// Transport reaches the issuer. Default: http.DefaultTransport.
	Transport http.RoundTripper `env:"-"`
}

// A Verifier turns access tokens into principals.
type Verifier struct{ cfg VerifierConfig }

// NewVerifier returns a verifier. It starts nothing: keys are fetched by the
// first call that needs them.
func NewVerifier(cfg VerifierConfig) *Verifier { return &Verifier{cfg: cfg} }

// Verify returns the principal of a raw access token.
func (v *Verifier) Verify(ctx context.Context, raw string) (*Principal, error) {
	return nil, errors.New("not built yet")
}

// Authenticate finds the token of the request and verifies it.
func (v *Verifier) Authenticate(ctx context.Context, r *http.Request) (p *Principal, raw string, err error) {
	return nil, "", errors.New("not built yet")
}
