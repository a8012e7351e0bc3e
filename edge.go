package slipway

import (
	"context"
	"errors"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"slices"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// proxy passes one route on to the process that hosts its module. Only declared
// routes are passed, so what is for services only has no way in from outside.
func (a *App) proxy(module string, route *api.Route) http.Handler {
	proxies := networks(a.settings.process.TrustedProxies)
	target := a.topology.remote[module].URL
	p := &httputil.ReverseProxy{
		Transport: a.network,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			// The outside's own claims of this kind are dropped, unless a load
			// balancer of ours makes them.
			if proxies.trust(r.In.RemoteAddr) {
				r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			}
			r.SetXForwarded()
			r.Out.Header.Set("Traceparent", telemetry.SpanFrom(r.In.Context()).Traceparent())
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) { api.Fail(w, r, proxyProblem(module, err)) },
	}
	limited := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), a.settings.process.RequestTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, route.MaxBodyBytes()+1) // the module says so better
		p.ServeHTTP(w, r)
	})
	return api.Observe(edgeOnly, route.Pattern(), a.observer(edgeOnly), limited)
}

func proxyProblem(module string, err error) error {
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, context.DeadlineExceeded):
		return problem.Timeout("this part of the service took too long to answer; try again").Wrap(err)
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return err
	}
	return problem.Unavailable("this part of the service (%s) cannot be reached; try again later", module).WithHeader("Retry-After", "1").Wrap(err)
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
