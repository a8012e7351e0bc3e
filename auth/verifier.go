package auth

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Verifier turns access tokens into principals. It is safe for concurrent use.
type Verifier struct {
	issuer  string
	skew    time.Duration
	keys    *keyStore
	denied  *denylist
	feed    *feed
	cache   *tokenCache
	header  atomic.Pointer[joseHeader] // of the last token that was verified
	buffers sync.Pool                  // of *[]byte: hashing a string would copy it to the heap
}

// NewVerifier returns a verifier. It starts nothing: keys are fetched by the
// first call that needs them.
func NewVerifier(cfg VerifierConfig) *Verifier {
	cfg = cfg.withDefaults()
	denied := newDenylist()
	return &Verifier{
		issuer: cfg.Issuer,
		skew:   cfg.Skew,
		cache:  newTokenCache(cfg.CacheSize),
		denied: denied,
		feed:   newFeed(cfg, denied),
		keys:   &keyStore{keysURL: cfg.JWKSURL, discovery: cfg.Discovery, algorithms: cfg.Algorithms, transport: cfg.Transport},
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
	if known, ok := v.cache.get(&hash, now, v.keys.generation()); ok {
		v.keys.refresh(ctx, now)
		return v.standing(ctx, known, &hash, now)
	}
	return v.verify(ctx, raw, &hash, now)
}

// standing returns the principal of a token that was verified, unless its issuer has
// revoked it. A remembered token is looked up again when the list has changed.
func (v *Verifier) standing(ctx context.Context, token verified, hash *tokenHash, now time.Time) (*Principal, error) {
	v.feed.refresh(ctx, now)
	change := v.denied.changes.Load() // before the look-up, so that one in between is noticed
	if token.change == change {
		return token.principal, nil
	}
	if v.denied.denies(token.principal) {
		return nil, refuseRevoked()
	}
	token.change = change
	v.cache.put(hash, token)
	return token.principal, nil
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
	return v.standing(ctx, verified{principal: p, until: p.ExpiresAt.Add(v.skew), generation: generation}, hash, now)
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
