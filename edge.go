package slipway

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// proxy passes one route on to the process that hosts its module. Only declared
// routes are passed, so what is for services only has no way in from outside.
func (a *App) proxy(module string, route *api.Route) http.Handler {
	proxies := networks(a.settings.process.TrustedProxies)
	target := a.topology.remote[module].URL
	p := &httputil.ReverseProxy{
		Transport: a.networkFor(route),
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			// The outside's own claims of this kind are dropped, unless a load
			// balancer of ours makes them.
			if proxies.trust(r.In.RemoteAddr) {
				r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			}
			r.SetXForwarded()
			r.Out.Header.Del("Tracestate") // it belongs to the span that the outside had, and is read by nobody here
			r.Out.Header.Set("Traceparent", telemetry.SpanFrom(r.In.Context()).Traceparent())
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { api.Fail(w, r, proxyProblem(module, err)) },
	}
	limited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, route.MaxBodyBytes()+1) // the module says so better
		p.ServeHTTP(w, r)
	})
	return api.Pass(edgeOnly, route, api.PassConfig{
		Observer: a.observer(edgeOnly), Prepare: a.cookied(module, route),
		Timeout: a.settings.process.RequestTimeout, Pace: a.settings.process.pace(),
	}, limited)
}

// networkFor returns the transport for a route. Those that stream have connections of their
// own: slow ones would take those of all other requests, and there the time of the request
// bounds the wait for an answer.
func (a *App) networkFor(route *api.Route) http.RoundTripper {
	if !route.IsStreaming() {
		return a.network
	}
	if a.streaming == nil {
		t, err := httpclient.NewTransport(a.settings.http)
		if err != nil {
			return a.network // which has failed alike, and ends the start
		}
		t.ResponseHeaderTimeout = 0
		a.streaming, a.idle = t, append(a.idle, t)
	}
	return a.streaming
}

func isProblem(err error) bool {
	_, ok := errors.AsType[*problem.Error](err)
	return ok
}

func proxyProblem(module string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case isProblem(err):
		return err // of the body, as the client sends it
	case errors.Is(err, context.DeadlineExceeded):
		return problem.Timeout("this part of the service took too long to answer; try again").Wrap(err)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return problem.Unavailable("this part of the service (%s) cannot be reached; try again later", module).WithHeader("Retry-After", "1").Wrap(err)
}

// doubting decides itself which traces are sampled, at a process that the outside reaches:
// whoever could decide for it could have everything recorded, or hide. The identifier of a
// trace is believed, so that a front end finds its requests again; what is malformed is
// dropped. A load balancer of ours is believed, and so is the edge by those behind it.
func (a *App) doubting(mux *http.ServeMux) http.Handler {
	if a.topology.role == roleService {
		return mux
	}
	return doubter{mux, a, networks(a.settings.process.TrustedProxies)}
}

// A doubter stands in front of the routes, and still tells which of them takes a request.
type doubter struct {
	*http.ServeMux

	app     *App
	proxies networks
}

func (d doubter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header["Traceparent"] != nil && !d.proxies.trust(r.RemoteAddr) {
		r = d.app.doubted(r)
	}
	d.ServeMux.ServeHTTP(w, r)
}

func (a *App) doubted(r *http.Request) *http.Request {
	r = r.WithContext(r.Context())
	r.Header = maps.Clone(r.Header)
	at, ok := telemetry.TraceparentOf(r.Header)
	if !ok {
		delete(r.Header, "Traceparent")
		return r
	}
	at.Sampled = a.tracer.Sample()
	r.Header["Traceparent"] = []string{at.Traceparent()}
	return r
}

// networks are those whose word is taken for a client's address.
type networks []netip.Prefix

func (n networks) trust(remote string) bool {
	addr, err := netip.ParseAddrPort(remote)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(addr.Addr().Unmap()) })
}

func (n networks) strings() []string {
	all := make([]string, len(n))
	for i, p := range n {
		all[i] = p.String()
	}
	return all
}
