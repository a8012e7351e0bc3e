package auth_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

// refused wants a token that was good to be so no more.
func refused(t *testing.T, verifier *auth.Verifier, raw string) {
	t.Helper()
	_, err := verifier.Verify(t.Context(), raw)
	wantProblem(t, err, http.StatusUnauthorized, "invalid_token")
	if err != nil && !strings.Contains(err.Error(), "session has ended") {
		t.Errorf("the refusal %q does not say why", err)
	}
}

func TestRefusal20_RevokedSession(t *testing.T) {
	t.Parallel()

	t.Run("that ended before its token came", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			issuer.EndSession("session-of-u1")
			refused(t, verifier, issuer.Mint(buyer()))
		})
	})
	t.Run("is known within five seconds, though its token is remembered", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			raw, other := issuer.Mint(buyer()), issuer.Mint(authtest.User("u2"))
			verify(t, verifier, raw)
			verify(t, verifier, other)
			issuer.EndSession("session-of-u1")
			time.Sleep(5 * time.Second)
			refused(t, verifier, raw)
			refused(t, verifier, issuer.Mint(buyer()))
			verify(t, verifier, other)
		})
	})
	t.Run("is known behind a call that came a second earlier", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			raw := issuer.Mint(buyer())
			verify(t, verifier, raw)
			issuer.EndSession("session-of-u1")
			time.Sleep(4 * time.Second)
			verify(t, verifier, raw) // begins the look and does not wait
			synctest.Wait()
			refused(t, verifier, raw)
		})
	})
	t.Run("and a revoked token, whose session goes on", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			revoked := buyer()
			revoked.TokenID = "stolen"
			issuer.Revoke(auth.Revocation{Key: auth.TokenKey("stolen")})
			refused(t, verifier, issuer.Mint(revoked))
			verify(t, verifier, issuer.Mint(buyer()))
		})
	})
	t.Run("and what a client got before its secret was changed", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			crm := authtest.Service("crm").For("cart")
			old, forUser := issuer.Mint(crm), issuer.Mint(buyer().Through("crm").For("cart"))
			time.Sleep(time.Second)
			issuer.Revoke(auth.Revocation{Key: auth.ClientKey("crm"), Before: time.Now()})
			refused(t, verifier, old)
			refused(t, verifier, forUser)
			verify(t, verifier, issuer.Mint(crm))
		})
	})
}

func TestRevocations_Looks(t *testing.T) {
	t.Parallel()

	t.Run("are one in four seconds, however many call", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			raw := issuer.Mint(buyer())
			for range 40 {
				var wg sync.WaitGroup
				for range 10 {
					wg.Go(func() { verify(t, verifier, raw) })
				}
				wg.Wait()
				time.Sleep(time.Second)
			}
			if got := issuer.Looks(); got != 10 {
				t.Errorf("%d looks in 40 s, want 10", got)
			}
		})
	})
	t.Run("do not happen while nobody calls", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			verify(t, verifier, issuer.Mint(buyer()))
			time.Sleep(time.Hour)
			if got := issuer.Looks(); got != 1 {
				t.Errorf("%d looks, want the first one", got)
			}
		})
	})
	t.Run("are not caused by forgeries", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			refuseAll(t, verifier, forgeries(10))
			if got := issuer.Looks(); got != 0 {
				t.Errorf("%d looks, want none", got)
			}
		})
	})
	t.Run("read to the end of a long list", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			for i := range 1000 {
				issuer.EndSession(fmt.Sprint(i))
			}
			issuer.EndSession("session-of-u1")
			refused(t, verifier, issuer.Mint(buyer()))
		})
	})
	t.Run("of an issuer without a list are none", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, _ *auth.Verifier) {
			for name, config := range map[string]auth.VerifierConfig{
				"by discovery":     {Issuer: issuer.URL(), Transport: documents{"/oauth/jwks": goodKeys(t, issuer), wellKnown: map[string]string{"issuer": issuer.URL(), "jwks_uri": issuer.URL() + "/oauth/jwks"}}},
				"without any":      {Issuer: issuer.URL(), Transport: documents{"/oauth/jwks": goodKeys(t, issuer)}},
				"by configuration": {Issuer: issuer.URL(), Transport: issuer, JWKSURL: issuer.URL() + "/oauth/jwks"},
			} {
				verifier, raw := auth.NewVerifier(config), issuer.Mint(buyer())
				for range 10 {
					verify(t, verifier, raw)
					time.Sleep(10 * time.Second)
				}
				if got := issuer.Looks(); got != 0 {
					t.Errorf("%s: %d looks, want none", name, got)
				}
			}
		})
	})
}

