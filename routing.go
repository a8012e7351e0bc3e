package slipway

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/api/apidocs"
)

// route builds what the process serves: the routes of its modules (on the edge
// without those for services), the proxy to modules that live elsewhere when
// this is the edge, health and the documentation.
func (a *App) route() error {
	mux := http.NewServeMux()
	a.health = newHealth(a)
	r := &router{mux: mux, owners: map[string]string{}}
	r.add("kit", "GET /healthz", http.HandlerFunc(a.health.live))
	r.add("kit", "GET /readyz", http.HandlerFunc(a.health.readiness))
	for _, m := range a.topology.modules {
		for _, route := range m.contract.Routes() {
			if h := a.serving(m, route); h != nil {
				r.add(m.Name(), route.Pattern(), h)
			}
		}
	}
	r.add("kit", "/", api.Unmatched(mux, a.logger))
	err := a.routeDocs(r)
	a.handler = mux
	return errors.Join(append(r.errs, err)...)
}

// serving returns what serves a route on this process's listener, or nil.
func (a *App) serving(m Module, route *api.Route) http.Handler {
	switch {
	case a.topology.role != roleService && !route.OnEdge() && !a.overrides.ServiceRoutes:
		return nil
	case a.topology.hosted[m.Name()]:
		return a.setups[m.Name()].server.Endpoint(route)
	case a.topology.role == roleEdge:
		return a.proxy(m.Name(), route, a.proxies)
	}
	return nil
}

func (a *App) routeDocs(r *router) error {
	if !a.settings.process.Docs {
		return nil
	}
	document, err := api.Document(api.Info{Title: strings.TrimSuffix(a.settings.process.name(), "-"+edgeOnly), Version: buildVersion()}, a.documented()...)
	if err != nil {
		return err
	}
	r.add("kit", "GET /openapi.json", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document) // the client may be gone
	}))
	r.add("kit", "GET /docs/", apidocs.Handler("/docs/"))
	r.add("kit", "GET /{$}", http.RedirectHandler("/docs/", http.StatusTemporaryRedirect))
	r.add("kit", "GET /docs", http.RedirectHandler("/docs/", http.StatusMovedPermanently))
	return nil
}

// documented returns the contracts that the process's page describes.
func (a *App) documented() []*api.Contract {
	if a.topology.role != roleService {
		return a.contracts()
	}
	var own []*api.Contract
	for _, m := range a.hosted() {
		own = append(own, m.contract)
	}
	return own
}

// A router adds patterns and turns a conflict, at which http.ServeMux panics,
// into an error that names both sides.
type router struct {
	mux    *http.ServeMux
	owners map[string]string
	errs   []error
}

func (r *router) add(owner, pattern string, h http.Handler) {
	defer func() {
		if p := recover(); p != nil {
			r.errs = append(r.errs, fmt.Errorf("route %s of %s meets a route of another module: %v", pattern, owner, p))
		}
	}()
	if other, ok := r.owners[pattern]; ok {
		r.errs = append(r.errs, fmt.Errorf("route %s is declared by %s and by %s: one address serves both, so one must choose another path", pattern, other, owner))
		return
	}
	r.owners[pattern] = owner
	r.mux.Handle(pattern, h)
}
