package slipway

import (
	"net/http"
	"time"

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

// inspections are all of them. Their handlers must not look into this list: kit.Routes tells
// them the same.
var inspections = []inspection{
	inspect("GET /debug", "The list of all there is to look at", (*App).debugRedirect),
	inspect("GET /debug/{$}", "The list of all there is to look at", (*App).debugIndex),
	inspect("GET /debug/build", "What was built, from what, with which dependencies", (*App).debugBuild),
	inspect("GET /debug/settings", "Every setting: what holds, and where it comes from", (*App).debugSettings),
	inspect("GET /debug/goroutines", "The stack of every goroutine", (*App).goroutines),
	inspect("GET /debug/pprof/{$}", "The list of profiles", (*App).debugProfiles),
	inspect("GET /debug/pprof/profile", "Where the processors' time goes in the next 30 seconds", (*App).cpuProfile).long(),
	inspect("GET /debug/pprof/trace", "What every goroutine does in the next second, for go tool trace", (*App).executionTrace).long(),
	inspect("GET /debug/pprof/{profile}", "A profile, for go tool pprof", (*App).profile).long(),
	inspect("GET /debug/flight", "What every goroutine did in the last seconds, for go tool trace; the flight recorder must be on", (*App).flightSnapshot).long(),
	inspect("POST /debug/flight", "Begin to remember the last 10 seconds; it costs some of the processors' time", (*App).flightStart),
	inspect("DELETE /debug/flight", "End that", (*App).flightStop),
	inspect("GET /debug/log-levels", "The lowest level that is written, of the process and of modules", (*App).levelsHandler),
	inspect("PUT /debug/log-levels", "Change it for a time, 15 minutes by default", (*App).changeLevelsHandler),
	inspect("GET /metrics", "What the process counts, for Prometheus", (*App).metricsHandler),
	inspect("POST /debug/fail", "Fail always, with 500 and one report, to see that reports arrive", (*App).failHandler),
	inspect("GET "+tracesPath, "Recent traces: where the time went", (*App).traceList),
	inspect("GET "+tracesPath+"/{id}", "One trace as a tree, with what it comes to", (*App).oneTrace),
}

// Inspections returns the routes by which whoever may [Inspect] looks into a process: every
// process has all of them, and no other passes them on.
func Inspections() []*api.Route { return kit.Routes() }

func inspect(pattern, doc string, handler func(*App) http.Handler) inspection {
	return inspection{api.Handler(kit, pattern, auth.Need(Inspect), doc), handler}
}

// long gives an inspection the time of the longest profile, and its answer more time to
// leave than the listener allows.
func (i inspection) long() inspection {
	i.Timeout(profileTimeout)
	handler := i.handler
	i.handler = func(a *App) http.Handler {
		next := handler(a)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(profileTimeout + writeGrace)) // not supported in process, where nothing cuts it
			next.ServeHTTP(w, r)
		})
	}
	return i
}

// writeGrace is the time in which an answer must leave, after the time for its making.
const writeGrace = 30 * time.Second

// routeInspections serves them behind the same checks as the routes of modules, and returns
// the handler of the listener that is for nothing else.
func (a *App) routeInspections(r *router) error {
	guard := inspectors{tokens: a.verifier, operator: operatorAt(a.identity.Audience), sparing: a.settings.process.spares(a.source.Environment())}
	s := &Setup{app: a, server: api.NewServer(kit, api.ServerConfig{
		Authenticator: guard, Audience: a.audienceOf(KitOwner), EdgeAudience: a.identity.Audience, Observer: a.observer(KitOwner),
	})}
	door := &router{mux: http.NewServeMux()}
	a.routeHealth(door)
	door.add(KitOwner, "/", auth.Public("what no route takes is told so"), api.Unmatched(KitOwner, door.mux, a.observer(KitOwner)))
	for _, i := range inspections {
		api.Mount(s, i.Mounted, i.handler(a))
		h := s.server.Endpoint(i.Route)
		r.add(KitOwner, i.Pattern(), i.Access(), guard.spared(h, s.server.EndpointAfter(i.Route, a.cookied(KitOwner, i.Route))))
		door.add(KitOwner, i.Pattern(), i.Access(), h)
	}
	a.inspectHandler = guard.open(door.mux, a.observer(KitOwner))
	return s.server.Err()
}
