package social

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
)

// Why nobody is logged in.
var (
	ErrUnavailable = errors.New("the provider cannot be asked")
	ErrDenied      = errors.New("the provider has logged nobody in")
	ErrRefused     = errors.New("the provider's answer is not believed")
)

// Config is how the product knows a provider, and the provider the product.
type Config struct {
	Issuer       string // as the provider's discovery document names it
	ClientID     string
	ClientSecret config.Secret
	// Scopes beside openid. Default: email and profile.
	Scopes []string
	// RedirectURL is where the browser comes back to.
	RedirectURL string
	// Client calls the provider.
	Client *http.Client
}

// A Provider logs people in. It is safe for concurrent use.
type Provider struct {
	cfg    Config
	client *http.Client
	known  atomic.Pointer[discovered]
	group  singleflight.Group
}

// What of a provider's answers is read, and for how long one waits for them.
const (
	maxAnswer = 1 << 20
	patience  = 10 * time.Second
)

// NewProvider returns a provider; it is asked nothing before somebody logs in.
func NewProvider(cfg Config) *Provider {
	client := *cfg.Client
	client.Transport = httpclient.LimitBody(maxAnswer)(client.Transport)
	// A redirect would carry the secret of the client to wherever it leads.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Provider{cfg: cfg, client: &client}
}

// discovered is what the provider says of itself.
type discovered struct {
	*oidc.Provider
	oauth       oauth2.Config
	saysIssuer  bool // in its answers to the browser
	fetchedAt   time.Time
	logInOrigin string
}

// rediscover is how old that may be.
const rediscover = time.Hour

func (d *discovered) fresh() bool { return d != nil && time.Since(d.fetchedAt) < rediscover }

// discover asks the provider once for all who wait. What was known goes on while it
// does not answer.
func (p *Provider) discover(ctx context.Context) (*discovered, error) {
	known := p.known.Load()
	if known.fresh() {
		return known, nil
	}
	fetched := p.group.DoChan("", func() (any, error) {
		if p.known.Load().fresh() {
			return nil, nil // since somebody else came first
		}
		fresh, err := p.fetch(context.WithoutCancel(ctx))
		if err == nil {
			p.known.Store(fresh)
		}
		return nil, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case result := <-fetched:
		if result.Err != nil && known == nil {
			return nil, fmt.Errorf("%w: %s", ErrUnavailable, brief(result.Err.Error()))
		}
		return p.known.Load(), nil
	}
}

func (p *Provider) fetch(ctx context.Context) (*discovered, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, p.client), patience)
	defer cancel()
	found, err := oidc.NewProvider(ctx, p.cfg.Issuer)
	if err != nil {
		return nil, err
	}
	var says struct {
		AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
		SaysIssuer  bool     `json:"authorization_response_iss_parameter_supported"`
		Keys        string   `json:"jwks_uri"`
	}
	if err := found.Claims(&says); err != nil {
		return nil, err
	}
	endpoint := found.Endpoint()
	if err := p.checkEndpoints(endpoint.AuthURL, endpoint.TokenURL, says.Keys); err != nil {
		return nil, err
	}
	endpoint.AuthStyle = authStyle(says.AuthMethods)
	return &discovered{
		Provider: found, saysIssuer: says.SaysIssuer, fetchedAt: time.Now(), logInOrigin: origin(endpoint.AuthURL),
		oauth: oauth2.Config{
			ClientID: p.cfg.ClientID, ClientSecret: p.cfg.ClientSecret.Reveal(), Endpoint: endpoint,
			RedirectURL: p.cfg.RedirectURL, Scopes: p.scopes(),
		},
	}, nil
}

func (p *Provider) scopes() []string {
	scopes := p.cfg.Scopes
	if len(scopes) == 0 {
		scopes = []string{"email", "profile"}
	}
	return slices.Compact(append([]string{oidc.ScopeOpenID}, slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == oidc.ScopeOpenID })...))
}

// checkEndpoints refuses what is less safe than the issuer itself.
func (p *Provider) checkEndpoints(addresses ...string) error {
	scheme, _, _ := strings.Cut(p.cfg.Issuer, ":")
	for _, a := range addresses {
		if u, err := url.Parse(a); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != scheme {
			return fmt.Errorf("its discovery document names %q; expected one that begins with %s://", a, scheme)
		}
	}
	return nil
}

func origin(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// authStyle is Basic unless the provider says otherwise, as the standard has it. To try
// one after the other would show the code twice.
func authStyle(methods []string) oauth2.AuthStyle {
	if len(methods) == 0 || slices.Contains(methods, "client_secret_basic") {
		return oauth2.AuthStyleInHeader
	}
	return oauth2.AuthStyleInParams
}

// Origin returns the origin to which Begin leads, or "" while it is not known. A page
// with a form that leads there has to allow it.
func (p *Provider) Origin(ctx context.Context) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	return d.logInOrigin, nil
}

// Begin returns where the browser goes to log in.
func (p *Provider) Begin(ctx context.Context, a Attempt) (string, error) {
	d, err := p.discover(ctx)
	if err != nil {
		return "", err
	}
	return d.oauth.AuthCodeURL(a.State, oidc.Nonce(a.nonce()), oauth2.S256ChallengeOption(a.verifier())), nil
}
