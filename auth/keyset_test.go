package auth_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/problem"
)

// bubble runs the test in time of its own, with an issuer and its verifier.
func bubble(t *testing.T, test func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		issuer := authtest.NewIssuer()
		test(t, issuer, issuer.Verifier())
		time.Sleep(10 * time.Second) // a fetch in the background is given up by then
	})
}

// forgeries are tokens of n different key ids, none of which the issuer has.
func forgeries(n int) []string {
	foreign, all := authtest.NewIssuerAt("https://forger.test"), make([]string, 0, n)
	for range n {
		foreign.Rotate()
		all = append(all, foreign.Mint(buyer()))
	}
	return all
}

func TestKeys_ForgedKeyIDs(t *testing.T) {
	t.Parallel()
	forged := forgeries(100)

	t.Run("one after the other cost one fetch", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			verify(t, verifier, issuer.Mint(buyer()))
			refuseAll(t, verifier, forged)
			if got := issuer.Fetches(); got != 2 {
				t.Errorf("%d fetches, want the first one and one for all forgeries", got)
			}
		})
	})
	t.Run("at once cost one fetch", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			var wg sync.WaitGroup
			for _, raw := range forged {
				wg.Go(func() { refuseAll(t, verifier, []string{raw}) })
			}
			wg.Wait()
			if got := issuer.Fetches(); got != 1 {
				t.Errorf("%d fetches, want 1", got)
			}
			refuseAll(t, verifier, forged)
			if got := issuer.Fetches(); got != 1 {
				t.Errorf("%d fetches after the same again, want 1", got)
			}
		})
	})
	t.Run("cost one fetch in 30 seconds", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			refuseAll(t, verifier, forged)
			time.Sleep(29 * time.Second)
			refuseAll(t, verifier, forged)
			if got := issuer.Fetches(); got != 1 {
				t.Errorf("%d fetches in 29 s, want 1", got)
			}
			time.Sleep(time.Second)
			refuseAll(t, verifier, forged)
			if got := issuer.Fetches(); got != 2 {
				t.Errorf("%d fetches in 30 s, want 2", got)
			}
		})
	})
	t.Run("do not lock out the good ones", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			refuseAll(t, verifier, forged)
			verify(t, verifier, issuer.Mint(buyer()))
		})
	})
	t.Run("do not begin fetches while the issuer is down", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			verify(t, verifier, issuer.Mint(buyer()))
			issuer.SetDown(true)
			for _, raw := range forged {
				_, err := verifier.Verify(t.Context(), raw)
				wantProblem(t, err, http.StatusServiceUnavailable, "unavailable")
			}
			if got := issuer.Fetches(); got != 2 {
				t.Errorf("%d fetches, want 2", got)
			}
		})
	})
}

func refuseAll(t *testing.T, verifier *auth.Verifier, tokens []string) {
	t.Helper()
	for _, raw := range tokens {
		_, err := verifier.Verify(t.Context(), raw)
		wantProblem(t, err, http.StatusUnauthorized, "invalid_token")
	}
}

func TestKeys_Rotation(t *testing.T) {
	t.Parallel()

	t.Run("a new key is found at once", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			old := issuer.Mint(buyer())
			verify(t, verifier, old)
			issuer.Rotate()
			verify(t, verifier, issuer.Mint(buyer()))
			verify(t, verifier, old)
		})
	})
	t.Run("a withdrawn key takes its verified tokens along", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			old := authtest.User("u1")
			old.Lifetime = time.Hour
			raw := issuer.Mint(old)
			verify(t, verifier, raw)
			issuer.Rotate()
			issuer.Withdraw()
			time.Sleep(5 * time.Minute)
			verify(t, verifier, raw) // remembered; begins the refresh
			synctest.Wait()
			time.Sleep(time.Minute)
			_, err := verifier.Verify(t.Context(), raw)
			wantProblem(t, err, http.StatusUnauthorized, "invalid_token")
		})
	})
	t.Run("keys are refreshed every five minutes, behind the caller", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			for minute := range 11 {
				verify(t, verifier, issuer.Mint(buyer()))
				synctest.Wait()
				if got, want := issuer.Fetches(), 1+minute/5; got != want {
					t.Errorf("%d fetches after %d minutes, want %d", got, minute, want)
				}
				time.Sleep(time.Minute)
			}
		})
	})
}

