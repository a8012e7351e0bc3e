package authtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/slipway-go/slipway/auth"
)

// URL is the issuer of every token of [NewIssuer]. Nothing listens there: the
// issuer is the transport that reaches it.
const URL = "https://sso.test"

// ErrDown is what an issuer that is down answers.
var ErrDown = errors.New("authtest: the issuer is down")

// An Issuer signs tokens and serves its keys, as an http.RoundTripper or as an
// http.Handler. It is safe for concurrent use.
type Issuer struct {
	url string

	mu      sync.Mutex
	down    bool
	fetches int
	looks   int
	revoked []auth.Revocation
	serial  int
	turn    int // of the keys
	keys    []key
}

// A key is published under its id; the last of each kind signs.
type key struct {
	id     string
	signer signer
	public any
}

var (
	_ http.RoundTripper = (*Issuer)(nil)
	_ http.Handler      = (*Issuer)(nil)
)

// NewIssuer returns an issuer at [URL]. Its keys are the same in every run.
func NewIssuer() *Issuer { return NewIssuerAt(URL) }

// NewIssuerAt returns an issuer of another address, for services that reach it
// over the network: serve it there.
func NewIssuerAt(url string) *Issuer {
	i := &Issuer{url: url}
	i.addKeys()
	i.EndSession(EndedSession)
	return i
}

// URL is the iss claim of the tokens.
func (i *Issuer) URL() string { return i.url }

// Verifier returns a new verifier that believes this issuer.
func (i *Issuer) Verifier() *auth.Verifier {
	return auth.NewVerifier(auth.VerifierConfig{Issuer: i.url, Transport: i})
}

// Rotate begins to sign with new keys. The earlier ones stay published.
func (i *Issuer) Rotate() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.addKeys()
}

// Withdraw stops to publish all keys but the latest.
func (i *Issuer) Withdraw() {
	i.mu.Lock()
	defer i.mu.Unlock()
	suffix := fmt.Sprintf("-%d", i.turn)
	i.keys = slices.DeleteFunc(i.keys, func(k key) bool { return !strings.HasSuffix(k.id, suffix) })
}

// SetDown makes the issuer unreachable, or reachable again.
func (i *Issuer) SetDown(down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.down = down
}

// Fetches counts how often the key set was asked for, also in vain.
func (i *Issuer) Fetches() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.fetches
}

// Mint signs a good token with EdDSA.
func (i *Issuer) Mint(c Claims) string { return i.mint(c, "EdDSA") }

// MintES256 signs a good token with ES256.
func (i *Issuer) MintES256(c Claims) string { return i.mint(c, "ES256") }

func (i *Issuer) mint(c Claims, algorithm string) string {
	k := i.key(algorithm)
	return assemble(k.header(), i.claims(c), k.signer)
}

// addKeys publishes one key of each kind. Nobody should believe the ES384 key,
// which is there for the refusal of an unlisted algorithm.
func (i *Issuer) addKeys() {
	i.turn++
	if i.url == URL && i.turn == 1 {
		i.keys = append(i.keys, firstKeys()...)
		return
	}
	i.keys = append(i.keys, makeKeys(i.url, i.turn)...)
}

// firstKeys are those of nearly every issuer, and half a millisecond to make.
var firstKeys = sync.OnceValue(func() []key { return makeKeys(URL, 1) })

func makeKeys(url string, turn int) []key {
	name := fmt.Sprintf("%s %d", url, turn)
	ed, ec, ec384 := newEdSigner(name), newES256Signer(name), newES384Signer(name)
	return []key{
		{fmt.Sprintf("ed-%d", turn), ed, ed.Public()},
		{fmt.Sprintf("ec-%d", turn), ec, ec.Public()},
		{fmt.Sprintf("ec384-%d", turn), ec384, ec384.Public()},
	}
}

// key returns the latest key of the algorithm.
func (i *Issuer) key(algorithm string) key {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, k := range slices.Backward(i.keys) {
		if k.signer.algorithm() == algorithm {
			return k
		}
	}
	panic("authtest: no key signs by " + algorithm)
}

func (k key) header() object {
	return object{"alg": k.signer.algorithm(), "typ": "at+jwt", "kid": k.id}
}

// claims are those of a good token.
func (i *Issuer) claims(c Claims) object {
	now := time.Now()
	c = c.withDefaults(i.tokenID(), now)
	o := object{
		"iss": i.url, "sub": c.Subject, "client_id": c.ClientID, "aud": audience(c.Audience),
		"jti": c.TokenID, "iat": now.Unix(), "exp": now.Add(c.Lifetime).Unix(), "scope": strings.Join(c.Scopes, " "),
	}
	if c.Session != "" {
		o["sid"] = c.Session
	}
	if !c.AuthTime.IsZero() {
		o["auth_time"] = c.AuthTime.Unix()
	}
	if act := actors(c.Actors); act != nil {
		o["act"] = act
	}
	return o
}

func audience(names []string) any {
	if len(names) == 1 {
		return names[0]
	}
	return names
}

func actors(names []string) object {
	if len(names) == 0 {
		return nil
	}
	act := object{"sub": names[0]}
	if inner := actors(names[1:]); inner != nil {
		act["act"] = inner
	}
	return act
}

func (i *Issuer) tokenID() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.serial++
	return fmt.Sprintf("token-%d", i.serial)
}

// RoundTrip answers as the issuer would, or fails with [ErrDown].
func (i *Issuer) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if i.visit(r) {
		return nil, ErrDown
	}
	w := httptest.NewRecorder()
	i.answer(w, r)
	return w.Result(), nil
}

// ServeHTTP answers with the discovery document, the key set and the revocations, or
// with 503 when the issuer is down.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.visit(r) {
		http.Error(w, ErrDown.Error(), http.StatusServiceUnavailable)
		return
	}
	i.answer(w, r)
}

const (
	keysPath        = "/oauth/jwks"
	revocationsPath = "/oauth/revocations"
)

// visit counts, and reports whether the issuer is down.
func (i *Issuer) visit(r *http.Request) (down bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch r.URL.Path {
	case keysPath:
		i.fetches++
	case revocationsPath:
		i.looks++
	}
	return i.down
}

func (i *Issuer) answer(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case DiscoveryPath:
		writeJSON(w, i.Metadata())
	case keysPath:
		writeJSON(w, i.keySet())
	case revocationsPath:
		writeJSON(w, i.revocations(r.URL.Query().Get("after")))
	default:
		http.NotFound(w, r)
	}
}

// DiscoveryPath is where the metadata is served.
const DiscoveryPath = "/.well-known/openid-configuration"

// Metadata is what the issuer says of itself. It gives nobody tokens over HTTP.
func (i *Issuer) Metadata() auth.Metadata {
	return auth.Metadata{Issuer: i.url, JWKSURI: i.url + keysPath, Revocations: i.url + revocationsPath}
}

func (i *Issuer) keySet() jose.JSONWebKeySet {
	i.mu.Lock()
	defer i.mu.Unlock()
	var set jose.JSONWebKeySet
	for _, k := range i.keys {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: k.public, KeyID: k.id, Algorithm: k.signer.algorithm(), Use: "sig"})
	}
	return set
}

func writeJSON(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(document); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
