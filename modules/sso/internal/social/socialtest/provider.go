// Package socialtest is an OpenID provider for tests, which says what it is told to.
package socialtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// What a client is called and knows.
const (
	ClientID     = "shop"
	ClientSecret = "the shop's secret with the provider"
)

// A Person has an account at the provider.
type Person struct {
	Subject, Email, Name string
	Verified             bool // the e-mail
}

// A Provider is one. Its fields are set before it is asked.
type Provider struct {
	Issuer string
	// Claims changes those of an ID token before it is signed.
	Claims func(map[string]any)
	// Document changes the discovery document.
	Document func(map[string]any)
	// Answer takes a request over, or returns false.
	Answer func(http.ResponseWriter, *http.Request) bool
	// Key signs instead of the one that the provider publishes.
	Key *ecdsa.PrivateKey
	// Reusable lets a code be redeemed twice, as no provider should.
	Reusable bool
	// SecretInForm is how clients authenticate, instead of by Basic.
	SecretInForm bool
	// InUserInfo keeps the e-mail out of the ID token.
	InUserInfo bool

	published *ecdsa.PrivateKey
	mu        sync.Mutex
	codes     map[string]asked
	people    map[string]Person // by access token
	redeemed  int
}

// asked is what a code stands for.
type asked struct {
	nonce, challenge, redirect string
	who                        Person
}

// NewProvider returns one of this issuer.
func NewProvider(issuer string) *Provider {
	return &Provider{Issuer: issuer, published: NewKey(), codes: map[string]asked{}, people: map[string]Person{}}
}

// NewKey returns a key to sign with.
func NewKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err) // the curve is known
	}
	return key
}

// LogIn logs the person in who follows the address, and returns with what the browser
// goes back.
func (p *Provider) LogIn(address string, who Person) (url.Values, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	q := u.Query()
	if q.Get("client_id") != ClientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" {
		return nil, errors.New("the provider refuses to log anybody in for " + address)
	}
	code := rand.Text()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.codes[code] = asked{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri"), who}
	return url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {p.Issuer}}, nil
}

// Redeemed returns how many codes were.
func (p *Provider) Redeemed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.redeemed
}

// ServeHTTP serves what clients ask.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.Answer != nil && p.Answer(w, r) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		p.document(w)
	case "/keys":
		answer(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.published.Public(), KeyID: "one", Algorithm: "ES256", Use: "sig"}}})
	case "/token":
		p.token(w, r)
	case "/userinfo":
		p.userInfo(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) document(w http.ResponseWriter) {
	d := map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token",
		"jwks_uri": p.Issuer + "/keys", "userinfo_endpoint": p.Issuer + "/userinfo", "id_token_signing_alg_values_supported": []string{"ES256"},
		"authorization_response_iss_parameter_supported": true,
	}
	if p.SecretInForm {
		d["token_endpoint_auth_methods_supported"] = []string{"client_secret_post"}
	}
	if p.Document != nil {
		p.Document(d)
	}
	answer(w, http.StatusOK, d)
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if id, secret := p.client(r); id != ClientID || secret != ClientSecret {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_client"})
		return
	}
	a, ok := p.redeem(r)
	if !ok {
		answer(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	idToken, err := p.sign(p.claims(a))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	accessToken := rand.Text()
	p.mu.Lock()
	p.people[accessToken] = a.who
	p.mu.Unlock()
	answer(w, http.StatusOK, map[string]any{"access_token": accessToken, "token_type": "Bearer", "expires_in": 60, "id_token": idToken})
}

// client returns who asks, and by which secret (RFC 6749, 2.3.1).
func (p *Provider) client(r *http.Request) (id, secret string) {
	if p.SecretInForm {
		return r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	id, secret, _ = r.BasicAuth()
	id, _ = url.QueryUnescape(id)
	secret, _ = url.QueryUnescape(secret)
	return id, secret
}

func (p *Provider) redeem(r *http.Request) (asked, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := r.PostFormValue("code")
	a, ok := p.codes[code]
	if !p.Reusable {
		delete(p.codes, code)
	}
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || a.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) || a.redirect != r.PostFormValue("redirect_uri") {
		return asked{}, false
	}
	p.redeemed++
	return a, true
}

func (p *Provider) claims(a asked) map[string]any {
	c := map[string]any{
		"iss": p.Issuer, "sub": a.who.Subject, "aud": ClientID, "nonce": a.nonce,
		"iat": time.Now().Unix(), "exp": time.Now().Add(time.Minute).Unix(),
	}
	if !p.InUserInfo {
		maps.Copy(c, mail(a.who))
	}
	if p.Claims != nil {
		p.Claims(c)
	}
	return c
}

func mail(who Person) map[string]any {
	if who.Email == "" {
		return map[string]any{}
	}
	return map[string]any{"email": who.Email, "email_verified": who.Verified, "name": who.Name}
}

func (p *Provider) sign(claims map[string]any) (string, error) {
	key := p.published
	if p.Key != nil {
		key = p.Key
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: "one"}}, nil)
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return signed.CompactSerialize()
}

func (p *Provider) userInfo(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	who, ok := p.people[bearer(r)]
	p.mu.Unlock()
	if !ok {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "invalid_token"})
		return
	}
	info := mail(who)
	info["sub"] = who.Subject
	answer(w, http.StatusOK, info)
}

func bearer(r *http.Request) string {
	const scheme = "Bearer "
	value := r.Header.Get("Authorization")
	return value[min(len(scheme), len(value)):]
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone
}
