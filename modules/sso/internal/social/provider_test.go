package social_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/sso/internal/social"
	"github.com/slipway-go/slipway/modules/sso/internal/social/socialtest"
)

var ada = socialtest.Person{Subject: "ada-at-corp", Email: "ada@corp.example", Name: "Ada", Verified: true}

// A login is a provider, and a client of it with an attempt.
type login struct {
	at      *socialtest.Provider
	client  *social.Provider
	attempt social.Attempt
}

func newLogin(t *testing.T) *login {
	t.Helper()
	at := socialtest.NewProvider("")
	server := httptest.NewServer(at)
	t.Cleanup(server.Close)
	at.Issuer = server.URL
	return &login{at, clientOf(server.URL), social.NewAttempt(social.NewSecret())}
}

func clientOf(issuer string) *social.Provider {
	return social.NewProvider(social.Config{
		Issuer: issuer, ClientID: socialtest.ClientID, ClientSecret: socialtest.ClientSecret,
		RedirectURL: "https://shop.example/callback", Client: &http.Client{Transport: http.DefaultTransport},
	})
}

// goes goes to the provider, where who is logged in, and comes back.
func (l *login) goes(t *testing.T, who socialtest.Person) url.Values {
	t.Helper()
	address, err := l.client.Begin(t.Context(), l.attempt)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := l.at.LogIn(address, who)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestProvider_RefusesAnIDToken(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(l *login, claims map[string]any){
		"for another attempt": func(_ *login, c map[string]any) { c["nonce"] = "another" },
		"for no attempt":      func(_ *login, c map[string]any) { delete(c, "nonce") },
		"for another client":  func(_ *login, c map[string]any) { c["aud"] = "another" },
		"for another client as well": func(_ *login, c map[string]any) {
			c["aud"], c["azp"] = []string{"another", socialtest.ClientID}, "another"
		},
		"of another issuer":  func(_ *login, c map[string]any) { c["iss"] = "https://evil.example" },
		"that has expired":   func(_ *login, c map[string]any) { c["exp"] = time.Now().Add(-time.Minute).Unix() },
		"of nobody":          func(_ *login, c map[string]any) { c["sub"] = "" },
		"of an endless name": func(_ *login, c map[string]any) { c["sub"] = strings.Repeat("a", 256) },
		"by another key":     func(l *login, _ map[string]any) { l.at.Key = socialtest.NewKey() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogin(t)
			l.at.Claims = func(c map[string]any) { change(l, c) }
			got, err := l.client.Finish(t.Context(), l.attempt, l.goes(t, ada))
			if !errors.Is(err, social.ErrRefused) {
				t.Errorf("Finish() = %+v, %v; want it refused", got, err)
			}
		})
	}
}

