package authtest

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// A Refusal is one way in which a request's token is wrong. Everything else
// about the token is right, so it is for this that it must be refused, with 401.
type Refusal struct {
	Number int    // of the kit's list of refusals, 1 to 20
	Name   string // of the variant, unique within the list
	Code   string // of the problem: missing_token or invalid_token

	// Request presents the token.
	Request func(*http.Request)
}

// String names the refusal for a subtest: "07 signature is not base64".
func (r Refusal) String() string { return fmt.Sprintf("%02d %s", r.Number, r.Name) }

// The codes of a refused token.
const (
	MissingToken = "missing_token"
	InvalidToken = "invalid_token"
)

// Present sends the token as it should be sent.
func Present(raw string) func(*http.Request) {
	return authorization("Bearer " + raw)
}

func authorization(values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header["Authorization"] = values }
}

// Refusals returns every wrong kind of the token that [Issuer.Mint] makes of
// these claims. The audience of number 18 is a module that does not exist.
func (i *Issuer) Refusals(good Claims) []Refusal {
	f := &forger{issuer: i, good: good, key: i.key("EdDSA")}
	f.presented()
	f.shaped()
	f.algorithms()
	f.headers()
	f.times()
	f.addressed()
	f.otherKinds()
	f.claim(20, "revoked session", "sid", EndedSession)
	return f.list
}

// A forger collects refusals, each one step away from a good token.
type forger struct {
	issuer *Issuer
	good   Claims
	key    key
	list   []Refusal
}

func (f *forger) add(number int, name string, request func(*http.Request)) {
	f.list = append(f.list, Refusal{Number: number, Name: name, Code: InvalidToken, Request: request})
}

func (f *forger) missing(number int, name string, request func(*http.Request)) {
	f.list = append(f.list, Refusal{Number: number, Name: name, Code: MissingToken, Request: request})
}

func (f *forger) token(number int, name, raw string) { f.add(number, name, Present(raw)) }

func (f *forger) mint() string   { return f.issuer.Mint(f.good) }
func (f *forger) claims() object { return f.issuer.claims(f.good) }

// header changes one member of the header and signs it all.
func (f *forger) header(number int, name, member string, value any) {
	f.token(number, name, assemble(f.key.header().with(member, value), f.claims(), f.key.signer))
}

// claim changes one claim and signs it all.
func (f *forger) claim(number int, name, member string, value any) {
	f.token(number, name, assemble(f.key.header(), f.claims().with(member, value), f.key.signer))
}

func (f *forger) presented() {
	f.missing(1, "no header", func(r *http.Request) { r.Header.Del("Authorization") })
	f.missing(2, "empty bearer", authorization("Bearer"))
	f.missing(3, "scheme is Basic", func(r *http.Request) { r.SetBasicAuth("token", f.mint()) })
	f.missing(3, "scheme is Token", authorization("Token "+f.mint()))
	f.add(4, "two headers", authorization("Bearer "+f.mint(), "Bearer "+f.mint()))
	f.add(4, "two tokens in one header", authorization("Bearer "+f.mint()+", Bearer "+f.mint()))
	f.add(5, "in the query", f.inQuery("access_token"))
	f.add(5, "in the query, in disguise", f.inQuery("Access%5Ftoken"))
	f.add(5, "in the query and in the header", func(r *http.Request) {
		f.inQuery("access_token")(r)
		Present(f.mint())(r)
	})
}

func (f *forger) inQuery(name string) func(*http.Request) {
	pair := name + "=" + url.QueryEscape(f.mint())
	return func(r *http.Request) {
		r.Header.Del("Authorization")
		r.URL.RawQuery = strings.Trim(r.URL.RawQuery+"&"+pair, "&")
	}
}

