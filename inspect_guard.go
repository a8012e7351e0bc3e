package slipway

import (
	"context"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// inspectors are those who may look into the process: who has a token with [Inspect],
// whoever can reach the listener of SLIPWAY_INSPECT_ADDR and, in development alone, the
// person at this machine. All are logged, traced and bounded as any caller.
type inspectors struct {
	tokens   api.Authenticator
	operator *auth.Principal // who needs no token
	sparing  bool            // the person at this machine
}

// spares reports whether the person at this machine needs no token. A product with a public
// address is none that somebody develops here, even if SLIPWAY_ENV was forgotten.
func (s settings) spares(e config.Environment) bool {
	return e == config.Development && (s.PublicURL == nil || loopback.IsHost(s.PublicURL.Host))
}

// operatorAt is whoever needs no token to look: the log has that name.
func operatorAt(audience string) *auth.Principal {
	p := auth.Principal{Subject: "operator", Audience: []string{audience}}
	return p.WithScopes(Inspect.Name())
}

// doorKey marks the context of a request to the listener of SLIPWAY_INSPECT_ADDR.
type doorKey struct{}

// Authenticate implements api.Authenticator.
func (i inspectors) Authenticate(ctx context.Context, r *http.Request) (*auth.Principal, string, error) {
	if opened, _ := ctx.Value(doorKey{}).(bool); opened || i.spares(r) {
		return i.operator, "", nil
	}
	return i.tokens.Authenticate(ctx, r)
}

// spares reports that the request needs no token. One that has a token is judged by it.
func (i inspectors) spares(r *http.Request) bool {
	return i.sparing && r.Header["Authorization"] == nil && loopback.FromHere(r)
}

// spared takes a request that needs no token past its cookies: somebody logged in to the
// product as a customer in the same browser.
func (i inspectors) spared(h, cookied http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.spares(r) {
			h.ServeHTTP(w, r)
			return
		}
		cookied.ServeHTTP(w, r)
	})
}

// open lets in whoever reaches the handler, but for the pages of other sites in the browser
// of somebody who can reach it.
func (inspectors) open(h http.Handler, o telemetry.Observer) http.Handler {
	refused := api.Observe(KitOwner, "refused", o, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		api.Fail(w, r, problem.Forbidden("a browser sent this from another website, or by a name that may be another's; type the IP address, or ask with a program").WithCode("foreign_request"))
	}))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if loopback.FromAnotherSite(r) || loopback.MayBeRebound(r) {
			refused.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), doorKey{}, true)))
	})
}