func TestKeys_IssuerDown(t *testing.T) {
	t.Parallel()

	t.Run("from the start is 503 and no 401", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			issuer.SetDown(true)
			_, err := verifier.Verify(t.Context(), issuer.Mint(buyer()))
			wantProblem(t, err, http.StatusServiceUnavailable, "unavailable")
			if !errors.Is(err, authtest.ErrDown) {
				t.Errorf("the cause %v is lost to the log", authtest.ErrDown)
			}
			if got := problem.From(err).Headers().Get("Retry-After"); got != "1" {
				t.Errorf("Retry-After = %q, want 1", got)
			}
		})
	})
	t.Run("is asked once a second and forgiven", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			issuer.SetDown(true)
			raw := issuer.Mint(buyer())
			for range 10 {
				_, err := verifier.Verify(t.Context(), raw)
				wantProblem(t, err, http.StatusServiceUnavailable, "unavailable")
			}
			issuer.SetDown(false)
			time.Sleep(time.Second)
			verify(t, verifier, raw)
		})
	})
	t.Run("keeps the keys for a day", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			verify(t, verifier, issuer.Mint(buyer()))
			issuer.SetDown(true)
			for range 24 {
				time.Sleep(time.Hour)
				verify(t, verifier, issuer.Mint(buyer()))
				synctest.Wait()
			}
			time.Sleep(time.Second)
			_, err := verifier.Verify(t.Context(), issuer.Mint(buyer()))
			wantProblem(t, err, http.StatusServiceUnavailable, "unavailable")
		})
	})
	t.Run("is looked at again after half a minute", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			verify(t, verifier, issuer.Mint(buyer()))
			issuer.SetDown(true)
			time.Sleep(5 * time.Minute)
			for range 60 {
				verify(t, verifier, issuer.Mint(buyer()))
				synctest.Wait()
				time.Sleep(time.Second)
			}
			if got := issuer.Fetches(); got > 4 {
				t.Errorf("%d fetches within a minute, want one in 30 s", got)
			}
		})
	})
}

// A slow issuer answers after a while, or when the request is given up.
type slowly struct {
	http.RoundTripper
	after time.Duration
}

func (s slowly) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(s.after):
		return s.RoundTripper.RoundTrip(r)
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

func TestKeys_SlowIssuer(t *testing.T) {
	t.Parallel()

	t.Run("the fetch outlives the caller who began it", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, _ *auth.Verifier) {
			verifier := slowVerifier(issuer, time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			if _, err := verifier.Verify(ctx, issuer.Mint(buyer())); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Verify() = %v, want the deadline", err)
			}
			verify(t, verifier, issuer.Mint(buyer()))
			if got := issuer.Fetches(); got != 1 {
				t.Errorf("%d fetches, want the one that the first caller began", got)
			}
		})
	})
	t.Run("nobody waits for a refresh", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, _ *auth.Verifier) {
			verifier := slowVerifier(issuer, time.Second)
			verify(t, verifier, issuer.Mint(buyer()))
			time.Sleep(10 * time.Minute)
			begun := time.Now()
			verify(t, verifier, issuer.Mint(buyer()))
			if took := time.Since(begun); took != 0 {
				t.Errorf("the call took %s, want no waiting", took)
			}
		})
	})
	t.Run("is given up after five seconds", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, _ *auth.Verifier) {
			begun := time.Now()
			_, err := slowVerifier(issuer, time.Hour).Verify(t.Context(), issuer.Mint(buyer()))
			wantProblem(t, err, http.StatusServiceUnavailable, "unavailable")
			if took := time.Since(begun); took != 5*time.Second {
				t.Errorf("the call took %s, want 5s", took)
			}
		})
	})
}

func slowVerifier(issuer *authtest.Issuer, after time.Duration) *auth.Verifier {
	// One request and not two, since the keys' address is given.
	return auth.NewVerifier(auth.VerifierConfig{
		Issuer: issuer.URL(), JWKSURL: issuer.URL() + "/oauth/jwks", Transport: slowly{issuer, after},
	})
}

