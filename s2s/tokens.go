package s2s

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// Credentials are what one service presents to the SSO. A client without a secret is
// public: it only names itself.
type Credentials struct {
	ClientID string
	Secret   config.Secret
}

// TokensConfig says how a service gets its tokens.
type TokensConfig struct {
	Credentials Credentials
	// Endpoint is the token endpoint of the module sso. Without it Discovery finds that
	// of whatever provider takes its place; one of the two is required.
	Endpoint  string
	Discovery *auth.Discovery
	// AudienceParameter names the neighbour in a request: audience, or resource where the
	// provider goes by RFC 8707. Default: audience.
	AudienceParameter string
	// Transport reaches it, in this process or across the network. Default: http.DefaultTransport.
	Transport http.RoundTripper
	// Cache keeps tokens. Default: NewMemory(10_000).
	Cache Cache
	// Timeout bounds one request for a token. Default: 5s.
	Timeout time.Duration
	// Logger says once that users' tokens cannot be exchanged. Default: nothing is said.
	Logger *slog.Logger
	// Metrics counts where tokens come from. Default: they are counted for nobody.
	Metrics prometheus.Registerer
}

// Tokens gets and keeps the tokens with which one service calls its neighbours.
// It is safe for concurrent use.
type Tokens struct {
	cfg     TokensConfig
	metrics tokenMetrics
	flight  singleflight.Group

	buffers sync.Pool // of *[]byte: hashing a string would copy it to the heap
	forward sync.Once // says that users' tokens are passed on

	mu       sync.Mutex
	cooling  time.Time // no request before this, and then one
	coolness error     // and why; nil while the SSO works
}

// NewTokens returns a source of tokens; it fetches nothing yet.
func NewTokens(cfg TokensConfig) *Tokens {
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	if cfg.Cache == nil {
		cfg.Cache = NewMemory(10_000)
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 5 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = telemetry.Discard()
	}
	cfg.AudienceParameter = cmp.Or(cfg.AudienceParameter, "audience")
	return &Tokens{cfg: cfg, metrics: newTokenMetrics(cfg.Metrics)}
}

// Service returns a token of the service itself, addressed to audience.
func (t *Tokens) Service(ctx context.Context, audience string) (string, error) {
	b, err := t.service(ctx, audience, nil)
	return b.Token, err
}

// service asks for the scopes where the provider is not the kit's own, which knows what a
// service may.
func (t *Tokens) service(ctx context.Context, audience string, scopes []string) (bearer, error) {
	return t.get(ctx, t.cfg.Credentials.ClientID+"|service|"+audience, func(i issuer) url.Values {
		form := url.Values{"grant_type": {"client_credentials"}, t.cfg.AudienceParameter: {audience}}
		if len(scopes) > 0 && !i.ours {
			form.Set("scope", strings.Join(scopes, " "))
		}
		return form
	})
}

// Exchange returns a token of the user whom subject stands for, addressed to
// audience and naming this service as the actor (RFC 8693). Where the provider does not
// exchange tokens it is the subject itself, and never a token of the service.
func (t *Tokens) Exchange(ctx context.Context, subject, audience string) (string, error) {
	b, err := t.exchange(ctx, subject, audience)
	return b.Token, err
}

func (t *Tokens) exchange(ctx context.Context, subject, audience string) (bearer, error) {
	if forwards, err := t.forwards(ctx); forwards || err != nil {
		return bearer{CachedToken: CachedToken{Token: subject}}, err
	}
	return t.get(ctx, t.exchangeKey(subject, audience), func(issuer) url.Values {
		return url.Values{
			"grant_type":            {auth.TokenExchange},
			"subject_token":         {subject},
			"subject_token_type":    {"urn:ietf:params:oauth:token-type:access_token"},
			t.cfg.AudienceParameter: {audience},
		}
	})
}

// Browser returns a token of the user who has logged in in a browser, for the secret
// that its cookie holds. Only the product's own front end gets such.
func (t *Tokens) Browser(ctx context.Context, secret, audience string) (string, error) {
	b, err := t.get(ctx, t.exchangeKey(secret, audience), func(issuer) url.Values {
		return url.Values{
			"grant_type":         {auth.TokenExchange},
			"subject_token":      {secret},
			"subject_token_type": {"urn:slipway:token-type:browser"},
			"audience":           {audience},
		}
	})
	return b.Token, err
}

// ForgetBrowser drops the token that [Tokens.Browser] keeps: it is no longer believed.
func (t *Tokens) ForgetBrowser(ctx context.Context, secret, audience string) {
	t.forget(ctx, t.exchangeKey(secret, audience))
}

// forget drops a token that the neighbour refused.
func (t *Tokens) forget(ctx context.Context, key string) { t.cfg.Cache.Delete(ctx, key) }

// exchangeKey holds no token and names the caller: a cache may be dumped, or
// shared by services, of which none may use another's tokens.
func (t *Tokens) exchangeKey(subject, audience string) string {
	buffer, ok := t.buffers.Get().(*[]byte)
	if !ok {
		buffer = new([]byte)
	}
	*buffer = append((*buffer)[:0], subject...)
	sum := sha256.Sum256(*buffer)
	t.buffers.Put(buffer)
	return t.cfg.Credentials.ClientID + "|" + string(sum[:]) + "|" + audience
}

// A question is the form of a request for a token.
type question func(issuer) url.Values

