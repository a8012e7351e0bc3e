package grant_test

import (
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

const issuer = "https://sso.test"

// A world is an authorization server whose surroundings are in memory: a user,
// a session, and the services cart → catalog and acquiring → cart.
type world struct {
	*grant.Server
	minter   grant.Minter
	verifier *auth.Verifier
	sessions *fakeSessions
	subjects *fakeSubjects
	browser  *fakeBrowser
	keys     *ring
	braked   []string // who revoked tokens
	patience int      // how many may be revoked
}

func (w *world) brake(_ context.Context, who string) error {
	if w.braked = append(w.braked, who); len(w.braked) > w.patience {
		return problem.TooManyRequests("enough")
	}
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	ring := newRing(t)
	w := &world{
		minter:   grant.Minter{Issuer: issuer, Life: 5 * time.Minute, Signer: ring},
		verifier: auth.NewVerifier(auth.VerifierConfig{Issuer: issuer, JWKSURL: issuer + "/oauth/jwks", Transport: ring}),
		sessions: &fakeSessions{session: session.Session{
			ID: uuid.New(), User: uuid.New(), Client: "slipway", AuthTime: time.Now().Add(-time.Hour), ExpiresAt: time.Now().Add(time.Hour),
		}, alive: true},
		subjects: &fakeSubjects{permissions: []string{"cart:read", "cart:write", "catalog:read"}, open: true},
		browser:  &fakeBrowser{},
		keys:     ring,
		patience: 10,
	}
	w.browser.sessions = w.sessions
	w.Server = grant.NewServer(grant.Config{
		Issuer: issuer, EdgeAudience: "edge", FirstParty: "slipway", Origins: []string{"https://app.test"},
		Minter: w.minter, Keys: ring, Clients: fakeClients{}, Matrix: fakeMatrix{}, Sessions: w.sessions,
		Subjects: w.subjects, Browser: w.browser, Verifier: w.verifier, RevocationBrake: w.brake, Logger: telemetry.Discard(),
	})
	return w
}

// login returns the token that a login would give.
func (w *world) login(t *testing.T, scopes ...string) string {
	t.Helper()
	return w.mint(t, grant.UserClaims(w.sessions.session, "edge", scopes))
}

func (w *world) mint(t *testing.T, c grant.Claims) string {
	t.Helper()
	token, err := w.minter.Mint(t.Context(), c)
	if err != nil {
		t.Fatalf("Mint() = %v", err)
	}
	return token.Token
}

// A reply is what the token endpoint answered.
type reply struct {
	Status          int         `json:"-"`
	Header          http.Header `json:"-"`
	AccessToken     string      `json:"access_token"`
	IssuedTokenType string      `json:"issued_token_type"`
	RefreshToken    string      `json:"refresh_token"`
	IDToken         string      `json:"id_token"`
	TokenType       string      `json:"token_type"`
	ExpiresIn       int64       `json:"expires_in"`
	Scope           string      `json:"scope"`
	Error           string      `json:"error"`
	Description     string      `json:"error_description"`
}

// post sends a form as a client; change may spoil it.
func (w *world) post(t *testing.T, client string, form url.Values, change ...func(*http.Request)) reply {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if client != "" {
		r.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(secretOf(client)))
	}
	for _, c := range change {
		c(r)
	}
	recorder := httptest.NewRecorder()
	w.Token().ServeHTTP(recorder, r)
	answer := reply{Status: recorder.Code, Header: recorder.Header()}
	if err := json.Unmarshal(recorder.Body.Bytes(), &answer); err != nil {
		t.Fatalf("the answer %q is no JSON: %v", recorder.Body, err)
	}
	return answer
}

func (r reply) wantRefusal(t *testing.T, status int, code string) {
	t.Helper()
	if r.Status != status || r.Error != code {
		t.Errorf("answer = %d %s (%s), want %d %s", r.Status, r.Error, r.Description, status, code)
	}
	if r.AccessToken != "" || r.RefreshToken != "" {
		t.Error("a refusal carries a token")
	}
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control = %q, want no-store", got)
	}
	if r.Description == "" {
		t.Error("the refusal does not say why")
	}
}

func secretOf(client string) string { return "secret of " + client + ": 100 % +/=" }

type fakeClients struct{}

