package slipway

import (
	"context"
	"maps"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/internal/sessioncookie"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/s2s"
)

// cookies let the product's own pages call its routes: on the edge, the cookie of a
// browser's login becomes an access token, and behind it all is as with any token. The
// cookie itself goes to no module but the SSO.
type cookies struct {
	cookie   sessioncookie.Cookie
	guard    sessioncookie.Guard
	tokens   *s2s.Tokens
	verifier api.Authenticator
	audience string
}

const (
	// firstParty is the SSO's name for the product's own front end, see ssoapi.FirstParty.
	firstParty = "slipway"
	// browsersAtOnce is how many tokens are kept, of 1 kB each.
	browsersAtOnce = 50_000
)

// newCookies returns nil for a process that is not the edge and for a product whose users
// log in elsewhere.
func (a *App) newCookies() *cookies {
	if a.topology.role == roleService || !a.hasSSO() {
		return nil
	}
	base, transport := a.sso()
	return &cookies{
		cookie: sessioncookie.For(a.identity.issuer), guard: sessioncookie.NewGuard(a.identity.issuer),
		verifier: a.verifier, audience: a.identity.Audience,
		tokens: s2s.NewTokens(s2s.TokensConfig{
			Credentials: s2s.Credentials{ClientID: firstParty}, Cache: s2s.NewMemory(browsersAtOnce),
			Endpoint: base + "/oauth/token", Transport: a.logged(transport, a.observer(edgeOnly)), Metrics: a.observer(edgeOnly).Metrics,
		}),
	}
}

// checkIssuer keeps cookies safe: the scheme of the issuer decides on them.
func (a *App) checkIssuer() error {
	production := a.source.Environment() == config.Production
	if !production || !a.hasSSO() || sessioncookie.For(a.identity.issuer).Secure() {
		return nil
	}
	return config.Errors{{
		Variable: "SLIPWAY_PUBLIC_URL", Given: a.identity.issuer, Expected: "an address with https, such as https://shop.example",
		Fix: "browsers send passwords and cookies there; it is the issuer too, unless SSO_ISSUER names another",
	}}
}

// cookied lets a browser's cookie stand for its user's token at a route of the module. It
// is part of the request that it changes: of its trace, its line and its metrics. It is nil
// where there are no such cookies.
func (a *App) cookied(module string, route *api.Route) api.Preparation {
	c := a.cookies
	if c == nil {
		return nil
	}
	return func(ctx context.Context, r *http.Request) (*http.Request, error) {
		if !c.cookie.In(r) {
			return r, nil
		}
		r = r.WithContext(ctx)
		r.Header = maps.Clone(r.Header) // handlers further out see the request as it came
		return r, c.admit(r, module, route.Access())
	}
}

// admit exchanges the cookie where a token is asked for and the request has none.
func (c *cookies) admit(r *http.Request, module string, access auth.Access) error {
	if secret, found := c.cookie.Secret(r); found && !access.IsPublic() && r.Header["Authorization"] == nil {
		if err := c.authorize(r, secret); err != nil {
			return err
		}
	}
	if module != ssoModule {
		c.cookie.Strip(r)
	}
	return nil
}

// authorize gives the request the token of the browser's user. The token may have been
// revoked while it was kept, when a role was taken away; then a new one tells what is so.
func (c *cookies) authorize(r *http.Request, secret string) error {
	if err := c.guard.Check(r); err != nil {
		return problem.Forbidden("a browser sent this from another website, or without saying from which; call from the product's own pages, or with an access token and no cookie").
			WithCode("foreign_request").Wrap(err)
	}
	if err := c.present(r, secret); err != nil {
		return err
	}
	if _, _, refused := c.verifier.Authenticate(r.Context(), r); problem.Status(refused) != http.StatusUnauthorized {
		return nil // the route decides
	}
	c.tokens.ForgetBrowser(r.Context(), secret, c.audience)
	return c.present(r, secret)
}

func (c *cookies) present(r *http.Request, secret string) error {
	token, err := c.tokens.Browser(r.Context(), secret, c.audience)
	if err != nil {
		return err
	}
	r.Header["Authorization"] = []string{"Bearer " + token}
	return nil
}
