package slipwaytest

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry/sentry/sentrytest"
)

func (u *universal) proveErrors(t *testing.T) {
	t.Run("reports an unexpected error once", u.proveReported)
	t.Run("reports what its route that always fails fails with", u.proveDrill)
	t.Run("reports nothing that the client caused", u.proveUnreported)
	t.Run("serves nothing of its inside without a token", u.proveGuarded)
	t.Run("serves the kit's inside to operators alone", u.proveInspections)
}

// proveDrill asks the route that always fails, as whoever sets reports up would.
func (u *universal) proveDrill(t *testing.T) {
	ingest := sentrytest.New(t)
	k := u.worldWith(t, reportingTo(ingest))
	before := k.log.mark()
	const drill = "POST /debug/fail"
	k.Anonymous().Send(requestTo(t, drill))
	u.owner(k).Send(requestTo(t, drill))
	if got := k.reportedSince(before); len(got) != 0 {
		t.Errorf("POST /debug/fail fails for who may not ask it: %s", k.cause())
	}
	status, _, _ := k.User(uuid.NewString(), slipway.Inspect.Name()).Send(requestTo(t, drill))
	if reported := k.reportedSince(before); status != http.StatusInternalServerError || len(reported) != 1 {
		t.Fatalf("POST /debug/fail: got %d and %d error reports, want 500 and 1: whoever sets up Sentry sees by it that reports arrive", status, len(reported))
	}
	for _, r := range ingest.Await(1)[1:] {
		t.Errorf("POST /debug/fail is reported to Sentry once more: %s", r.Raw)
	}
}

// reportingTo are the settings of a world that reports to the ingest.
func reportingTo(i *sentrytest.Ingest) map[string]string {
	return map[string]string{"SENTRY_DSN": i.DSN()}
}

// proveReported takes the module's tables away, so that whatever reads or writes
// them fails as a defect would.
func (u *universal) proveReported(t *testing.T) {
	if !u.module.HasDatabase() {
		t.Skip("the module has no database that could be broken")
	}
	failed := 0
	for _, r := range u.module.Contract().Routes() {
		ingest := sentrytest.New(t)
		k := u.worldWith(t, reportingTo(ingest))
		request, owner := u.request(k, r)
		k.breakDatabase(u.module.Name())
		before := k.log.mark()
		s := &sweep{kit: k, route: r, request: request, owner: owner}
		status, _, body := s.send(s.welcome(), s.key)
		reported := k.reportedSince(before)
		if status < http.StatusBadRequest || status < http.StatusInternalServerError && u.examples[r] == nil {
			continue // it needs no table, or had no reason to look into one
		}
		failed++
		if status != http.StatusInternalServerError || len(reported) != 1 {
			t.Errorf("%s without its tables: got %d and %d error reports, want 500 and 1: it is no fault of the client's, so wrap the error, return it, and neither log nor report it\n%s", r.Pattern(), status, len(reported), body)
		}
		u.checkReport(t, ingest, r)
		if leaked := inside.Find(body); leaked != nil {
			t.Errorf("%s without its tables: the answer tells %q, which is for the log alone\n%s", r.Pattern(), leaked, body)
		}
	}
	if failed == 0 {
		t.Skip("no route of the module needs its tables for what the suite asks: an Example would")
	}
}

// checkReport wants the report at Sentry. Its route may be another of the module, through
// which this one works.
func (u *universal) checkReport(t *testing.T, ingest *sentrytest.Ingest, r *api.Route) {
	t.Helper()
	if t.Failed() {
		return // what does not come would be waited for
	}
	all := ingest.Await(1)
	got := all[0]
	if len(all) != 1 || got.Tags["module"] != u.module.Name() || got.Tags["route"] == "" || got.Contexts["trace"]["trace_id"] == nil {
		t.Errorf("%s without its tables: %d reports are at Sentry, want 1 with its module, route and trace: %s", r.Pattern(), len(all), got.Raw)
	}
}

// inside is what an answer must not tell of a failure.
var inside = regexp.MustCompile(`(?i)SQLSTATE|relation "|goroutine \d|\.go:\d`)

// proveUnreported makes mistakes of the client's kind.
func (u *universal) proveUnreported(t *testing.T) {
	for _, r := range u.module.Contract().Routes() {
		k := u.world(t)
		request, owner := u.request(k, r)
		s := &sweep{kit: k, route: r, request: request, owner: owner}
		before := k.log.mark()
		s.send(func(*http.Request) {})                                               // no token
		s.send(s.welcome(), func(r *http.Request) { r.Body = http.NoBody })          // no body
		s.send(s.welcome(), func(r *http.Request) { r.URL.RawQuery = "unheard=of" }) // no such parameter
		if got := k.reportedSince(before); len(got) != 0 {
			t.Errorf("%s reports an unexpected error for what a client may send: if it is the client's doing, return a problem of its kind (problem.NotFound, problem.Conflict, …): %s", r.Pattern(), k.cause())
		}
	}
}

// insides are the last elements of paths under which programs show themselves.
var insides = regexp.MustCompile(`(?i)(^|/)(debug|pprof|metrics|vars|expvar|trace|profile|heap|goroutine|env|config|settings|actuator|admin)(/|$)`)

// proveGuarded looks for public routes that show how the program works, and asks
// for those that libraries put where they find a mux.
func (u *universal) proveGuarded(t *testing.T) {
	k := u.world(t)
	for _, s := range k.app.Served() {
		if s.Access.IsPublic() && s.Owner != slipway.KitOwner && insides.MatchString(s.Pattern) {
			t.Errorf("%s serves %s to everyone (%s): what shows the program's inside needs a permission: auth.Need(…)", s.Owner, s.Pattern, s.Access.Why())
		}
	}
	for _, path := range []string{"/debug/pprof/", "/debug/pprof/cmdline", "/debug/vars", "/metrics", "/debug/requests", "/.env", "/server-status"} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://kit"+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if status, _, body := k.Anonymous().Send(r); status < http.StatusBadRequest {
			t.Errorf("GET %s without a token: got %d, want it refused: somebody serves the program's inside beside the router\n%.200s", path, status, body)
		}
	}
}

// proveInspections asks for what the kit shows of the process, as nobody and as somebody
// without the permission.
func (u *universal) proveInspections(t *testing.T) { sweepInspections(t, u.world(t)) }

// requestTo is one that the pattern takes.
func requestTo(t *testing.T, pattern string) *http.Request {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, "http://kit"+pathParameter.ReplaceAllString(strings.TrimSuffix(path, "{$}"), "x"), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