func TestProvider_RefusesAnAnswer(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(l *login, answer url.Values)
		want   error
	}{
		"without a code":               {func(_ *login, a url.Values) { a.Del("code") }, social.ErrRefused},
		"with a code of nobody's":      {func(_ *login, a url.Values) { a.Set("code", "made up") }, social.ErrRefused},
		"of another provider":          {func(_ *login, a url.Values) { a.Set("iss", "https://evil.example") }, social.ErrRefused},
		"that hides the provider":      {func(_ *login, a url.Values) { a.Del("iss") }, social.ErrRefused},
		"of somebody who did not want": {func(_ *login, a url.Values) { a.Set("error", "access_denied") }, social.ErrDenied},
		"to the attempt of another":    {func(l *login, _ url.Values) { l.attempt = social.NewAttempt(l.attempt.Secret) }, social.ErrRefused},
		"in the browser of another":    {func(l *login, _ url.Values) { l.attempt.Secret = social.NewSecret() }, social.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogin(t)
			answer := l.goes(t, ada)
			c.change(l, answer)
			if got, err := l.client.Finish(t.Context(), l.attempt, answer); !errors.Is(err, c.want) {
				t.Errorf("Finish() = %+v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestProvider_IsNotAvailable(t *testing.T) {
	t.Parallel()
	fail := func(path string, how http.HandlerFunc) func(*socialtest.Provider) {
		return func(p *socialtest.Provider) {
			p.Answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == path {
					how(w, r)
				}
				return r.URL.Path == path
			}
		}
	}
	const discovery, token = "/.well-known/openid-configuration", "/token"
	broken := func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "broken", http.StatusBadGateway) }
	large := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"issuer":"` + strings.Repeat("a", 2<<20) + `"}`))
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	for name, change := range map[string]func(*socialtest.Provider){
		"when its discovery fails":           fail(discovery, broken),
		"when its discovery has no end":      fail(discovery, large),
		"when its discovery leads elsewhere": fail(discovery, elsewhere),
		"when its tokens fail":               fail(token, broken),
		"when its tokens lead elsewhere":     fail(token, elsewhere),
		"when its tokens have no end":        fail(token, large),
		"when it calls itself something else": func(p *socialtest.Provider) {
			p.Document = func(d map[string]any) { d["issuer"] = "https://evil.example" }
		},
		"when it sends people to a script": func(p *socialtest.Provider) {
			p.Document = func(d map[string]any) { d["authorization_endpoint"] = "javascript:alert(1)" }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogin(t)
			change(l.at)
			address, err := l.client.Begin(t.Context(), l.attempt)
			if err == nil {
				answer, refusal := l.at.LogIn(address, ada)
				if refusal != nil {
					t.Fatal(refusal)
				}
				_, err = l.client.Finish(t.Context(), l.attempt, answer)
			}
			if err == nil || !errors.Is(err, social.ErrUnavailable) && !errors.Is(err, social.ErrRefused) {
				t.Errorf("got %v, want the provider to be unavailable", err)
			}
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("the error repeats what the provider says: %d bytes", len(err.Error()))
			}
		})
	}
}

func TestProvider(t *testing.T) {
	t.Parallel()
	want := social.Identity{Subject: ada.Subject, Email: ada.Email, Verified: true, Name: ada.Name}
	for name, change := range map[string]func(*socialtest.Provider){
		"with the e-mail in the ID token":  func(*socialtest.Provider) {},
		"with the e-mail in the user info": func(p *socialtest.Provider) { p.InUserInfo = true },
		"that writes true as a text":       func(p *socialtest.Provider) { p.Claims = func(c map[string]any) { c["email_verified"] = "true" } },
		"that does not name itself in its answers": func(p *socialtest.Provider) {
			p.Document = func(d map[string]any) { delete(d, "authorization_response_iss_parameter_supported") }
		},
		"that wants the secret in the form": func(p *socialtest.Provider) { p.SecretInForm = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLogin(t)
			change(l.at)
			got, err := l.client.Finish(t.Context(), l.attempt, l.goes(t, ada))
			if want := want; err != nil {
				t.Errorf("Finish() = %v", err)
			} else if want.Issuer = l.at.Issuer; got != want {
				t.Errorf("Finish() = %+v, want %+v", got, want)
			}
		})
	}
	t.Run("that gives the e-mail of another user", func(t *testing.T) {
		t.Parallel()
		l := newLogin(t)
		l.at.InUserInfo = true
		l.at.Claims = func(c map[string]any) { c["sub"] = "somebody else" }
		if got, err := l.client.Finish(t.Context(), l.attempt, l.goes(t, ada)); !errors.Is(err, social.ErrRefused) {
			t.Errorf("Finish() = %+v, %v; want it refused", got, err)
		}
	})
}

func TestProvider_IsAskedWhatItIsOnce(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	var asked atomic.Int32
	l.at.Answer = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/.well-known/") {
			asked.Add(1)
		}
		return false
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if _, err := l.client.Begin(t.Context(), social.NewAttempt("secret")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("it was asked %d times by 20 who came at once", n)
	}
}
