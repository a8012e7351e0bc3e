package auth_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"
	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/problem"
)

var (
	read  = auth.Perm("cart:read", "See your cart").GrantTo("customer")
	write = auth.Perm("cart:write", "Change your cart").GrantTo("customer")
)

// buyer is a user who may do all that the tests' routes ask for.
func buyer() authtest.Claims { return authtest.User("u1", "cart:read", "cart:write") }

func request(t *testing.T, present func(*http.Request)) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://cart.test/carts/7?page=2", nil)
	present(r)
	return r
}

func wantProblem(t *testing.T, err error, status int, code string) {
	t.Helper()
	if got := problem.Status(err); err == nil || got != status || problem.Code(err) != code {
		t.Errorf("got %d %s (%v), want %d %s", got, problem.Code(err), err, status, code)
	}
}

// The path of every request: authenticate, then authorize. Which of the two
// refuses does not matter to the caller.
func TestRefusals1To20_AtTheVerifier(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	for _, verified := range []bool{false, true} { // with an empty and with a warm cache
		verifier := issuer.Verifier()
		if verified {
			if _, err := verifier.Verify(t.Context(), issuer.Mint(buyer())); err != nil {
				t.Fatal(err)
			}
		}
		for _, refusal := range issuer.Refusals(buyer()) {
			t.Run(fmt.Sprintf("%s, warm %v", refusal, verified), func(t *testing.T) {
				t.Parallel()
				err := admit(verifier, request(t, refusal.Request))
				wantProblem(t, err, http.StatusUnauthorized, refusal.Code)
				if challenge := problem.From(err).Headers().Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer") {
					t.Errorf("WWW-Authenticate = %q, want a Bearer challenge", challenge)
				}
			})
		}
	}
}

func admit(verifier *auth.Verifier, r *http.Request) error {
	p, _, err := verifier.Authenticate(r.Context(), r)
	if err != nil {
		return err
	}
	return auth.Need(read).Authorize(p, []string{"cart", "edge"}, time.Now())
}

func TestAuthtest_RefusalsAreComplete(t *testing.T) {
	t.Parallel()
	seen := map[int]bool{}
	names := map[string]bool{}
	for _, refusal := range authtest.NewIssuer().Refusals(buyer()) {
		seen[refusal.Number] = true
		if names[refusal.String()] {
			t.Errorf("two refusals are named %q", refusal)
		}
		names[refusal.String()] = true
	}
	for number := 1; number <= 20; number++ {
		if !seen[number] {
			t.Errorf("refusal %d is missing", number)
		}
	}
}

func TestVerifier_Authenticate(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	verifier := issuer.Verifier()
	good := issuer.Mint(buyer())
	for name, present := range map[string]func(*http.Request){
		"as it should be":                authtest.Present(good),
		"scheme in lower case":           func(r *http.Request) { r.Header.Set("Authorization", "bearer "+good) },
		"query with a similar name":      func(r *http.Request) { r.URL.RawQuery = "access_tokens=1&my_access_token=2"; authtest.Present(good)(r) },
		"query that cannot be unescaped": func(r *http.Request) { r.URL.RawQuery = "a%zz=1&&"; authtest.Present(good)(r) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := request(t, present)
			p, raw, err := verifier.Authenticate(r.Context(), r)
			if err != nil || p.Subject != "u1" || raw != good {
				t.Errorf("Authenticate() = %v, %v; want u1 and the raw token", p, err)
			}
		})
	}
}

func TestVerifier_Verify(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()

	t.Run("every claim arrives", func(t *testing.T) {
		t.Parallel()
		claims := authtest.User("u1", "cart:write", "cart:read", "cart:read").For("cart", "acquiring").Through("shop").Through("acquiring")
		claims.TokenID = "t7"
		p := verify(t, issuer.Verifier(), issuer.Mint(claims))
		got := fmt.Sprintf("%s %s %s %s %v %v %v %s %v", p.Subject, p.ClientID, p.SessionID, p.TokenID, p.Audience, p.Actors, p.Scopes(), p.Service(), p.IsService())
		want := "u1 acquiring session-of-u1 t7 [cart acquiring] [acquiring shop] [cart:read cart:write] acquiring false"
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if p.AuthTime.IsZero() || p.IssuedAt.IsZero() || p.ExpiresAt.Sub(p.IssuedAt) != 5*time.Minute {
			t.Errorf("times = %v, %v, %v", p.AuthTime, p.IssuedAt, p.ExpiresAt)
		}
	})
	t.Run("ES256", func(t *testing.T) {
		t.Parallel()
		if p := verify(t, issuer.Verifier(), issuer.MintES256(buyer())); p.Subject != "u1" {
			t.Errorf("Subject = %q, want u1", p.Subject)
		}
	})
	t.Run("eight actors and not nine", func(t *testing.T) {
		t.Parallel()
		claims := buyer()
		for range 8 {
			claims = claims.Through("shop")
		}
		verify(t, issuer.Verifier(), issuer.Mint(claims))
		_, err := issuer.Verifier().Verify(t.Context(), issuer.Mint(claims.Through("shop")))
		wantProblem(t, err, http.StatusUnauthorized, "invalid_token")
	})
	t.Run("the same token is the same principal", func(t *testing.T) {
		t.Parallel()
		verifier, raw := issuer.Verifier(), issuer.Mint(buyer())
		if first, second := verify(t, verifier, raw), verify(t, verifier, raw); first != second {
			t.Error("a cached token was verified anew")
		}
	})
	t.Run("without an issuer nothing is believed", func(t *testing.T) {
		t.Parallel()
		_, err := auth.NewVerifier(auth.VerifierConfig{Transport: issuer}).Verify(t.Context(), issuer.Mint(buyer()))
		wantProblem(t, err, http.StatusInternalServerError, problem.Code(err))
	})
}

