package testdb_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// modes are the two that keep databases.
var modes = map[string]func(*testdb.Process, context.Context, testing.TB, slipway.Module, pgx.QueryTracer) (*postgres.DB, error){
	"Tx":     (*testdb.Process).Tx,
	"Commit": (*testdb.Process).Commit,
}

var psqlLine = regexp.MustCompile(`psql '([^']+)'`)

func TestProcess_keepsTheDatabaseOfAFailedTest(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv(testdb.KeepVariable, "1")
	for name, open := range modes {
		t.Run(name, func(t *testing.T) {
			p, m, test := newProcess(t), uniqueModule(t, seeded), &record{TB: t}
			db, err := open(p, t.Context(), test, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			do(t, db, "INSERT INTO kinds (name) VALUES ('jug')")
			do(t, db, "INSERT INTO things (kind) VALUES (3)")
			do(t, db, "UPDATE log SET line = 'other'")
			test.Errorf("something is wrong")
			test.end()

			found := psqlLine.FindStringSubmatch(test.said())
			if found == nil || !strings.Contains(test.said(), "is kept until "+time.Now().Format("15:")) && !strings.Contains(test.said(), "is kept until "+time.Now().Add(15*time.Minute).Format("15:")) {
				t.Fatalf("the test says %q, want until when it is kept and a psql line", test.said())
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(dropAll(t, m))
			next, err := newProcess(t).Tx(t.Context(), t, m, nil) // the next run neither uses nor drops it
			if err != nil {
				t.Fatal(err)
			}
			if got := read[int](t, next, "SELECT count(*) FROM kinds"); got != 2 {
				t.Errorf("the next test finds %d kinds, want 2", got)
			}
			conn, err := pgx.Connect(t.Context(), found[1])
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background()) //nolint:errcheck // nothing is lost
			want := "(1,cup,CUP,fine) (2,bowl,BOWL,bad) (3,jug,JUG,fine) / 1 / (2026-02-03,other) / 2"
			if got := read[string](t, conn, all); got != want {
				t.Errorf("kept is %s, want %s", got, want)
			}
			if id := read[int](t, conn, "INSERT INTO kinds (name) VALUES ('pot') RETURNING id"); id != 4 {
				t.Errorf("the next id is %d, want 4", id)
			}
		})
	}
}

func TestProcess_keepsNothing(t *testing.T) {
	for name, in := range map[string]struct {
		ci, keep, want string
	}{
		"where CI is set, and says what would": {"true", "", "SLIPWAY_TEST_KEEP=1"},
		"where it is told so":                  {"", "0", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CI", in.ci)
			t.Setenv(testdb.KeepVariable, in.keep)
			for mode, open := range modes {
				t.Run(mode, func(t *testing.T) {
					p, m, test := newProcess(t), uniqueModule(t, seeded), &record{TB: t}
					db, err := open(p, t.Context(), test, m, nil)
					if err != nil {
						t.Fatal(err)
					}
					do(t, db, "INSERT INTO kinds (name) VALUES ('jug')")
					test.Errorf("something is wrong")
					test.end()
					if said := test.said(); !strings.Contains(said, in.want) || (in.want == "") != (said == "") {
						t.Errorf("the test says %q, want %q", said, in.want)
					}
					next, err := open(p, t.Context(), t, m, nil)
					if err != nil {
						t.Fatal(err)
					}
					if got := read[int](t, next, "SELECT count(*) FROM kinds"); got != 2 {
						t.Errorf("the next test finds %d kinds, want 2", got)
					}
					if got := databasesOf(t, m); len(got) != 2 {
						t.Errorf("databases = %q, want the template and one clone", got)
					}
				})
			}
		})
	}
}

// dropAll removes a module's databases, kept ones too.
func dropAll(t *testing.T, m slipway.Module) func() {
	conn := admin(t)
	return func() {
		for _, name := range databasesOf(t, m) {
			if _, err := conn.Exec(context.Background(), "DROP DATABASE "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestProcess_keepsFiveOfManyThatFailAtOnce(t *testing.T) {
	t.Setenv("CI", "")
	t.Setenv(testdb.KeepVariable, "1")
	const many = 10
	p, m := newProcess(t), uniqueModule(t, jobs)
	var tests [many]*record
	for i := range tests {
		tests[i] = &record{TB: t}
		if _, err := p.Commit(t.Context(), tests[i], m, nil); err != nil {
			t.Fatal(err)
		}
		tests[i].Errorf("something is wrong")
	}
	t.Cleanup(dropAll(t, m))
	var all sync.WaitGroup
	for _, test := range tests {
		all.Go(test.end)
	}
	all.Wait()
	kept := 0
	for _, test := range tests {
		if strings.Contains(test.said(), "is kept until") {
			kept++
		}
	}
	if kept != 5 {
		t.Errorf("%d databases are kept, want 5", kept)
	}
}