func (fakeClients) Client(_ context.Context, id string) (grant.Client, bool, error) {
	switch id {
	case "slipway":
		return grant.Client{ID: id, Public: true, Grants: []string{grant.RefreshToken, grant.TokenExchange}}, true, nil
	case "cart", "acquiring":
		c := grant.Client{ID: id, Grants: []string{grant.ClientCredentials, grant.TokenExchange}}
		return c.WithSecrets(secretOf(id), "the former one"), true, nil
	case "web": // a confidential client
		c := grant.Client{
			ID: id, Name: "The web", Grants: []string{grant.AuthorizationCode, grant.RefreshToken}, Algorithm: auth.ES256,
			RedirectURIs: []string{"https://web.test/back", "https://web.test/back?tenant=1"}, PostLogoutRedirectURIs: []string{"https://web.test/bye"},
			Scopes: []string{"openid", "profile", "email", "cart:read", "cart:write", "crm:admin"},
		}
		return c.WithSecrets(secretOf(id)), true, nil
	case "app": // a public one
		return grant.Client{
			ID: id, Name: "The app", Public: true, Grants: []string{grant.AuthorizationCode},
			RedirectURIs: []string{"http://127.0.0.1/back", "http://[::1]/back", "com.example.app:/back", "https://app.test/back"},
			Scopes:       []string{"openid", grant.EveryPermission},
		}, true, nil
	case "secretless":
		return grant.Client{ID: id, Grants: []string{grant.ClientCredentials}}.WithSecrets(""), true, nil
	}
	return grant.Client{}, false, nil
}

type fakeMatrix struct{}

func (fakeMatrix) ForUser(caller, callee string) ([]string, bool) {
	switch caller + ">" + callee {
	case "cart>catalog":
		return []string{"catalog:read", "catalog:write"}, true
	case "acquiring>cart":
		return []string{"cart:read", "cart:write"}, true
	}
	return nil, false
}

func (fakeMatrix) ForService(caller, callee string) ([]string, bool) {
	if caller == "acquiring" && callee == "cart" {
		return []string{"cart:close", "cart:read"}, true
	}
	return nil, caller == "cart" && callee == "catalog"
}

type fakeSessions struct {
	session session.Session
	alive   bool
	err     error
	seen    []session.Redemption

	codes   []session.AuthorizationCode
	revoked []string // ids of tokens
	closed  []uuid.UUID
}

func (f *fakeSessions) Redeem(_ context.Context, r session.Redemption) (session.Session, string, error) {
	f.seen = append(f.seen, r)
	return f.session, "the next one", f.err
}

// InBrowser knows the one session, by the secret that the browser's cookie holds.
func (f *fakeSessions) InBrowser(_ context.Context, secret string) (session.Session, bool, error) {
	return f.session, f.alive && secret == "the cookie", f.err
}

func (f *fakeSessions) IssueCode(_ context.Context, c session.AuthorizationCode) (string, error) {
	if f.err != nil {
		return "", f.err
	}
	code := fmt.Sprintf("code %d", len(f.codes)+1)
	f.codes = append(f.codes, c)
	return code, nil
}

// RedeemCode looks at what a store looks at; that a code serves once is for its tests.
func (f *fakeSessions) RedeemCode(_ context.Context, r session.CodeRedemption) (session.Redeemed, error) {
	var n int
	if _, err := fmt.Sscanf(r.Code, "code %d", &n); err != nil || n < 1 || n > len(f.codes) || f.err != nil {
		return session.Redeemed{}, cmp.Or(f.err, session.ErrCodeUnknown)
	}
	c := f.codes[n-1]
	if c.Client != r.Client || c.RedirectURI != r.RedirectURI || c.Challenge != r.Challenge {
		return session.Redeemed{}, session.ErrCodeUnknown
	}
	child := f.session
	child.Client, child.Scope, child.Parent = c.Client, c.Scope, c.Parent
	redeemed := session.Redeemed{Session: child, Nonce: c.Nonce}
	if r.Continued {
		redeemed.RefreshToken = "the first one"
	}
	return redeemed, nil
}

func (f *fakeSessions) Believes(_ context.Context, p *auth.Principal) (bool, error) {
	over := p.SessionID != f.session.ID.String() || !f.alive
	return !slices.Contains(f.revoked, p.TokenID) && (p.IsService() || !over), f.err
}

