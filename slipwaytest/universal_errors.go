package slipwaytest

import (
	"net/http"
	"regexp"
	"testing"

	"github.com/slipway-go/slipway"
)

func (u *universal) proveErrors(t *testing.T) {
	t.Run("reports an unexpected error once", u.proveReported)
	t.Run("reports what its route that always fails fails with", func(t *testing.T) {
		t.Skip("the kit has no such route yet: it comes with the reports to Sentry")
	})
	t.Run("reports nothing that the client caused", u.proveUnreported)
	t.Run("serves nothing of its inside without a token", u.proveGuarded)
}

// proveReported takes the module's tables away, so that whatever reads or writes
// them fails as a defect would.
func (u *universal) proveReported(t *testing.T) {
	if !u.module.HasDatabase() {
		t.Skip("the module has no database that could be broken")
	}
	failed := 0
	for _, r := range u.module.Contract().Routes() {
		k := u.world(t)
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
		if leaked := inside.Find(body); leaked != nil {
			t.Errorf("%s without its tables: the answer tells %q, which is for the log alone\n%s", r.Pattern(), leaked, body)
		}
	}
	if failed == 0 {
		t.Skip("no route of the module needs its tables for what the suite asks: an Example would")
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
