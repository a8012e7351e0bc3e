package testdb_test

import (
	"context"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/postgres"
)

func TestProcess_Tx(t *testing.T) {
	t.Parallel()

	t.Run("leaves nothing, and sequences begin anew", func(t *testing.T) {
		t.Parallel()
		p, m := newProcess(t), uniqueModule(t, seeded)
		for range 2 {
			t.Run("", func(t *testing.T) {
				db, err := p.Tx(t.Context(), t, m, nil)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := read[string](t, db, all), "(1,cup,CUP,fine) (2,bowl,BOWL,bad) / 0 / (2026-02-03,began) / 2"; got != want {
					t.Errorf("the test finds %s, want %s", got, want)
				}
				if id := read[int](t, db, "INSERT INTO kinds (name) VALUES ('jug') RETURNING id"); id != 3 {
					t.Errorf("the next id is %d, want 3", id)
				}
				do(t, db, "ALTER TABLE things ADD COLUMN color text")
			})
		}
	})

	for name, in := range map[string]struct {
		leak func(t *testing.T, db *postgres.DB)
		want string
	}{
		"tells of rows that are open": {
			func(t *testing.T, db *postgres.DB) {
				//nolint:sqlclosecheck // left open: that is the case
				if _, err := db.Query(context.Background(), "SELECT id FROM jobs"); err != nil {
					t.Fatal(err)
				}
			},
			"SELECT id FROM jobs",
		},
		"tells of a transaction that is open": {
			func(t *testing.T, db *postgres.DB) { leaveOpen(t, db, "DELETE FROM jobs") },
			"DELETE FROM jobs",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, m, test := newProcess(t), uniqueModule(t, jobs), &record{TB: t}
			db, err := p.Tx(t.Context(), test, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			in.leak(t, db)
			test.end()
			for _, want := range []string{"nobody ended", in.want, "slipwaytest.Commit"} {
				if !strings.Contains(test.errors(), want) {
					t.Errorf("the test says %q, want %q in it", test.errors(), want)
				}
			}
			next, err := p.Tx(t.Context(), t, m, nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := read[int](t, next, "SELECT count(*) FROM jobs"); n != 2 {
				t.Errorf("the next test finds %d rows, want 2", n)
			}
		})
	}
}

// leaveOpen begins a transaction that ends with the test.
func leaveOpen(t *testing.T, db *postgres.DB, sql string) {
	t.Helper()
	began, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	go func() {
		_ = db.InTx(context.Background(), func(ctx context.Context, tx postgres.Tx) error {
			_, err := tx.Exec(ctx, sql)
			close(began)
			<-release
			return err
		})
	}()
	<-began
}