func (f *fakeSessions) OfToken(_ context.Context, token string) (session.Session, bool, error) {
	if token != "the first one" {
		return session.Session{}, false, f.err
	}
	of := f.session
	of.Client, of.Scope = "web", []string{"openid", "cart:read"}
	return of, f.alive, f.err
}

func (f *fakeSessions) RevokeToken(_ context.Context, id string, _ time.Time) error {
	f.revoked = append(f.revoked, id)
	return f.err
}

func (f *fakeSessions) End(_ context.Context, id uuid.UUID, _ string) error {
	if id == f.session.ID {
		f.alive = false
	}
	f.closed = append(f.closed, id)
	return f.err
}

// A fakeBrowser has logged in when it is in.
type fakeBrowser struct {
	sessions *fakeSessions
	in       bool
	err      error
	prompts  []grant.Prompt
}

func (f *fakeBrowser) Session(*http.Request) (session.Session, bool, error) {
	return f.sessions.session, f.in, f.err
}

func (f *fakeBrowser) LogIn(w http.ResponseWriter, _ *http.Request, p grant.Prompt) {
	f.prompts = append(f.prompts, p)
	w.WriteHeader(http.StatusOK)
}

func (f *fakeBrowser) Refuse(w http.ResponseWriter, _ *http.Request, err error) {
	status := http.StatusInternalServerError
	if refusal, ok := errors.AsType[*grant.Error](err); ok {
		status = refusal.Status
	}
	http.Error(w, err.Error(), status)
}

func (f *fakeBrowser) ConfirmLogout(w http.ResponseWriter, _ *http.Request, fields map[string]string, leadsTo string) {
	_, _ = fmt.Fprintln(w, "Log out?", fields, leadsTo)
}

func (f *fakeBrowser) OwnForm(r *http.Request) error {
	if r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return nil
	}
	return errors.New("the form is not ours")
}

func (f *fakeBrowser) LoggedOut(w http.ResponseWriter, _ *http.Request) {
	_, _ = fmt.Fprintln(w, "You are logged out.")
}

func (f *fakeBrowser) Forget(http.ResponseWriter) { f.in = false }

type fakeSubjects struct {
	permissions []string
	profile     grant.Profile
	open        bool
	err         error
}

func (f *fakeSubjects) Permissions(context.Context, uuid.UUID) ([]string, bool, error) {
	return slices.Clone(f.permissions), f.open, f.err
}

func (f *fakeSubjects) Profile(context.Context, uuid.UUID) (grant.Profile, bool, error) {
	return f.profile, f.open, f.err
}

// A ring signs by a key of each algorithm and publishes both; as a transport it is the
// way to them.
type ring struct {
	keys   map[string]jose.JSONWebKey // by algorithm
	public []byte
	err    error // of a key-encryption key that is lost, say
}

func newRing(t *testing.T) *ring {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", ed25519.SeedSize)))
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ed := jose.JSONWebKey{Key: private, KeyID: "k1", Algorithm: auth.EdDSA, Use: "sig"}
	ec := jose.JSONWebKey{Key: curve, KeyID: "k2", Algorithm: auth.ES256, Use: "sig"}
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{ed.Public(), ec.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return &ring{keys: map[string]jose.JSONWebKey{auth.EdDSA: ed, auth.ES256: ec}, public: public}
}

func (r *ring) Sign(_ context.Context, algorithm, typ string, payload []byte) (string, error) {
	if r.err != nil {
		return "", r.err
	}
	key := jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: r.keys[algorithm]}
	signer, err := jose.NewSigner(key, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", err
	}
	s, err := signer.Sign(payload)
	if err != nil {
		return "", err
	}
	return s.CompactSerialize()
}

func (r *ring) Public(context.Context) ([]byte, error) { return r.public, r.err }

func (r *ring) RoundTrip(request *http.Request) (*http.Response, error) {
	if r.err != nil {
		return nil, r.err
	}
	return httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) {
		recorder := httptest.NewRecorder()
		_, _ = recorder.Write(r.public)
		return recorder.Result(), nil
	}).RoundTrip(request)
}

// claimsOf reads a token's claims as a stranger would.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no compact JWS", token)
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(text, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
