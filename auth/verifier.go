package auth

import (
	"cmp"
	"context"
	"crypto/sha256"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// VerifierConfig says whose tokens are believed. Only Issuer is required.
type VerifierConfig struct {
	// Issuer is the exact iss claim of the tokens, and where the keys are found.
	Issuer string `env:"ISSUER" doc:"Whose tokens are believed: their exact iss claim."`

	// JWKSURL is where the key set lies. Default: what the issuer's discovery
	// document says, or Issuer + "/oauth/jwks" where there is none.
	JWKSURL string `env:"JWKS_URL" doc:"Where the issuer's key set lies; without it the discovery document tells."`

	// Algorithms are the signatures that are believed, of EdDSA, ES256 and
	// RS256; others are never. Default: EdDSA, ES256.
	Algorithms []string `env:"ALGORITHMS" envDefault:"EdDSA,ES256" doc:"The signatures that are believed, of EdDSA, ES256 and RS256."`

	// Skew is by how much the issuer's clock may differ. Default: 5s.
	Skew time.Duration `env:"SKEW" envDefault:"5s" doc:"By how much the issuer's clock may differ."`

	// CacheSize bounds how many verified tokens are remembered. Default: 16384.
	CacheSize int `env:"TOKEN_CACHE" envDefault:"16384" doc:"How many verified tokens are remembered."`

	// Transport reaches the issuer; its redirects are not followed.
	// Default: http.DefaultTransport.
	Transport http.RoundTripper `env:"-"`
}

func (c VerifierConfig) withDefaults() VerifierConfig {
	if len(c.Algorithms) == 0 {
		c.Algorithms = []string{EdDSA, ES256}
	}
	c.Algorithms = slices.Clone(c.Algorithms)
	c.Skew = cmp.Or(c.Skew, 5*time.Second)
	c.CacheSize = cmp.Or(c.CacheSize, 16384)
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	return c
}

// A Verifier turns access tokens into principals. It is safe for concurrent use.
type Verifier struct {
	issuer  string
	skew    time.Duration
	keys    *keyStore
	cache   *tokenCache
	header  atomic.Pointer[joseHeader] // of the last token that was verified
	buffers sync.Pool                  // of *[]byte: hashing a string would copy it to the heap
}

// NewVerifier returns a verifier. It starts nothing: keys are fetched by the
// first call that needs them.
func NewVerifier(cfg VerifierConfig) *Verifier {
	cfg = cfg.withDefaults()
	return &Verifier{
		issuer: cfg.Issuer,
		skew:   cfg.Skew,
		cache:  newTokenCache(cfg.CacheSize),
		keys:   &keyStore{issuer: cfg.Issuer, keysURL: cfg.JWKSURL, algorithms: cfg.Algorithms, transport: cfg.Transport},
	}
}

// Verify returns the principal of a raw access token. A token that is not
// believed is problem.Unauthorized with the code invalid_token; when that
// cannot be known because the issuer is down, it is problem.Unavailable.
//
// Whom the token is addressed to is for [Access.Authorize] to judge. The
// principal is shared: do not change it.
func (v *Verifier) Verify(ctx context.Context, raw string) (*Principal, error) {
	switch {
	case v.issuer == "":
		return nil, errNoIssuer
	case len(raw) > maxToken:
		return nil, refuseToken("the token has %d bytes: at most %d are taken", len(raw), maxToken)
	}
	now := time.Now()
	hash := v.hash(raw)
	if p := v.cache.get(&hash, now, v.keys.generation()); p != nil {
		v.keys.refresh(ctx, now)
		return p, nil
	}
	return v.verify(ctx, raw, &hash, now)
}

func (v *Verifier) hash(raw string) tokenHash {
	buffer, ok := v.buffers.Get().(*[]byte)
	if !ok {
		buffer = new(make([]byte, 0, maxToken))
	}
	*buffer = append((*buffer)[:0], raw...)
	hash := sha256.Sum256(*buffer)
	v.buffers.Put(buffer)
	return hash
}

// verify checks the signature first: claims are read of believed tokens only.
func (v *Verifier) verify(ctx context.Context, raw string, hash *tokenHash, now time.Time) (*Principal, error) {
	// Taken before the key, so that a withdrawal in between is noticed.
	generation := v.keys.generation()
	known := v.header.Load()
	token, err := parseToken(raw, known)
	if err != nil {
		return nil, err
	}
	if err := v.checkSignature(ctx, token, now); err != nil {
		return nil, err
	}
	if known == nil || known.encoded != token.header.encoded {
		v.header.Store(new(token.header))
	}
	p, err := v.checkClaims(token.payload, now)
	if err != nil {
		return nil, err
	}
	v.cache.put(hash, verified{principal: p, until: p.ExpiresAt.Add(v.skew), generation: generation})
	return p, nil
}

func (v *Verifier) checkSignature(ctx context.Context, token *signedToken, now time.Time) error {
	algorithm := token.header.algorithm
	if !slices.Contains(v.keys.algorithms, algorithm) {
		return refuseToken("the token is signed by %.20q: only %v are believed here", algorithm, v.keys.algorithms)
	}
	key, err := v.keys.key(ctx, token.header.keyID, now)
	if err != nil {
		return err
	}
	if key.algorithm() != algorithm {
		return refuseToken("the token's alg %s is not that of its key", algorithm)
	}
	if !key.verify([]byte(token.signed), token.signature) {
		return refuseToken("the token's signature is wrong")
	}
	return nil
}

func (v *Verifier) checkClaims(payload string, now time.Time) (*Principal, error) {
	c, err := parseClaims(payload)
	if err != nil {
		return nil, err
	}
	if err := c.check(v.issuer, now, v.skew); err != nil {
		return nil, err
	}
	return c.principal()
}
