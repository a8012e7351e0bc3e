package slipway

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/api/apidocs"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/eventdocs"
)

// route builds what the process serves: the routes of its modules (on the edge
// without those for services), the proxy to modules that live elsewhere when
// this is the edge, health and the documentation.
func (a *App) route() error {
	mux := http.NewServeMux()
	a.cookies = a.newCookies()
	a.health = newHealth(a)
	r := &router{mux: mux}
	a.routeHealth(r)
	a.routeSpans(r)
	for _, m := range a.topology.modules {
		for _, route := range m.contract.Routes() {
			if h := a.serving(m, route); h != nil {
				r.add(m.Name(), route.Pattern(), route.Access(), h)
			}
		}
	}
	r.add(KitOwner, "/", auth.Public("what no route takes is told so"), api.Unmatched(KitOwner, mux, a.observer(KitOwner)))
	err := errors.Join(a.routeInspections(r), a.routeDocs(r))
	a.handler, a.served = a.doubting(mux), r.served
	return errors.Join(append(r.errs, err)...)
}

func (a *App) routeHealth(r *router) {
	forProbes := auth.Public("whoever runs the process asks how it is")
	r.add(KitOwner, "GET /healthz", forProbes, http.HandlerFunc(a.health.live))
	r.add(KitOwner, "GET /readyz", forProbes, http.HandlerFunc(a.health.readiness))
}

// A Served route is one that the process's listener answers: a module's, or one
// of the kit's own, such as the health of the process.
type Served struct {
	Owner   string // the module; [KitOwner] for the kit's own
	Pattern string // as http.ServeMux reads it
	Access  auth.Access
}

// KitOwner owns the routes that belong to no module.
const KitOwner = "kit"

// Served returns every route of the process's listener, in the order in which
// they were added; nil before Start. The handler is built from nothing else, so
// what is not listed is not served.
func (a *App) Served() []Served { return slices.Clone(a.served) }

// serving returns what serves a route on this process's listener, or nil.
func (a *App) serving(m Module, route *api.Route) http.Handler {
	switch {
	case a.topology.role != roleService && !route.OnEdge() && !a.overrides.ServiceRoutes:
		return nil
	case a.topology.hosted[m.Name()]:
		return a.setups[m.Name()].server.EndpointAfter(route, a.cookied(m.Name(), route))
	case a.topology.role == roleEdge:
		return a.proxy(m.Name(), route)
	}
	return nil
}

func (a *App) routeDocs(r *router) error {
	if !a.settings.process.Docs {
		return nil
	}
	title, version := strings.TrimSuffix(a.settings.process.name(), "-"+edgeOnly), buildVersion()
	document, err := api.Document(api.Info{Title: title, Version: version}, a.documented()...)
	if err != nil {
		return err
	}
	public := auth.Public("the API's description, unless SLIPWAY_DOCS is false")
	r.add(KitOwner, "GET /openapi.json", public, serveJSON(document))
	if err := a.routeEventDocs(r, public, events.Info{Title: title, Version: version}); err != nil {
		return err
	}
	r.add(KitOwner, "GET /docs/", public, apidocs.Handler("/docs/"))
	r.add(KitOwner, "GET /{$}", public, http.RedirectHandler("/docs/", http.StatusTemporaryRedirect))
	r.add(KitOwner, "GET /docs", public, http.RedirectHandler("/docs/", http.StatusMovedPermanently))
	return nil
}

func (a *App) routeEventDocs(r *router, public auth.Access, info events.Info) error {
	document, err := events.Document(info, a.topology.channels()...)
	if err != nil {
		return fmt.Errorf("describe the events: %w", err)
	}
	page, err := eventdocs.Handler("/docs/events/", document)
	if err != nil {
		return fmt.Errorf("describe the events: %w", err)
	}
	r.add(KitOwner, "GET /asyncapi.json", public, serveJSON(document))
	r.add(KitOwner, "GET /docs/events/", public, page)
	return nil
}

func serveJSON(document []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(document) // the client may be gone
	})
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
	served []Served
	errs   []error
}

func (r *router) add(owner, pattern string, access auth.Access, h http.Handler) {
	defer func() {
		if p := recover(); p != nil {
			r.errs = append(r.errs, fmt.Errorf("route %s of %s meets a route of another module: %v", pattern, owner, p))
		}
	}()
	if i := slices.IndexFunc(r.served, func(s Served) bool { return s.Pattern == pattern }); i >= 0 {
		r.errs = append(r.errs, fmt.Errorf("route %s is declared by %s and by %s: one address serves both, so one must choose another path", pattern, r.served[i].Owner, owner))
		return
	}
	r.mux.Handle(pattern, h)
	r.served = append(r.served, Served{owner, pattern, access})
}