func (f *forger) shaped() {
	parts := func() []string { return strings.Split(f.mint(), ".") }
	join := func(parts ...string) string { return strings.Join(parts, ".") }
	p := parts()
	f.token(6, "two segments", join(p[0], p[1]))
	f.token(6, "four segments", join(p[0], p[1], p[2], p[2]))
	f.token(7, "header is not base64", join("!"+p[0][1:], p[1], p[2]))
	f.token(7, "payload is not base64", f.signed(p[0]+".e30*"))
	f.token(7, "signature is not base64", join(p[0], p[1], "!"+p[2][1:]))
	f.token(7, "signature is padded", join(p[0], p[1], p[2]+"=="))
	f.token(7, "payload is not JSON", f.signed(p[0]+"."+segment.EncodeToString([]byte("{"))))
	f.claim(8, "16 KB", "padding", strings.Repeat("x", 12<<10))
}

// signed puts a good signature under any text.
func (f *forger) signed(text string) string {
	return text + "." + segment.EncodeToString(f.key.signer.sign(text))
}

func (f *forger) algorithms() {
	f.signedBy(9, "alg none", unsigned{}, f.key.id)
	f.header(9, "alg none over a good signature", "alg", "none")
	public, _ := f.key.public.(ed25519.PublicKey)
	f.signedBy(10, "HS256 with the public key", hmacSigner{public}, f.key.id)
	f.signedBy(10, "HS256 with the public key in PEM", hmacSigner{inPEM(public)}, f.key.id)
	unlisted := f.issuer.key("ES384")
	f.signedBy(11, "unlisted alg", unlisted.signer, unlisted.id)
	f.header(11, "alg of another key", "alg", "ES256")
	f.header(11, "no alg", "alg", nil)
	f.signedBy(12, "foreign key under a known kid", newEdSigner("foreign"), f.key.id)
	f.signedBy(12, "foreign key under an unknown kid", newEdSigner("foreign"), "foreign")
	f.header(12, "no kid", "kid", nil)
}

// signedBy makes the good token with another signature.
func (f *forger) signedBy(number int, name string, by signer, id string) {
	f.token(number, name, assemble(key{id: id, signer: by}.header(), f.claims(), by))
}

func inPEM(public ed25519.PublicKey) []byte {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		panic(fmt.Sprintf("authtest: encode a public key: %v", err))
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// headers name a key of the forger's own, and an extension nobody knows. The
// signature is good all the same: it is the header that must not pass.
func (f *forger) headers() {
	foreign := newEdSigner("foreign")
	f.header(13, "jku", "jku", "https://evil.test/jwks")
	f.header(13, "x5u", "x5u", "https://evil.test/chain.pem")
	f.header(13, "x5c", "x5c", []string{"MIIB"})
	f.header(13, "jwk", "jwk", jose.JSONWebKey{Key: foreign.Public(), KeyID: f.key.id})
	f.token(13, "jwk that fits the signature", assemble(
		f.key.header().with("jwk", jose.JSONWebKey{Key: foreign.Public(), KeyID: f.key.id}), f.claims(), foreign))
	f.header(14, "unknown crit", "crit", []string{"urn:example:extension"})
}

func (f *forger) times() {
	now := time.Now()
	// Far off, since a sweep that takes a minute must not make a wrong token right.
	past, future := now.Add(-time.Hour).Unix(), now.Add(time.Hour).Unix()
	f.claim(15, "expired", "exp", past)
	f.claim(15, "no exp", "exp", nil)
	f.claim(15, "exp is text", "exp", fmt.Sprint(future))
	f.claim(16, "future nbf", "nbf", future)
	f.claim(16, "future iat", "iat", future)
}

func (f *forger) addressed() {
	f.claim(17, "wrong iss", "iss", "https://evil.test")
	f.claim(17, "iss with a slash more", "iss", f.issuer.url+"/")
	f.claim(17, "no iss", "iss", nil)
	f.claim(18, "another service's aud", "aud", "elsewhere")
	f.claim(18, "no aud", "aud", nil)
}

func (f *forger) otherKinds() {
	f.header(19, "ID token", "typ", "JWT")
	f.header(19, "no typ", "typ", nil)
	f.header(19, "refresh token that is a JWT", "typ", "rt+jwt")
	f.token(19, "refresh token", "rt_2c7e1f0b9a8d4e6f")
	f.claim(19, "no client_id", "client_id", nil)
	f.claim(19, "no sub", "sub", nil)
}
