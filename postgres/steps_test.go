package postgres_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/postgres"
)

func TestDB_Stepwise(t *testing.T) {
	t.Parallel()
	kit := ladder("CREATE TABLE kit (id integer);", "DROP TABLE kit;")
	module := ladder(itemsUp, itemsDown, "ALTER TABLE items ADD COLUMN m integer;", "ALTER TABLE items DROP COLUMN m;")
	stepwise := func(t *testing.T, fn func(*postgres.DB, *postgres.Steps)) {
		t.Helper()
		db := open(t)
		if err := db.Stepwise(t.Context(), kit, module, func(s *postgres.Steps) error { fn(db, s); return nil }); err != nil {
			t.Errorf("Stepwise() = %v", err)
		}
	}

	t.Run("ErrUnknown", func(t *testing.T) {
		t.Parallel()
		stepwise(t, func(_ *postgres.DB, s *postgres.Steps) {
			err := s.Up(t.Context(), postgres.Step{File: "00009_none.sql", Version: 9})
			if err == nil || !strings.Contains(err.Error(), "00009_none.sql") {
				t.Errorf("Up() = %v, want an error that names the file", err)
			}
		})
	})

	t.Run("ErrSaysWhereEachTime", func(t *testing.T) {
		t.Parallel()
		stepwise(t, func(_ *postgres.DB, s *postgres.Steps) {
			last := s.All()[2]
			for range 2 {
				err := s.Up(t.Context(), last)
				if err == nil || !strings.Contains(err.Error(), "00002_step.sql, line 2") || !strings.Contains(err.Error(), "ADD COLUMN m") {
					t.Errorf("Up() of the last first = %v, want an error that says where", err)
				}
			}
		})
	})

	t.Run("OneByOne", func(t *testing.T) {
		t.Parallel()
		stepwise(t, func(db *postgres.DB, s *postgres.Steps) {
			want := []postgres.Step{
				{File: "00001_step.sql", Version: 1, Kit: true}, {File: "00001_step.sql", Version: 1}, {File: "00002_step.sql", Version: 2},
			}
			if got := s.All(); !slices.Equal(got, want) {
				t.Errorf("All() = %v, want %v", got, want)
			}
			for _, step := range s.All() {
				for i, move := range []func() error{
					func() error { return s.Up(t.Context(), step) },
					func() error { return s.Down(t.Context(), step) },
					func() error { return s.Up(t.Context(), step) },
				} {
					if err := move(); err != nil {
						t.Fatalf("%s, move %d: %v", step, i, err)
					}
				}
			}
			mustExec(t, db, "SELECT m FROM items")
			mustExec(t, db, "SELECT id FROM kit")
		})
	})
}
