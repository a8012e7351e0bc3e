package auth

import (
	"context"
	"fmt"
	"net/http"
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
	TokenEndpoint string   `json:"token_endpoint"`
	GrantTypes    []string `json:"grant_types_supported"`
	// Revocations is where an issuer of this kit tells what it has revoked; "" at others.
	Revocations string `json:"slipway_revocations_uri"`
}

// A Discovery finds out where an issuer's endpoints are, and remembers it for an hour.
// It is safe for concurrent use.
type Discovery struct {
	issuer    string
	transport http.RoundTripper
	flight    singleflight.Group

	mu    sync.Mutex
	found Metadata
	until time.Time
}

// NewDiscovery returns a discovery; it asks nothing yet.
func NewDiscovery(issuer string, transport http.RoundTripper) *Discovery {
	return &Discovery{issuer: issuer, transport: transport}
}

const rememberDiscovery = time.Hour

// Metadata returns what the issuer says, asking it if that is not known. One request
// serves all who wait, and does not end with any of them.
func (d *Discovery) Metadata(ctx context.Context) (Metadata, error) {
	if m, ok := d.known(); ok {
		return m, nil
	}
	answer := d.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		m, err := d.ask(ctx)
		if err == nil {
			d.remember(m, time.Now().Add(rememberDiscovery))
		}
		return m, err
	})
	select {
	case a := <-answer:
		m, _ := a.Val.(Metadata)
		return m, a.Err
	case <-ctx.Done():
		return Metadata{}, fmt.Errorf("wait for the discovery document of %s: %w", d.issuer, ctx.Err())
	}
}

func (d *Discovery) known() (Metadata, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.found, time.Now().Before(d.until)
}

func (d *Discovery) remember(m Metadata, until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.found, d.until = m, until
}

// Forget lets the next call ask again: what was found does not answer, so perhaps it
// has moved.
func (d *Discovery) Forget() { d.remember(Metadata{}, time.Time{}) }

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
