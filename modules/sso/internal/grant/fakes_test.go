package grant_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
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
	keys     *ring
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
		keys:     ring,
	}
	w.Server = grant.NewServer(grant.Config{
		Issuer: issuer, EdgeAudience: "edge", FirstParty: "slipway", Origins: []string{"https://app.test"},
		Minter: w.minter, Keys: ring, Clients: fakeClients{}, Matrix: fakeMatrix{}, Sessions: w.sessions,
		Subjects: w.subjects, Verifier: w.verifier, Logger: telemetry.Discard(),
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
		return grant.Client{ID: id, Public: true, Grants: []string{grant.RefreshToken}}, true, nil
	case "cart", "acquiring":
		c := grant.Client{ID: id, Grants: []string{grant.ClientCredentials, grant.TokenExchange}}
		return c.WithSecrets(secretOf(id), "the former one"), true, nil
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
}

func (f *fakeSessions) Redeem(_ context.Context, r session.Redemption) (session.Session, string, error) {
	f.seen = append(f.seen, r)
	return f.session, "the next one", f.err
}

func (f *fakeSessions) Alive(_ context.Context, id uuid.UUID) (bool, error) {
	return f.alive && id == f.session.ID, f.err
}

type fakeSubjects struct {
	permissions []string
	open        bool
	err         error
}

func (f *fakeSubjects) Permissions(context.Context, uuid.UUID) ([]string, bool, error) {
	return slices.Clone(f.permissions), f.open, f.err
}

// A ring signs by one key and publishes it; as a transport it is the way to it.
type ring struct {
	signer jose.Signer
	public []byte
	err    error // of a key-encryption key that is lost, say
}

func newRing(t *testing.T) *ring {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat("s", ed25519.SeedSize)))
	key := jose.JSONWebKey{Key: private, KeyID: "k1", Algorithm: "EdDSA", Use: "sig"}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: key}, (&jose.SignerOptions{}).WithType("at+jwt"))
	if err != nil {
		t.Fatal(err)
	}
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return &ring{signer: signer, public: public}
}

func (r *ring) Sign(_ context.Context, payload []byte) (string, error) {
	if r.err != nil {
		return "", r.err
	}
	s, err := r.signer.Sign(payload)
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
