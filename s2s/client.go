package s2s

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/internal/txscope"
	"github.com/slipway-go/slipway/telemetry"
)

// ClientConfig describes how one caller reaches one neighbour.
type ClientConfig struct {
	// Neighbour is the module at the other end.
	Neighbour string
	// Audience is how tokens name the neighbour. Default: its name.
	Audience string
	// Scopes are what the caller, as a service, may do there; a provider other than the
	// module sso is asked for them.
	Scopes []string
	// BaseURL is where it lives; nil for a module in this process.
	BaseURL *url.URL
	// Transport reaches it: an http.Transport, or Local.
	Transport http.RoundTripper
	// Tokens are the caller's.
	Tokens *Tokens
	// Forward passes a user's token on instead of exchanging it: simpler, and
	// whoever steals it from one service can use it at every other.
	Forward bool
	// HTTP sets timeouts, retries and limits.
	HTTP httpclient.Config
	// Observer is the caller's: it learns of every attempt.
	telemetry.Observer
	// Redactor hides secrets in that line. Default: the rules of package telemetry.
	Redactor *telemetry.Redactor
}

// A Client calls one neighbour. It implements api.Caller.
type Client struct {
	cfg   ClientConfig
	chain http.RoundTripper
}

// New returns a client; it opens no connection.
func New(cfg ClientConfig) *Client {
	cfg.Observer = cfg.WithDefaults()
	if cfg.Redactor == nil {
		cfg.Redactor = &telemetry.Redactor{}
	}
	cfg.Audience = cmp.Or(cfg.Audience, cfg.Neighbour)
	c := &Client{cfg: cfg}
	c.chain = httpclient.Chain(cfg.Transport,
		httpclient.Deadline(cfg.HTTP.Timeout),
		httpclient.Retry(cfg.HTTP.RetryConfig()),
		httpclient.Breaker(httpclient.BreakerConfig{Target: cfg.Neighbour, Logger: cfg.Logger, Metrics: cfg.Metrics}),
		c.authorize,
		httpclient.AttemptTimeout(cfg.HTTP.AttemptTimeout),
		httpclient.Trace(cfg.Neighbour),
		httpclient.Count(httpclient.CountConfig{Metrics: cfg.Metrics, Target: cfg.Neighbour}),
		httpclient.Log(httpclient.LogConfig{Logger: cfg.Logger, Redactor: cfg.Redactor, Target: cfg.Neighbour}),
		httpclient.LimitBody(cfg.HTTP.MaxResponseBytes),
	)
	return c
}

// ModuleName returns the neighbour's name.
func (c *Client) ModuleName() string { return c.cfg.Neighbour }

var errInTransaction = errors.New("a neighbour is called inside a database transaction: its rows would stay locked while the neighbour works, and its effect would outlive a rollback; call before or after InTx")

// RoundTrip sends a request whose URL has the neighbour's path.
func (c *Client) RoundTrip(r *http.Request) (*http.Response, error) {
	if txscope.In(r.Context()) {
		return nil, fmt.Errorf("call %s: %w", c.cfg.Neighbour, errInTransaction)
	}
	return c.chain.RoundTrip(c.address(r))
}

// address puts the neighbour's address before the path. The request is the
// kit's own, made for this call, so it may be changed.
func (c *Client) address(r *http.Request) *http.Request {
	base := c.cfg.BaseURL
	if base == nil {
		return r
	}
	r.URL.Scheme, r.URL.Host, r.Host = base.Scheme, base.Host, base.Host
	if prefix := strings.TrimSuffix(base.Path, "/"); prefix != "" {
		r.URL.RawPath = prefix + r.URL.EscapedPath()
		r.URL.Path = prefix + r.URL.Path // as it is: cleaned, a parameter could leave its route
	}
	return r
}

// authorize adds the token, and once more a new one when the neighbour does not
// take the first: keys and sessions change.
func (c *Client) authorize(next http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		t, err := c.token(r.Context())
		if err != nil {
			return nil, err
		}
		resp, err := next.RoundTrip(t.on(r))
		if err != nil || resp.StatusCode != http.StatusUnauthorized || !t.renewable() || !invalidToken(resp) {
			return resp, err
		}
		again, ok := replay(r)
		if !ok {
			return resp, nil
		}
		_ = resp.Body.Close() // given up for the second answer
		c.cfg.Tokens.forget(r.Context(), t.key)
		if t, err = c.token(r.Context()); err != nil {
			return nil, err
		}
		return next.RoundTrip(t.on(again))
	})
}

// A bearer is a token and where it is cached; key is "" for one that is passed
// on, and a call on nobody's behalf has no token.
type bearer struct {
	CachedToken
	key string
}

func (b bearer) renewable() bool { return b.key != "" }

// on returns the request with the token; a RoundTripper may not change the
// request that it was given. The other headers' values are shared, since no
// layer writes into them.
func (b bearer) on(r *http.Request) *http.Request {
	if b.Token == "" {
		return r
	}
	authorized := r.WithContext(r.Context())
	if authorized.Header = maps.Clone(r.Header); authorized.Header == nil {
		authorized.Header = http.Header{}
	}
	authorized.Header["Authorization"] = b.authorization()
	return authorized
}

var errNobody = errors.New("the call is made on nobody's behalf: there is no user in this context; call as the service with auth.AsService(ctx, reason)")

// token decides on whose behalf the call is made.
func (c *Client) token(ctx context.Context) (bearer, error) {
	if auth.IsAnonymous(ctx) {
		return bearer{}, nil
	}
	if _, ok := auth.ServiceReason(ctx); ok {
		return c.cfg.Tokens.service(ctx, c.cfg.Audience, c.cfg.Scopes)
	}
	user, ok := auth.TokenFrom(ctx)
	switch {
	case !ok:
		return bearer{}, errNobody
	case c.cfg.Forward:
		return bearer{CachedToken: CachedToken{Token: user}}, nil
	}
	return c.cfg.Tokens.exchange(ctx, user, c.cfg.Audience)
}

func invalidToken(r *http.Response) bool {
	return strings.Contains(r.Header.Get("WWW-Authenticate"), `error="invalid_token"`)
}

// replay returns the request with its body from the start.
func replay(r *http.Request) (*http.Request, bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, true
	}
	if r.GetBody == nil {
		return nil, false
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, false
	}
	again := r.Clone(r.Context())
	again.Body = body
	return again, true
}