func TestRevocations_IssuerDown(t *testing.T) {
	t.Parallel()

	t.Run("live tokens go on and ended sessions stay ended", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			live, ended := issuer.Mint(buyer()), issuer.Mint(authtest.User("u2"))
			issuer.EndSession("session-of-u2")
			verify(t, verifier, live)
			issuer.SetDown(true)
			for range 240 {
				time.Sleep(time.Second)
				verify(t, verifier, live)
				refused(t, verifier, ended)
				synctest.Wait()
			}
			if got := issuer.Looks(); got < 230 || got > 240 {
				t.Errorf("%d looks in 4 minutes, want one a second", got)
			}
		})
	})
	t.Run("what ended meanwhile is known a second after it is back", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, verifier *auth.Verifier) {
			raw := issuer.Mint(buyer())
			verify(t, verifier, raw)
			issuer.SetDown(true)
			time.Sleep(time.Minute)
			verify(t, verifier, raw)
			issuer.EndSession("session-of-u1")
			issuer.SetDown(false)
			time.Sleep(time.Second)
			verify(t, verifier, raw)
			synctest.Wait()
			refused(t, verifier, raw)
		})
	})
	t.Run("that hangs is waited for once, and for a second", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, _ *auth.Verifier) {
			slow := &slowAfter{RoundTripper: issuer, quick: 2} // the keys and the first look
			verifier := auth.NewVerifier(auth.VerifierConfig{
				Issuer: issuer.URL(), JWKSURL: issuer.URL() + "/oauth/jwks", RevocationsURL: issuer.URL() + "/oauth/revocations", Transport: slow,
			})
			raw := issuer.Mint(buyer())
			verify(t, verifier, raw)
			var waited []time.Duration
			for range 60 {
				time.Sleep(time.Second)
				begun := time.Now()
				verify(t, verifier, raw)
				if took := time.Since(begun); took > 0 {
					waited = append(waited, took)
				}
			}
			if len(waited) > 1 || len(waited) == 1 && waited[0] > time.Second {
				t.Errorf("calls waited for %v, want at most one second in all", waited)
			}
		})
	})
	t.Run("that hangs when a quiet process is called again holds the call for a second", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(t *testing.T, issuer *authtest.Issuer, _ *auth.Verifier) {
			verifier := auth.NewVerifier(auth.VerifierConfig{
				Issuer: issuer.URL(), JWKSURL: issuer.URL() + "/oauth/jwks", RevocationsURL: issuer.URL() + "/oauth/revocations",
				Transport: &slowAfter{RoundTripper: issuer, quick: 2},
			})
			raw := issuer.Mint(buyer())
			verify(t, verifier, raw)
			time.Sleep(time.Minute)
			begun := time.Now()
			verify(t, verifier, raw)
			verify(t, verifier, raw)
			if took := time.Since(begun); took != time.Second {
				t.Errorf("two calls took %s, want one second for the look and no more", took)
			}
		})
	})
}

const wellKnown = "/.well-known/openid-configuration"

// slowAfter answers some requests at once, and none after them.
type slowAfter struct {
	http.RoundTripper
	quick int

	mu   sync.Mutex
	seen int
}

func (s *slowAfter) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.seen++
	quick := s.seen <= s.quick
	s.mu.Unlock()
	if quick {
		return s.RoundTripper.RoundTrip(r)
	}
	return slowly{s.RoundTripper, time.Hour}.RoundTrip(r)
}

// An issuer whose list is wrong does no harm to tokens that are good.
func TestRevocations_WrongDocuments(t *testing.T) {
	t.Parallel()
	for name, document := range map[string]any{
		"text":        "hello",
		"a short key": map[string]any{"cursor": "1", "revoked": []any{map[string]any{"key": "abc", "until": time.Now()}}},
		"too long":    map[string]any{"cursor": strings.Repeat("x", 256<<10)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, issuer *authtest.Issuer, _ *auth.Verifier) {
				verifier := auth.NewVerifier(auth.VerifierConfig{
					Issuer: issuer.URL(), RevocationsURL: issuer.URL() + "/oauth/revocations",
					Transport: documents{"/oauth/jwks": goodKeys(t, issuer), "/oauth/revocations": document},
				})
				verify(t, verifier, issuer.Mint(buyer()))
			})
		})
	}
}

func TestRevocationKey_Text(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "short": "abc", "long": strings.Repeat("A", 44), "no base64": strings.Repeat("*", 43), "padded": strings.Repeat("A", 43) + "="} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := new(auth.RevocationKey).UnmarshalText([]byte(text)); err == nil {
				t.Errorf("UnmarshalText(%q) = nil, want an error", text)
			}
		})
	}
	t.Run("comes back as it was", func(t *testing.T) {
		t.Parallel()
		sent := auth.Revocation{Key: auth.SessionKey("s1"), Until: time.Unix(1, 0).UTC()}
		text, err := json.Marshal(sent)
		var got auth.Revocation
		if err := json.Unmarshal(text, &got); err != nil || got != sent {
			t.Errorf("%s became %+v, %v", text, got, err)
		}
		if err != nil {
			t.Error(err)
		}
	})
}
