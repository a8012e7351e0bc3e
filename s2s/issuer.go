package s2s

import (
	"context"
	"fmt"

	"github.com/slipway-go/slipway/problem"
)

// An issuer is what a source of tokens has to know of the provider.
type issuer struct {
	endpoint  string
	exchanges bool
	ours      bool // the module sso
}

// issuer asks nothing where the address of the module sso is given.
func (t *Tokens) issuer(ctx context.Context) (issuer, error) {
	if t.cfg.Discovery == nil {
		return issuer{endpoint: t.cfg.Endpoint, exchanges: true, ours: true}, nil
	}
	m, err := t.cfg.Discovery.Metadata(ctx)
	if err == nil && m.TokenEndpoint == "" {
		err = fmt.Errorf("the discovery document of %s has no token_endpoint", m.Issuer)
	}
	if err != nil {
		return issuer{}, problem.Unavailable("the sign-in service could not be reached").WithCode(codeUnavailable).WithHeader("Retry-After", "1").Wrap(err)
	}
	return issuer{endpoint: m.TokenEndpoint, exchanges: m.Exchanges(), ours: m.IsOurs()}, nil
}

// forwards reports whether users' tokens are passed on as they are, since the provider
// does not exchange them.
func (t *Tokens) forwards(ctx context.Context) (bool, error) {
	if t.cfg.Discovery == nil {
		return false, nil
	}
	of, err := t.issuer(ctx)
	if err != nil {
		return false, err
	}
	if !of.exchanges {
		t.forward.Do(func() {
			t.cfg.Logger.WarnContext(ctx, "users' tokens are passed on to neighbours as they are, since the provider does not exchange them (RFC 8693): whoever steals one from one service can use it at every other",
				"token_endpoint", of.endpoint)
		})
	}
	return !of.exchanges, nil
}
