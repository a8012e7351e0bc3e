package auth

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4/json"
	"golang.org/x/sync/singleflight"
)

// Metadata is what an issuer says of itself (OpenID Connect Discovery 1.0, RFC 8414).
type Metadata struct {
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwks_uri"`
	TokenEndpoint string   `json:"token_endpoint,omitempty"`
	GrantTypes    []string `json:"grant_types_supported,omitempty"`
	// Revocations is where an issuer of this kit tells what it has revoked; "" at others.
	Revocations string `json:"slipway_revocations_uri,omitempty"`
}

// TokenExchange is the grant type by which a service gets a user's token for a neighbour.
const TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"

// Exchanges reports whether the issuer gives a service a user's token that is addressed
// to a neighbour (RFC 8693).
func (m Metadata) Exchanges() bool {
	return slices.Contains(m.GrantTypes, TokenExchange)
}

// IsOurs reports whether the issuer is the module sso, which needs to be told less.
func (m Metadata) IsOurs() bool { return m.Revocations != "" }

// A Discovery finds out where an issuer's endpoints are, and asks again every hour. What
// it has found stays until it finds something else. It is safe for concurrent use.
type Discovery struct {
	issuer    string
	transport http.RoundTripper
	flight    singleflight.Group

	mu      sync.Mutex
	found   *Metadata
	failure error     // of the last request
	due     time.Time // when to ask again
}

// NewDiscovery returns a discovery; it asks nothing yet.
func NewDiscovery(issuer string, transport http.RoundTripper) *Discovery {
	return &Discovery{issuer: issuer, transport: transport}
}

const (
	rediscoverAfter = time.Hour
	discoveryRest   = 500 * time.Millisecond // between requests while nothing is known
)

// Metadata returns what the issuer says. Nobody waits but those who come before it has
// said anything: one request serves them all, and does not end with any of them.
func (d *Discovery) Metadata(ctx context.Context) (Metadata, error) {
	found, due, failure := d.state()
	if !due && found != nil {
		return *found, nil
	}
	if !due && failure != nil {
		return Metadata{}, failure
	}
	answer := d.flight.DoChan("", func() (any, error) { return d.refresh(context.WithoutCancel(ctx)) })
	if found != nil {
		return *found, nil
	}
	select {
	case a := <-answer:
		m, _ := a.Val.(Metadata)
		return m, a.Err
	case <-ctx.Done():
		return Metadata{}, fmt.Errorf("wait for the discovery document of %s: %w", d.issuer, ctx.Err())
	}
}

func (d *Discovery) state() (found *Metadata, due bool, failure error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.found, !time.Now().Before(d.due), d.failure
}

func (d *Discovery) refresh(ctx context.Context) (Metadata, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	m, err := d.ask(ctx)
	d.mu.Lock()
	defer d.mu.Unlock()
	rest := rediscoverAfter
	switch {
	case err == nil:
		d.found = &m
	case d.found != nil:
		rest = unknownKeyRest
	default:
		rest = discoveryRest
	}
	d.failure, d.due = err, time.Now().Add(rest)
	return m, err
}

// Renew has the next call ask again: what was found does not answer, so perhaps it has
// moved.
func (d *Discovery) Renew() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.found != nil {
		d.due = time.Time{}
	}
}

func (d *Discovery) ask(ctx context.Context) (Metadata, error) {
	base := strings.TrimSuffix(d.issuer, "/")
	status, text, err := fetch(ctx, d.transport, base+"/.well-known/openid-configuration")
	if status == http.StatusNotFound {
		return Metadata{Issuer: d.issuer, JWKSURI: base + "/oauth/jwks", TokenEndpoint: base + "/oauth/token"}, nil
	}
	if err != nil {
		return Metadata{}, err
	}
	var m Metadata
	if err := json.Unmarshal(text, &m); err != nil {
		return Metadata{}, fmt.Errorf("read the discovery document of %s: %w", d.issuer, err)
	}
	return m, d.check(m)
}

func (d *Discovery) check(m Metadata) error {
	if m.Issuer != d.issuer {
		return fmt.Errorf("the discovery document of %s speaks for %.200q: set the issuer exactly as it names itself", d.issuer, m.Issuer)
	}
	for _, one := range []struct {
		member, address string
		needed          bool
	}{{"jwks_uri", m.JWKSURI, true}, {"token_endpoint", m.TokenEndpoint, false}, {"slipway_revocations_uri", m.Revocations, false}} {
		if !one.needed && one.address == "" {
			continue
		}
		if err := d.trustworthy(one.member, one.address); err != nil {
			return err
		}
	}
	return nil
}

// trustworthy refuses an address where anyone on the way could change the answer, where
// the issuer itself is reached safely.
func (d *Discovery) trustworthy(member, address string) error {
	if !isWebAddress(address) {
		return fmt.Errorf("the %s %.200q of %s is no http address", member, address, d.issuer)
	}
	if strings.HasPrefix(d.issuer, "https:") && !strings.HasPrefix(address, "https:") {
		return fmt.Errorf("the %s %.200q of %s is not https", member, address, d.issuer)
	}
	return nil
}