// goodKeys is the issuer's own key set, for documents around it.
func goodKeys(t *testing.T, issuer *authtest.Issuer) jose.JSONWebKeySet {
	t.Helper()
	w := httptest.NewRecorder()
	issuer.ServeHTTP(w, request(t, func(r *http.Request) { r.URL.Path = "/oauth/jwks" }))
	var set jose.JSONWebKeySet
	if err := json.NewDecoder(w.Body).Decode(&set); err != nil {
		t.Fatal(err)
	}
	return set
}

func TestKeys_Documents(t *testing.T) {
	t.Parallel()
	issuer := authtest.NewIssuer()
	good := goodKeys(t, issuer)
	ed := func(change func(*jose.JSONWebKey)) jose.JSONWebKeySet {
		key := good.Keys[0]
		change(&key)
		return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}}
	}
	many := jose.JSONWebKeySet{}
	for i := range 65 {
		many.Keys = append(many.Keys, ed(func(k *jose.JSONWebKey) { k.KeyID = fmt.Sprint(k.KeyID, i) }).Keys...)
	}
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	discovery := func(iss, keys string) map[string]string {
		return map[string]string{"issuer": iss, "jwks_uri": keys}
	}
	const jwks = "/oauth/jwks"

	for name, documents := range map[string]documents{
		"no discovery document":        {jwks: good},
		"keys at another address":      {wellKnown: discovery(issuer.URL(), "https://keys.test/k"), "/k": good},
		"among keys of other types":    {jwks: jose.JSONWebKeySet{Keys: append([]jose.JSONWebKey{{Key: weak.Public(), KeyID: "r"}}, good.Keys...)}},
		"among keys that no one knows": {jwks: map[string]any{"keys": []any{map[string]string{"kty": "ML-DSA", "kid": "pq"}, good.Keys[0]}}},
		"without use and alg":          {jwks: ed(func(k *jose.JSONWebKey) { k.Use, k.Algorithm = "", "" })},
	} {
		t.Run("good/"+name, func(t *testing.T) {
			t.Parallel()
			verify(t, auth.NewVerifier(auth.VerifierConfig{Issuer: issuer.URL(), Transport: documents}), issuer.Mint(buyer()))
		})
	}
	for name, documents := range map[string]documents{
		"nothing":                      {},
		"not JSON of keys":             {jwks: []string{"keys"}},
		"no keys":                      {jwks: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}},
		"too many keys":                {jwks: many},
		"too long":                     {jwks: map[string]any{"keys": good.Keys, "padding": strings.Repeat("x", 256<<10)}},
		"keys for encryption only":     {jwks: ed(func(k *jose.JSONWebKey) { k.Use = "enc" })},
		"keys without an id":           {jwks: ed(func(k *jose.JSONWebKey) { k.KeyID = "" })},
		"keys of another alg":          {jwks: ed(func(k *jose.JSONWebKey) { k.Algorithm = "ES256" })},
		"discovery of another":         {wellKnown: discovery("https://evil.test", "https://sso.test/oauth/jwks"), jwks: good},
		"discovery without keys":       {wellKnown: discovery(issuer.URL(), ""), jwks: good},
		"revocations without TLS":      {wellKnown: map[string]string{"issuer": issuer.URL(), "jwks_uri": "https://sso.test/oauth/jwks", "slipway_revocations_uri": "http://sso.test/r"}, jwks: good},
		"a token endpoint without TLS": {wellKnown: map[string]string{"issuer": issuer.URL(), "jwks_uri": "https://sso.test/oauth/jwks", "token_endpoint": "http://sso.test/t"}, jwks: good},
		"keys without TLS":             {wellKnown: discovery(issuer.URL(), "http://sso.test/oauth/jwks"), jwks: good},
		"discovery that is text":       {wellKnown: "hello", jwks: good},
	} {
		t.Run("bad/"+name, func(t *testing.T) {
			t.Parallel()
			_, err := auth.NewVerifier(auth.VerifierConfig{Issuer: issuer.URL(), Transport: documents}).Verify(t.Context(), issuer.Mint(buyer()))
			wantProblem(t, err, http.StatusServiceUnavailable, "unavailable")
		})
	}
}
