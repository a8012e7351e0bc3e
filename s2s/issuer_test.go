package s2s_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s"
)

const foreign = "https://login.test"

// A provider is somebody else's: it is known by its discovery document alone.
type provider struct {
	metadata auth.Metadata
	token    string // what its token endpoint answers

	mu    sync.Mutex
	down  bool
	forms []url.Values
	asked int
}

func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	if p.down {
		return nil, io.ErrUnexpectedEOF
	}
	w := httptest.NewRecorder()
	if r.URL.Path == "/.well-known/openid-configuration" {
		_ = json.NewEncoder(w).Encode(p.metadata)
		return w.Result(), nil
	}
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	form.Set("address", r.URL.String())
	p.forms = append(p.forms, form)
	_, _ = io.WriteString(w, p.token)
	return w.Result(), nil
}

func newProvider(grants ...string) *provider {
	return &provider{
		metadata: auth.Metadata{Issuer: foreign, JWKSURI: foreign + "/keys", TokenEndpoint: foreign + "/their/token", GrantTypes: grants},
		token:    `{"access_token":"theirs","token_type":"bearer","expires_in":300}`,
	}
}

func (p *provider) setDown(down bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.down = down
}

func (p *provider) tokens(log io.Writer) *s2s.Tokens {
	return s2s.NewTokens(s2s.TokensConfig{
		Credentials: s2s.Credentials{ClientID: "cart", Secret: "secret"}, Transport: p, AudienceParameter: "resource",
		Discovery: auth.NewDiscovery(foreign, p), Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
}

func TestTokens_ForeignProvider(t *testing.T) {
	t.Parallel()

	t.Run("is asked where its document says, by its name for the audience", func(t *testing.T) {
		t.Parallel()
		p := newProvider("client_credentials")
		got, err := p.tokens(io.Discard).Service(t.Context(), "https://shop.example/catalog")
		if err != nil || got != "theirs" {
			t.Fatalf("Service() = %q, %v", got, err)
		}
		form := p.forms[0]
		if form.Get("address") != foreign+"/their/token" || form.Get("resource") != "https://shop.example/catalog" || form.Has("audience") {
			t.Errorf("it was sent %v", form)
		}
	})
	t.Run("that exchanges no tokens has the user's passed on, which is said once", func(t *testing.T) {
		t.Parallel()
		p, log := newProvider("client_credentials", "authorization_code"), &bytes.Buffer{}
		tokens := p.tokens(log)
		for range 3 {
			got, err := tokens.Exchange(t.Context(), "the user's", "https://shop.example/catalog")
			if err != nil || got != "the user's" {
				t.Errorf("Exchange() = %q, %v; want the user's own token", got, err)
			}
		}
		if len(p.forms) > 0 {
			t.Errorf("the provider was sent %v: it must not give the service's own token for the user's", p.forms)
		}
		if said := strings.Count(log.String(), "passed on"); said != 1 {
			t.Errorf("it is said %d times, want once:\n%s", said, log)
		}
	})
	t.Run("that exchanges tokens is asked to", func(t *testing.T) {
		t.Parallel()
		p := newProvider(auth.TokenExchange)
		got, err := p.tokens(io.Discard).Exchange(t.Context(), "the user's", "https://shop.example/catalog")
		if err != nil || got != "theirs" || p.forms[0].Get("subject_token") != "the user's" || p.forms[0].Get("resource") != "https://shop.example/catalog" {
			t.Errorf("Exchange() = %q, %v for %v", got, err, p.forms)
		}
	})
	t.Run("that gives another kind of token is not believed", func(t *testing.T) {
		t.Parallel()
		p := newProvider()
		p.token = `{"access_token":"theirs","token_type":"DPoP","expires_in":300}`
		if got, err := p.tokens(io.Discard).Service(t.Context(), "catalog"); err == nil {
			t.Errorf("Service() = %q, want an error", got)
		}
	})
	t.Run("without a token endpoint is an SSO that cannot be had", func(t *testing.T) {
		t.Parallel()
		p := newProvider()
		p.metadata.TokenEndpoint = ""
		_, err := p.tokens(io.Discard).Service(t.Context(), "catalog")
		if problem.Code(err) != "sso_unavailable" {
			t.Errorf("Service() = %v, want sso_unavailable", err)
		}
	})
}

func TestTokens_ForeignProviderDown(t *testing.T) {
	t.Parallel()

	t.Run("from the start gives no token of anybody, and is asked once a second", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := newProvider("client_credentials")
			p.setDown(true)
			tokens := p.tokens(io.Discard)
			for range 100 {
				if got, err := tokens.Exchange(t.Context(), "the user's", "catalog"); problem.Code(err) != "sso_unavailable" {
					t.Errorf("Exchange() = %q, %v; want sso_unavailable", got, err)
				}
			}
			if p.asked != 1 {
				t.Errorf("it was asked %d times, want once", p.asked)
			}
			p.setDown(false)
			time.Sleep(time.Second)
			if got, err := tokens.Exchange(t.Context(), "the user's", "catalog"); err != nil || got != "the user's" {
				t.Errorf("Exchange() = %q, %v a second after it is back", got, err)
			}
		})
	})
	t.Run("later has users' tokens passed on all the same", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := newProvider("client_credentials")
			tokens := p.tokens(io.Discard)
			for range 48 {
				if got, err := tokens.Exchange(t.Context(), "the user's", "catalog"); err != nil || got != "the user's" {
					t.Errorf("Exchange() = %q, %v", got, err)
				}
				p.setDown(true)
				time.Sleep(30 * time.Minute)
			}
			synctest.Wait()
		})
	})
}