// get returns the token that is kept under the key, or the one that the question asks
// for.
func (t *Tokens) get(ctx context.Context, key string, ask question) (bearer, error) {
	now := time.Now()
	if c, ok := t.cfg.Cache.Get(ctx, key); ok {
		t.metrics.kept.Inc()
		if c.Stale(now) && t.cooled(now) == nil {
			t.fetch(ctx, key, ask) // behind; this call goes on with the live token
		}
		return bearer{c, key}, nil
	}
	if err := t.cooled(now); err != nil {
		return bearer{}, err
	}
	select {
	case r := <-t.fetch(ctx, key, ask):
		if r.Err != nil {
			return bearer{}, r.Err
		}
		c, _ := r.Val.(CachedToken)
		return bearer{c, key}, nil
	case <-ctx.Done():
		return bearer{}, fmt.Errorf("wait for a token: %w", ctx.Err())
	}
}

// fetch asks the SSO once for all who wait. It is part of the first caller's
// trace, but not bound to that caller: the first to give up must not fail the rest.
func (t *Tokens) fetch(first context.Context, key string, ask question) <-chan singleflight.Result {
	return t.flight.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(first), t.cfg.Timeout)
		defer cancel()
		c, err := t.request(ctx, ask)
		t.learn(err)
		t.metrics.fetched(err)
		if err != nil {
			return nil, err
		}
		t.cfg.Cache.Set(ctx, key, c)
		return c, nil
	})
}

// codeUnavailable is that of the problem when the SSO gives no answer.
const codeUnavailable = "sso_unavailable"

// coolDown is the pause after a failure of the SSO: without it every request of
// every user would ask a service that is down, and all at once when it is back.
const coolDown = time.Second

// learn keeps whether the SSO is there. A refusal concerns one token and shows that it is.
func (t *Tokens) learn(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cooling, t.coolness = time.Time{}, nil
	if problem.Code(err) == codeUnavailable {
		t.cooling, t.coolness = time.Now().Add(coolDown), err
	}
}

// cooled returns nil to who may ask the SSO: to everybody while it works, and after a
// failure to one in each pause, until that one has learned better.
func (t *Tokens) cooled(now time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.coolness == nil {
		return nil
	}
	if now.Before(t.cooling) {
		return t.coolness
	}
	t.cooling = now.Add(coolDown)
	return nil
}

// maxTokenResponse bounds what the SSO may answer.
const maxTokenResponse = 64 << 10

func (t *Tokens) request(ctx context.Context, ask question) (CachedToken, error) {
	to, err := t.issuer(ctx)
	if err != nil {
		return CachedToken{}, err
	}
	form, issued := ask(to), time.Now()
	id, secret := t.cfg.Credentials.ClientID, t.cfg.Credentials.Secret.Reveal()
	if secret == "" {
		form.Set("client_id", id)
	}
	r, err := http.NewRequestWithContext(httpclient.WithRoute(ctx, "POST /oauth/token"), http.MethodPost, to.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return CachedToken{}, fmt.Errorf("build the token request: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	if secret != "" { // RFC 6749, 2.3.1: both halves are form-encoded before they are joined
		r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	}
	resp, err := t.cfg.Transport.RoundTrip(r)
	if err != nil {
		return CachedToken{}, problem.Unavailable("the sign-in service could not be reached").WithCode(codeUnavailable).WithHeader("Retry-After", "1").Wrap(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenResponse))
	if err != nil {
		return CachedToken{}, problem.Unavailable("the sign-in service broke off its answer").WithCode(codeUnavailable).Wrap(err)
	}
	token, err := t.parse(resp.StatusCode, body, issued)
	if err != nil && to.ours && resp.StatusCode >= http.StatusInternalServerError && problem.IsProblem(resp.Header) {
		return token, toldError{err}
	}
	return token, err
}

// toldError is the failure of an SSO that is a module of ours, which has reported it itself.
type toldError struct{ error }

func (t toldError) Unwrap() error { return t.error }

// ReportedElsewhere is for [telemetry.ReportedElsewhere].
func (toldError) ReportedElsewhere() bool { return true }

type tokenResponse struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
	Reason      string `json:"reason"` // of the kit's own SSO
}

func (t *Tokens) parse(status int, body []byte, issued time.Time) (CachedToken, error) {
	var a tokenResponse
	err := json.Unmarshal(body, &a)
	switch {
	case err == nil && a.TokenType != "" && !strings.EqualFold(a.TokenType, "Bearer"):
		return CachedToken{}, fmt.Errorf("the SSO gave service %q a token of the type %.20q: it must be Bearer", t.cfg.Credentials.ClientID, a.TokenType)
	case status == http.StatusOK && err == nil && a.AccessToken != "" && a.ExpiresIn > 0:
		return NewCachedToken(a.AccessToken, issued, issued.Add(time.Duration(a.ExpiresIn)*time.Second)), nil
	case err == nil && a.Error != "" && status < http.StatusInternalServerError:
		return CachedToken{}, t.refused(a)
	}
	return CachedToken{}, problem.Unavailable("the sign-in service gave no token").WithCode(codeUnavailable).WithHeader("Retry-After", "1").
		Wrap(fmt.Errorf("token endpoint answered %d: %s %s", status, a.Error, a.Description))
}

// refused tells a user whose session is over from a service that is set up
// wrongly; the latter is the product's defect, not the client's.
func (t *Tokens) refused(a tokenResponse) error {
	if a.Error == "invalid_grant" || a.Reason == "session_over" {
		return problem.Unauthorized("your session is over; sign in again").WithCode("session_over").Wrap(fmt.Errorf("%s: %s", a.Error, a.Description))
	}
	return fmt.Errorf("the SSO refused a token to service %q: %s: %s", t.cfg.Credentials.ClientID, a.Error, a.Description)
}
