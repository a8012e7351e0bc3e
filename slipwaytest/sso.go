package slipwaytest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

// ssoName is that of the module which issues a product's tokens.
const ssoName = "sso"

// edgeAudience is the audience of a user's token.
const edgeAudience = "edge"

// testSSO is the token issuer of tests: authtest's keys, and the two grants with
// which services call each other. It gives every permission of the neighbour
// that the user has and asks nobody's password.
type testSSO struct {
	issuer    *authtest.Issuer
	contracts map[string]*api.Contract
}

func newSSO(issuer *authtest.Issuer, modules []slipway.Module) *testSSO {
	s := &testSSO{issuer: issuer, contracts: map[string]*api.Contract{}}
	for _, m := range modules {
		s.contracts[m.Name()] = m.Contract()
	}
	return s
}

// believe gives the world the tokens of the kit, or leaves it those of the
// product's own SSO, and returns what verifies them.
func (w *world) believe(t testing.TB, own bool) *auth.Verifier {
	t.Helper()
	if !own {
		w.sso = newSSO(authtest.NewIssuer(), w.modules)
		return w.sso.issuer.Verifier()
	}
	w.signUp = (*Kit).register
	product := http.HandlerFunc(func(answer http.ResponseWriter, r *http.Request) { w.app.Handler().ServeHTTP(answer, r) })
	return auth.NewVerifier(auth.VerifierConfig{Issuer: authtest.URL, JWKSURL: authtest.URL + "/oauth/jwks", RevocationsURL: authtest.URL + "/oauth/revocations", Transport: local(t, product)})
}

const tokenPath = "/oauth/token"

// serves reports whether the path is one that the issuer alone does not serve.
func (*testSSO) serves(path string) bool { return path == tokenPath || path == authtest.DiscoveryPath }

// RoundTrip serves the SSO inside the process.
func (s *testSSO) RoundTrip(r *http.Request) (*http.Response, error) {
	if !s.serves(r.URL.Path) {
		return s.issuer.RoundTrip(r)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	resp := w.Result()
	resp.Request = r
	return resp, nil
}

// ServeHTTP serves the SSO to processes of a deployment.
func (s *testSSO) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case tokenPath:
		s.token(w, r)
	case authtest.DiscoveryPath:
		m := s.issuer.Metadata()
		m.TokenEndpoint, m.GrantTypes = m.Issuer+tokenPath, []string{"client_credentials", auth.TokenExchange}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(m) // the client may be gone
	default:
		s.issuer.ServeHTTP(w, r)
	}
}

func (s *testSSO) token(w http.ResponseWriter, r *http.Request) {
	const limit = 64 << 10
	body, err := io.ReadAll(io.LimitReader(r.Body, limit))
	if err != nil {
		http.Error(w, `{"error":"invalid_request"}`, http.StatusBadRequest)
		return
	}
	form, err := url.ParseQuery(string(body))
	client, _, ok := r.BasicAuth()
	if err != nil || !ok {
		http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
		return
	}
	claims, ok := s.grant(r, client, form)
	if !ok {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	b := &bytes.Buffer{}
	_ = json.NewEncoder(b).Encode(map[string]any{"access_token": s.issuer.Mint(claims), "token_type": "Bearer", "expires_in": 300})
	_, _ = w.Write(b.Bytes())
}

func (s *testSSO) grant(r *http.Request, client string, form url.Values) (authtest.Claims, bool) {
	audience := form.Get("audience")
	if form.Get("grant_type") == "client_credentials" {
		return authtest.Service(client, s.serviceScope(client, audience)...).For(audience), true
	}
	p, err := s.issuer.Verifier().Verify(r.Context(), form.Get("subject_token"))
	if err != nil || !slices.Contains(p.Audience, edgeAudience) && !slices.Contains(p.Audience, client) {
		return authtest.Claims{}, false
	}
	user := authtest.User(p.Subject, p.Scopes()...).Through(client).For(audience)
	user.Session = p.SessionID
	return user, true
}

// serviceScope is what the neighbour's routes ask of a service that they admit.
func (s *testSSO) serviceScope(client, audience string) []string {
	var scope []string
	c := s.contracts[audience]
	if c == nil {
		return nil
	}
	for _, r := range c.Routes() {
		if r.Access().AdmitsService(client) {
			for _, p := range r.Access().Permissions() {
				scope = append(scope, p.Name())
			}
		}
	}
	return scope
}
