package slipwaytest

import (
	"flag"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
)

// Universal proves of a module what must hold for every module, whatever it is
// for. One call in a package's tests does it:
//
//	func TestUniversal(t *testing.T) { slipwaytest.Universal(t, cart.New(), slipwaytest.Example(cartapi.Get, aCart)) }
//
// Each check is a subtest that says what it proves, or skips with its reason:
//
//   - access: every route that the process serves refuses every wrong token, every
//     lack of a permission, the wrong kind of caller and another user, and admits
//     who has exactly what it declares. No member of a body and no header gives a
//     right or another name.
//   - contract: who may call what, the API's description and that of the events are
//     golden files, so that a change shows in review; a change of an event that would
//     break its subscribers is refused.
//   - errors: an unexpected error is reported once, in the log and to Sentry, an expected
//     one never, and nothing of the inside is served without a token and a permission.
//   - migrations: each step goes up, down and up again with rows in the tables, and
//     the SQL of the previous release still works.
//   - repetition: an Idempotent route that is asked twice acts once, and so does a job
//     whose event comes twice, or whose process dies in the middle.
//   - logs: every line is JSON with its fields, in every profile, and no secret gets into
//     any, nor into a span, an error report, a metric or a golden file.
//   - fuzz: what the schema admits is served, what it does not is refused, and so is a body
//     that is not what its headers say.
//   - health: the process says truly whether it lives and can serve.
//
// What the contract alone cannot tell, such as how to make an object that belongs
// to somebody, the fixtures do. A fixture that is missing is an error that says
// which. Some checks look at the whole process, so the test does not run in
// parallel with others.
func Universal(t *testing.T, module slipway.Module, fixtures ...Fixture) {
	t.Helper()
	serially(t)
	u := &universal{module: module, examples: map[*api.Route]example{}}
	for _, f := range fixtures {
		f(u)
	}
	u.checkFixtures(t)
	u.world(t) // what keeps it from being made is said once
	if u.hasEvents() && asksFor(t, "health") {
		rabbitmqtest.Begin()
	}
	queries.keep(module)
	for _, g := range u.groups() {
		t.Run(g.name, g.prove)
	}
}

// serially refuses a test that runs in parallel.
func serially(t *testing.T) {
	t.Helper()
	defer func() {
		if recover() != nil {
			t.Fatalf("%s runs in parallel, but the suite looks at the whole process: remove t.Parallel()", t.Name())
		}
	}()
	t.Chdir(".") // changes nothing; package testing allows it to tests that are not parallel alone
}

// A Fixture tells the suite about a module what its contract does not.
type Fixture func(*universal)

// An example makes the request of a success. The kit is a user with every
// permission of the module, whose object it is to be.
type example func(k *Kit) *http.Request

// universal is the suite for one module.
type universal struct {
	module   slipway.Module
	beside   []slipway.Module // in each of the suite's worlds
	settings map[string]string
	worlds   []func(*Kit)
	examples map[*api.Route]example
	events   map[string]func(*Kit) events.Message // by topic
	rows     map[string][]string                  // by table
	strange  []*api.Route                         // examples of routes that the module does not have
	stray    *logBuffer                           // what is logged beside the module's logger
	sabotage func(http.Handler) http.Handler
}

type group struct {
	name  string
	prove func(t *testing.T)
}

func (u *universal) groups() []group {
	return []group{
		{"access", u.proveAccess},
		{"contract", u.proveContract},
		{"errors", u.proveErrors},
		{"migrations", u.proveMigrations},
		{"repetition", u.proveRepetition},
		{"logs", u.proveLogs},
		{"fuzz", u.proveFuzz},
		{"health", u.proveHealth}, // last, since a broker needs some seconds to start
	}
}

// asksFor tells whether go test was asked to run the subtest, too.
func asksFor(t *testing.T, subtest string) bool {
	t.Helper()
	asked := strings.Split(flag.Lookup("test.run").Value.String(), "/")
	depth := strings.Count(t.Name(), "/") + 1
	if depth >= len(asked) {
		return true
	}
	matches, err := regexp.MatchString(asked[depth], subtest)
	return matches || err != nil
}