func verify(t *testing.T, verifier *auth.Verifier, raw string) *auth.Principal {
	t.Helper()
	p, err := verifier.Verify(t.Context(), raw)
	if err != nil {
		t.Fatalf("Verify() = %v, want a principal", err)
	}
	return p
}

// Tokens of an independent implementation, so that the verifier is not only
// right about its own test kit.
func TestVerifier_TokensOfGoJose(t *testing.T) {
	t.Parallel()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	transport := documents{"/oauth/jwks": jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: private.Public(), KeyID: "r1"}}}}
	config := auth.VerifierConfig{Issuer: authtest.URL, Transport: transport}
	raw := joseToken(t, jose.SigningKey{Algorithm: jose.RS256, Key: private}, "r1")

	t.Run("RS256 is refused by default", func(t *testing.T) {
		t.Parallel()
		_, err := auth.NewVerifier(config).Verify(t.Context(), raw)
		wantProblem(t, err, http.StatusUnauthorized, "invalid_token")
	})
	t.Run("RS256 when configured", func(t *testing.T) {
		t.Parallel()
		foreign := config
		foreign.Algorithms = []string{auth.RS256}
		if p := verify(t, auth.NewVerifier(foreign), raw); p.Subject != "u1" {
			t.Errorf("Subject = %q, want u1", p.Subject)
		}
	})
}

func joseToken(t *testing.T, key jose.SigningKey, id string) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("application/at+JWT").WithHeader("kid", id)
	signer, err := jose.NewSigner(key, options)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	payload := fmt.Sprintf(`{"iss":%q,"sub":"u1","client_id":"c","aud":["edge"],"jti":"j","iat":%d.25,"exp":%d.75}`, authtest.URL, now, now+60)
	signed, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// documents serves one JSON document per path.
type documents map[string]any

func (d documents) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	document, found := d[r.URL.Path]
	if !found {
		w.WriteHeader(http.StatusNotFound)
		return w.Result(), nil
	}
	err := json.NewEncoder(w).Encode(document)
	return w.Result(), err
}

func TestVerifier_Expiry(t *testing.T) {
	t.Parallel()
	for name, claims := range map[string]authtest.Claims{"cached": buyer(), "of a service": authtest.Service("crm").For("cart")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				issuer := authtest.NewIssuer()
				verifier, raw := issuer.Verifier(), issuer.Mint(claims)
				verify(t, verifier, raw)
				time.Sleep(5*time.Minute + 4*time.Second) // within the skew
				verify(t, verifier, raw)
				time.Sleep(time.Second)
				_, err := verifier.Verify(t.Context(), raw)
				wantProblem(t, err, http.StatusUnauthorized, "invalid_token")
				synctest.Wait()
			})
		})
	}
}

// One changed letter anywhere is enough.
func TestVerifier_AnyChangeIsRefused(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	verifier := issuer.Verifier()
	for _, raw := range []string{issuer.Mint(buyer()), issuer.MintES256(buyer())} {
		verify(t, verifier, raw)
		rapid.Check(t, func(rt *rapid.T) {
			at := rapid.IntRange(0, len(raw)-1).Draw(rt, "at")
			letter := rapid.SampledFrom([]byte("ABCxyz019-_.=\n ")).Draw(rt, "letter")
			changed := raw[:at] + string(letter) + raw[at+1:]
			if rapid.Bool().Draw(rt, "insert") {
				changed = raw[:at] + string(letter) + raw[at:]
			}
			if _, err := verifier.Verify(t.Context(), changed); changed != raw && problem.Status(err) != http.StatusUnauthorized {
				rt.Errorf("changed at %d: %v, want 401", at, err)
			}
		})
	}
}

func TestVerifier_ManyAtOnce(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	verifier := auth.NewVerifier(auth.VerifierConfig{Issuer: issuer.URL(), Transport: issuer, CacheSize: 64})
	tokens := make([]string, 50)
	for i := range tokens {
		tokens[i] = issuer.Mint(authtest.User(fmt.Sprint("u", i)))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i, raw := range slices.Concat(tokens, tokens) {
				p, err := verifier.Verify(t.Context(), raw)
				if want := fmt.Sprint("u", i%len(tokens)); err != nil || p.Subject != want {
					t.Errorf("Verify() = %v, %v; want %s", p, err, want)
				}
			}
		})
	}
	wg.Wait()
	if got := issuer.Fetches(); got != 1 {
		t.Errorf("%d fetches of the keys, want 1", got)
	}
}
