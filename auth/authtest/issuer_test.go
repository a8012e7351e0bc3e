package authtest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

// An independent implementation believes the tokens too, by the served keys.
func TestIssuer_MintForGoJose(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	issuer.Rotate()
	for _, raw := range []string{issuer.Mint(authtest.User("u1")), issuer.MintES256(authtest.User("u1"))} {
		token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256})
		if err != nil {
			t.Fatal(err)
		}
		var claims jwt.Claims
		if err := token.Claims(keys(t, issuer), &claims); err != nil {
			t.Fatal(err)
		}
		if err := claims.Validate(jwt.Expected{Issuer: authtest.URL, Subject: "u1", AnyAudience: jwt.Audience{"edge"}}); err != nil {
			t.Error(err)
		}
	}
}

func keys(t *testing.T, issuer *authtest.Issuer) *jose.JSONWebKeySet {
	t.Helper()
	w := httptest.NewRecorder()
	issuer.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/oauth/jwks", nil))
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(w.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	return &set
}

func TestIssuer_OverTheNetwork(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	issuer := authtest.NewIssuerAt(server.URL)
	mux.Handle("/", issuer)
	verifier := auth.NewVerifier(auth.VerifierConfig{Issuer: issuer.URL()})

	issuer.SetDown(true)
	if p, err := verifier.Verify(t.Context(), issuer.Mint(authtest.User("u1"))); err == nil {
		t.Errorf("Verify() = %v while the issuer is down, want an error", p)
	}
	issuer.SetDown(false)
	verifier = auth.NewVerifier(auth.VerifierConfig{Issuer: issuer.URL()})
	p, err := verifier.Verify(t.Context(), issuer.Mint(authtest.User("u1")))
	if err != nil || p.Subject != "u1" {
		t.Errorf("Verify() = %v, %v; want u1", p, err)
	}
}

func TestIssuer_SameInEveryRun(t *testing.T) {
	t.Parallel()
	mint := func() (tokens [2]string) {
		synctest.Test(t, func(*testing.T) {
			issuer := authtest.NewIssuer()
			tokens = [2]string{issuer.Mint(authtest.User("u1")), issuer.MintES256(authtest.User("u1"))}
		})
		return tokens
	}
	if first, second := mint(), mint(); first != second {
		t.Errorf("got %v, then %v", first, second)
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	base := authtest.User("u1", "cart:read").Through("shop")
	base.Through("crm").For("cart")
	if got := fmt.Sprintf("%v %s %v", base.Actors, base.ClientID, base.Audience); got != "[shop] shop []" {
		t.Errorf("got %s: what was made of the claims changed them", got)
	}
	at := time.Now().Add(-time.Hour).Truncate(time.Second)
	issuer := authtest.NewIssuer()
	p, err := issuer.Verifier().Verify(t.Context(), issuer.Mint(base.LoggedIn(at)))
	if err != nil || !p.AuthTime.Equal(at) {
		t.Errorf("Verify() = %+v, %v; want a login an hour ago", p, err)
	}
}

func Example() {
	issuer := authtest.NewIssuer()
	verifier := issuer.Verifier()
	buyer := authtest.User("u1", "cart:read")

	for _, refusal := range issuer.Refusals(buyer)[:3] {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/carts/7", nil)
		refusal.Request(r)
		_, _, err := verifier.Authenticate(r.Context(), r)
		fmt.Printf("%s: %v\n", refusal, err)
	}
	// Output:
	// 01 no header: this route needs a token: send the header Authorization: Bearer <access token>
	// 02 empty bearer: the Authorization header holds no bearer token: send Authorization: Bearer <access token>
	// 03 scheme is Basic: the Authorization header holds no bearer token: send Authorization: Bearer <access token>
}
