package slipway

import (
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// Inspect is the permission to look into the product's processes: their metrics, traces,
// settings and profiles.
var Inspect = auth.Perm("kit:inspect", "Look into the processes: metrics, traces, settings, profiles").GrantTo("admin")

// kit declares what every process serves for those who operate it, beside what its modules
// do.
var kit = api.Module(KitOwner)

// An inspection lets somebody who may [Inspect] look into the process.
type inspection struct {
	*api.Mounted

	handler func(*App) http.Handler
}

// inspections are all of them.
var inspections = []inspection{
	inspect("GET /metrics", "What the process counts, for Prometheus", (*App).metricsHandler),
	inspect("POST /debug/fail", "Fail always, with 500 and one report, to see that reports arrive", (*App).failHandler),
}

func inspect(pattern, doc string, handler func(*App) http.Handler) inspection {
	return inspection{api.Handler(kit, pattern, auth.Need(Inspect), doc), handler}
}

// routeInspections serves them behind the same checks as the routes of modules.
func (a *App) routeInspections(r *router) error {
	s := &Setup{app: a, server: api.NewServer(kit, api.ServerConfig{
		Authenticator: a.verifier, Audience: a.audienceOf(KitOwner), EdgeAudience: a.identity.Audience,
		Observer: a.observer(KitOwner), MaxTimeout: a.settings.process.RequestTimeout,
	})}
	for _, i := range inspections {
		api.Mount(s, i.Mounted, i.handler(a))
		r.add(KitOwner, i.Pattern(), i.Access(), s.server.Endpoint(i.Route))
	}
	return s.server.Err()
}
