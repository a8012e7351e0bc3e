package slipwaytest_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/examples/tutorial/greet"
	"github.com/slipway-go/slipway/examples/tutorial/greet/greetapi"
	"github.com/slipway-go/slipway/examples/tutorial/notes"
	"github.com/slipway-go/slipway/examples/tutorial/notes/notesapi"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// ending is a test that ends when it is told to, as a failure or not.
type ending struct {
	failing
	failed   bool
	cleanups []func()
}

func (e *ending) Failed() bool { return e.failed }

func (e *ending) Cleanup(f func()) { e.cleanups = append(e.cleanups, f) }

func (e *ending) Logf(format string, args ...any) { e.Errorf(format, args...) }

// end returns what the test says at its end, with the durations and the
// identifiers, which no two runs share, left out.
func (e *ending) end(failed bool) string {
	e.failed = failed
	for _, cleanup := range slices.Backward(e.cleanups) {
		cleanup()
	}
	said := strings.Join(e.said, "\n")
	said = regexp.MustCompile(`<?\d+(\.\d)? m?s\b`).ReplaceAllString(said, "T")
	said = regexp.MustCompile(`DO UPDATE \S.*…  `).ReplaceAllString(said, "DO UPDATE …  ") // how far it is shown depends on the time beside it
	return regexp.MustCompile(`[0-9a-f]{8}…`).ReplaceAllString(said, "ID")
}

func TestKit_tellsWhatHappened(t *testing.T) {
	t.Parallel()

	for name, test := range map[string]struct {
		world   func(t testing.TB, modules ...slipway.Module) *slipwaytest.Kit
		modules []slipway.Module
		happen  func(k *slipwaytest.Kit)
		want    string
	}{
		"with real commits": {
			world: slipwaytest.Commit, modules: []slipway.Module{greet.New(), notes.New()},
			happen: func(k *slipwaytest.Kit) {
				slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(201)
			},
			want: `
POST /notes  201  T  by user ID as customer
├─ sso    tokens and keys  200  T  × 2
├─ call   greet GET /greetings/{name}  200  T
├─ sql    INSERT INTO notes (…) VALUES (…) ON CONFLICT (id) DO UPDATE …  1 row  T
└─ event  notes.note.written.v1  T
`,
		},
		"with the neighbour in the same process": {
			world:   slipwaytest.Tx,
			modules: []slipway.Module{greet.New(), notes.New()},
			happen: func(k *slipwaytest.Kit) {
				anna := k.As("customer")
				id := slipwaytest.Do(anna, notesapi.Create, writing("milk")).Want(201).Body.ID
				slipwaytest.Do(k.User("bert", "notes:read"), notesapi.Get, notesapi.GetInput{ID: id}).Want(404)
				k.JSON("GET", "/nowhere", "").Want(404)
			},
			want: `
POST /notes  201  T  by user ID as customer
├─ sso    tokens and keys  200  T  × 2
├─ call   greet GET /greetings/{name}  200  T
├─ sql    INSERT INTO notes (…) VALUES (…) ON CONFLICT (id) DO UPDATE …  1 row  T
└─ event  notes.note.written.v1  T
GET /notes/{id}  404  T  by user bert with notes:read
└─ sql    SELECT owner, text FROM notes WHERE id = $1  1 row  T
GET a path of no route  404  T  by anonymous
`,
		},
		"with a reply of the test": {
			world:   slipwaytest.Tx,
			modules: []slipway.Module{notes.New()},
			happen: func(k *slipwaytest.Kit) {
				slipwaytest.Reply(k, greetapi.Hello, greetapi.Greeting{Text: "Hi"})
				slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(201)
				slipwaytest.Refuse(k, greetapi.Hello, problem.Conflict("no"))
				slipwaytest.Do(k.As("customer"), notesapi.Create, writing("milk")).Want(500)
			},
			want: `
POST /notes  201  T  by user ID as customer
├─ sso    tokens and keys  200  T  × 2
├─ call   greet GET /greetings/{name}  200  reply of the test  T
├─ sql    INSERT INTO notes (…) VALUES (…) ON CONFLICT (id) DO UPDATE …  1 row  T
└─ event  notes.note.written.v1  T
POST /notes  500  T  by user ID as customer
├─ sso    POST /oauth/token  200  T
├─ call   greet GET /greetings/{name}  409  reply of the test  T
└─ error  unexpected error: call greet: GET /greetings/{name}: no module=notes
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := &ending{failing: failing{TB: t}}
			test.happen(test.world(e, test.modules...))
			if got := e.end(true); !strings.Contains(got, test.want) {
				t.Errorf("got %s\nwant it to have%s", got, test.want)
			}
		})
	}

	t.Run("but not when nothing did", func(t *testing.T) {
		t.Parallel()
		e := &ending{failing: failing{TB: t}}
		slipwaytest.Tx(e, greet.New())
		if got := e.end(true); strings.Contains(got, "what happened") {
			t.Errorf("the kit said %s", got)
		}
	})

	t.Run("but not when the test passes", func(t *testing.T) {
		t.Parallel()
		e := &ending{failing: failing{TB: t}}
		slipwaytest.Do(slipwaytest.Tx(e, greet.New()).As("customer"), greetapi.Hello, greetapi.HelloInput{Name: "anna"}).Want(200)
		if got := e.end(false); got != "" {
			t.Errorf("the kit said %s", got)
		}
	})
}

func TestBudget(t *testing.T) {
	t.Parallel()

	for budget, want := range map[[2]int]string{
		{0, 1}: "POST /notes made 1 call and 1 query; its budget is 0 calls and 1 query:\nPOST /notes  201  ",
		{1, 0}: "POST /notes made 1 call and 1 query; its budget is 1 call and 0 queries:\nPOST /notes  201  ",
	} {
		t.Run(fmt.Sprint("fails a request that costs more than ", budget), func(t *testing.T) {
			t.Parallel()
			f := &failing{TB: t}
			k := slipwaytest.Tx(t, greet.New(), notes.New()).In(f).Budget(budget[0], budget[1]).As("customer")
			slipwaytest.Do(k, notesapi.Create, writing("milk")).Want(201)
			if got := strings.Join(f.said, "\n"); !strings.HasPrefix(got, want) || !strings.Contains(got, "─ sql    INSERT INTO notes") {
				t.Errorf("the kit said %q, want it to begin with %q", got, want)
			}
		})
	}

	t.Run("refuses what is no budget", func(t *testing.T) {
		t.Parallel()
		f := &failing{TB: t}
		k := slipwaytest.Tx(t, greet.New()).In(f)
		if got := f.run(func() { k.Budget(-1, 3) }); !strings.Contains(got, "Budget(-1, 3): expected") {
			t.Errorf("the kit said %q", got)
		}
	})

	t.Run("refuses to be kept where nobody can count", func(t *testing.T) {
		t.Parallel()
		slipwaytest.Services(t, []slipway.Module{greet.New()}, func(t *testing.T, k *slipwaytest.Kit) {
			f := &failing{TB: t}
			if got := f.run(func() { k.In(f).Budget(1, 3) }); !strings.Contains(got, "use slipwaytest.Tx or Commit") {
				t.Errorf("the kit said %q", got)
			}
		})
	})

	t.Run("is for each request anew", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Tx(t, greet.New(), notes.New()).As("customer").Budget(1, 1)
		for range 3 {
			slipwaytest.Do(k, notesapi.Create, writing("milk")).Want(201)
		}
	})
}