// hasEvents tells whether the module emits events or subscribes to any.
func (u *universal) hasEvents() bool { return len(u.module.Emits())+len(u.module.Subscribes()) > 0 }

// Settings are those under which the module is tested: {"CART_QUOTES": "prices"}.
func Settings(values map[string]string) Fixture {
	return func(u *universal) { u.settings = values }
}

// World prepares each world of the suite, before anything is asked: what the
// module's neighbours answer.
func World(prepare func(k *Kit)) Fixture {
	return func(u *universal) { u.worlds = append(u.worlds, prepare) }
}

// Beside gives each world of the suite more modules, of which nothing is asked: those that
// tell by their contracts what a ready module has to do.
func Beside(modules ...slipway.Module) Fixture {
	return func(u *universal) { u.beside = append(u.beside, modules...) }
}

// Example gives the input of a success. It is called in a new world as a user with
// every permission of the module, and makes what the input names; on a route with
// Owner that is the user's own. The suite sends the input as its owner, as another
// user, without a permission, twice under one Idempotency-Key, and so on.
func Example[In, Out any](op *api.Operation[In, Out], input func(k *Kit) In) Fixture {
	return exampleOf(op.Route, func(k *Kit) *http.Request {
		k.t.Helper()
		r, err := api.NewRequest(k.t.Context(), op, input(k))
		if err != nil {
			k.t.Fatalf("the example of %s cannot be sent: %v", op.Pattern(), err)
		}
		return r
	})
}

// ExampleRequest is [Example] for a route that serves an http.Handler.
func ExampleRequest(m *api.Mounted, request func(k *Kit) *http.Request) Fixture {
	return exampleOf(m.Route, request)
}

func exampleOf(r *api.Route, e example) Fixture {
	return func(u *universal) {
		if r.Contract() != u.module.Contract() {
			u.strange = append(u.strange, r)
		}
		u.examples[r] = e
	}
}

func (u *universal) checkFixtures(t *testing.T) {
	t.Helper()
	for _, r := range u.strange {
		t.Errorf("an example is given for %s of module %s, but the suite is for %s", r.Pattern(), r.Contract().Name(), u.module.Name())
	}
	for _, r := range u.module.Contract().Routes() {
		if r.Access().IsOwner() && u.examples[r] == nil {
			t.Errorf("%s asks whose object it is, and the suite has no object: give Universal a slipwaytest.Example(…) that makes one and returns the input", r.Pattern())
		}
	}
}

// world returns a new world of the module with all that the fixtures put into it.
func (u *universal) world(t *testing.T) *Kit {
	t.Helper()
	return u.worldWith(t, nil)
}

// worldWith is world with settings beside the module's, and with parts of the process
// replaced.
func (u *universal) worldWith(t *testing.T, settings map[string]string, change ...func(*slipway.Overrides)) *Kit {
	t.Helper()
	all := maps.Clone(settings)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, u.settings)
	k := inProcess(t, all, append([]slipway.Module{u.module}, u.beside...), databases.Tx, false, change...) // of its own tokens an SSO would make none that is wrong
	k.quiet = true                                                                                          // a check says itself what it found, and asks a thousand times
	if u.sabotage != nil {
		k.transport = local(t, u.sabotage(outside(k.app.Handler())))
	}
	for _, prepare := range u.worlds {
		prepare(k)
	}
	return k
}

// owner is a user with every permission of the module.
func (u *universal) owner(k *Kit) *Kit {
	var names []string
	for _, p := range u.module.Contract().Permissions() {
		names = append(names, p.Name())
	}
	return k.User(uuid.NewString(), names...)
}

// request returns an example of the route's requests, and to whom belongs what it names.
func (u *universal) request(k *Kit, r *api.Route) (request *http.Request, owner string) {
	k.t.Helper()
	who := u.owner(k)
	if e := u.examples[r]; e != nil {
		return e(who), who.Subject()
	}
	return plainRequest(k.t, r), who.Subject()
}
