package slipway

import (
	"fmt"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// tracesKept says how many traces the process keeps to be looked at.
type tracesKept struct {
	Kept *int `env:"TRACES_KEPT" min:"0" max:"10000" example:"200" doc:"How many traces the process keeps in memory, to be looked at under /debug/traces and with the command trace; they take 32 MiB at most. Default: 200 in development, none elsewhere."`
}

// in returns the number for an environment.
func (t tracesKept) in(e config.Environment) int {
	const inDevelopment = 200
	switch {
	case t.Kept != nil:
		return *t.Kept
	case e == config.Development:
		return inDevelopment
	}
	return 0
}

// addresses are where a person on this machine looks at them.
func (t tracesKept) addresses(addr string, e config.Environment) []announcement {
	if t.in(e) == 0 {
		return nil
	}
	return []announcement{{"Traces", "http://" + named(addr) + tracesPath}}
}

// keepTraces makes room for them, if any are to be kept. Looking at them is not among them,
// unless it fails.
func (a *App) keepTraces() {
	kept := a.settings.traces.in(a.source.Environment())
	if kept == 0 {
		return
	}
	a.traces = traces.New(traces.Config{Service: a.settings.process.name(), Kept: kept, Unseen: func(s *telemetry.SpanData) bool {
		return s.Module == KitOwner && s.Kind == telemetry.Server && s.Error == ""
	}})
}

// tracesPath is where they are looked at.
const tracesPath = "/debug/traces"

func (a *App) traceList() http.Handler { return a.tracing(traces.Site.List) }

func (a *App) oneTrace() http.Handler { return a.tracing(traces.Site.Trace) }

func (a *App) tracing(serve func(traces.Site) http.Handler) http.Handler {
	if a.traces == nil {
		none := fmt.Sprintf("this process keeps no traces: expected OTEL_TRACES_KEPT=200, say; where it is unset, they are kept in development only, and this is %s", a.source.Environment())
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { api.Fail(w, r, problem.NotFound("%s", none)) })
	}
	return serve(traces.Site{Path: tracesPath, Store: a.traces, Fail: api.Fail})
}

// takesSpans reports whether an edge keeps also the traces of the processes behind it, as the
// command services has them do on one machine.
func takesSpans(e config.Environment, t tracesKept) bool {
	return e != config.Production && t.in(e) > 0
}

// routeSpans takes the spans of the other processes of the command services.
func (a *App) routeSpans(r *router) {
	if a.topology.role != roleEdge || !takesSpans(a.source.Environment(), a.settings.traces) {
		return
	}
	take := otlp.Handler(a.traces)
	r.add(KitOwner, "POST /v1/traces", auth.Public("the other processes on this machine, outside of production"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback.FromHere(r) {
			problem.Write(w, problem.Forbidden("spans are taken from processes on this machine alone"), "")
			return
		}
		take.ServeHTTP(w, r)
	}))
}
