package ladder_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

const (
	cartsUp   = "CREATE TABLE carts (id uuid PRIMARY KEY, note text);"
	cartsDown = "DROP TABLE carts;"
)

// TestClimb_LeftBehind plants one of each kind and lets the Down leave them all.
func TestClimb_LeftBehind(t *testing.T) {
	t.Parallel()
	planted := []struct{ up, object, remedy string }{
		{"ALTER TABLE carts ADD COLUMN color text;", "column carts.color", "add ALTER TABLE carts DROP COLUMN color; to the Down of 00002_step.sql"},
		{"CREATE TYPE mood AS ENUM ('fine', 'sad');", "type mood", "DROP TYPE mood;"},
		{"CREATE DOMAIN code AS text CHECK (VALUE <> '');", "type code", "DROP DOMAIN code;"},
		{"CREATE TYPE pair AS (a integer, b text);", "type pair", "DROP TYPE pair;"},
		{"CREATE INDEX carts_note ON carts (note);", "index carts_note", "DROP INDEX carts_note;"},
		{
			"CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * n';",
			"function twice(integer)", "DROP FUNCTION twice(integer);",
		},
		{"CREATE TABLE items (id serial PRIMARY KEY, n integer UNIQUE);", "table items", "DROP TABLE items;"},
		{"CREATE VIEW ids AS SELECT id FROM carts;", "view ids", "DROP VIEW ids;"},
		{"CREATE SEQUENCE numbers;", "sequence numbers", "DROP SEQUENCE numbers;"},
		{"ALTER TABLE carts ADD CONSTRAINT short CHECK (length(note) < 80);", "constraint carts.short", "DROP CONSTRAINT short;"},
		{"COMMENT ON TABLE carts IS 'full';", "comment on table carts", "COMMENT ON TABLE carts IS NULL;"},
		{
			"CREATE TRIGGER same BEFORE UPDATE ON carts FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();",
			"trigger same on carts", "DROP TRIGGER same ON carts;",
		},
		{"CREATE POLICY own ON carts USING (note = current_user);", "policy own on carts", "DROP POLICY own ON carts;"},
		{"CREATE COLLATION german (provider = icu, locale = 'de');", "collation t_", "DROP COLLATION"},
		{"GRANT SELECT ON carts TO PUBLIC;", "grants on table carts", "change it back"},
		{"ALTER TABLE carts ALTER COLUMN note SET DEFAULT 'none';", "column carts.note", "it is text DEFAULT 'none'"},
		{"ALTER TABLE carts SET (fillfactor = 50);", "table carts", "fillfactor=50"},
		{"CREATE STATISTICS stats ON id, note FROM carts;", "statistics stats", "DROP STATISTICS stats;"},
		{"CREATE RULE quiet AS ON DELETE TO carts DO INSTEAD NOTHING;", "rule quiet on carts", "DROP RULE quiet ON carts;"},
	}
	var up strings.Builder
	for _, p := range planted {
		up.WriteString(p.up + "\n")
	}
	report := climb(t, ladder.Migrations{Module: steps(cartsUp, cartsDown, up.String(), "SELECT 1;")})
	for _, p := range planted {
		i := slices.IndexFunc(report.Findings, func(f ladder.Finding) bool { return strings.HasPrefix(f.Object, p.object) })
		if i < 0 || !strings.Contains(report.Findings[i].String(), p.remedy) || report.Findings[i].File != "00002_step.sql" {
			t.Errorf("no finding about %s with the remedy %q", p.object, p.remedy)
		}
	}
	if len(report.Findings) != len(planted) {
		t.Errorf("%d findings, want %d: %v", len(report.Findings), len(planted), report.Findings)
	}
}

func TestClimb_Down(t *testing.T) {
	t.Parallel()

	t.Run("ErrMissing", func(t *testing.T) {
		t.Parallel()
		files := fstest.MapFS{"00001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (id integer);\nCREATE TABLE b (id integer);\n")}}
		wantOne(t, climb(t, ladder.Migrations{Module: files}), "00001_a.sql", "has no Down", "table a, table b", "DROP TABLE a", "-- irreversible:")
	})

	t.Run("ErrEmpty", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(cartsUp, "-- Nobody will want to.")})
		wantOne(t, report, "00001_step.sql", "has no Down", "table carts")
	})

	t.Run("ErrFails", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(cartsUp, "DROP TABLE crates;")})
		wantOne(t, report, "00001_step.sql", "fails to go down", `table "crates" does not exist`)
	})

	t.Run("ErrFailsWithRows", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(
			"CREATE TABLE carts (id uuid PRIMARY KEY, note text NOT NULL);", cartsDown,
			"ALTER TABLE carts ALTER COLUMN note DROP NOT NULL;", "ALTER TABLE carts ALTER COLUMN note SET NOT NULL;",
			"CREATE TABLE later (id integer);", "DROP TABLE later;",
		)})
		wantOne(t, report, "00002_step.sql", "fails when they have rows", "contains null values", "UPDATE")
	})

	t.Run("ErrTakesTooMuch", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(
			cartsUp, cartsDown,
			"ALTER TABLE carts ADD COLUMN n integer;", "ALTER TABLE carts DROP COLUMN n, DROP COLUMN note;",
		)})
		wantOne(t, report, "00002_step.sql", "column carts.note", "gone after the Down", "as it was: text")
	})

	t.Run("OfTheKit", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Kit: steps("CREATE TABLE kit (id integer);", "SELECT 1;"), Module: steps(cartsUp, cartsDown)})
		wantOne(t, report, "00001_step.sql of the kit", "table kit")
	})
}

func TestClimb_Up(t *testing.T) {
	t.Parallel()

	t.Run("ErrFails", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps("CREATE TABLE carts (id nosuchtype);", cartsDown)})
		wantOne(t, report, "00001_step.sql", "fails to go up", "nosuchtype", "line 2")
	})

	t.Run("ErrFailsWithRows", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(
			cartsUp, cartsDown,
			"ALTER TABLE carts ADD COLUMN owner text NOT NULL;", "ALTER TABLE carts DROP COLUMN owner;",
		)})
		wantOne(t, report, "00002_step.sql", "fails when they have rows", "contains null values", "DEFAULT")
	})

	t.Run("ErrMakesSomethingElseTheSecondTime", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(
			cartsUp, cartsDown,
			"-- +goose StatementBegin\nDO $$ BEGIN IF EXISTS (SELECT FROM carts WHERE note = 'been here') THEN CREATE TABLE second (id integer); END IF; END $$;\n-- +goose StatementEnd",
			"UPDATE carts SET note = 'been here';",
		)})
		wantOne(t, report, "00002_step.sql", "table second", "not after the first")
	})

	t.Run("TightensWhatItChecks", func(t *testing.T) {
		t.Parallel()
		wantClean(t, climb(t, ladder.Migrations{Module: steps(
			"CREATE TABLE carts (id uuid PRIMARY KEY, status text NOT NULL, amount integer NOT NULL);", cartsDown,
			"ALTER TABLE carts ADD CHECK (status IN ('open', 'paid')), ADD CHECK (amount BETWEEN 10 AND 20);",
			"ALTER TABLE carts DROP CONSTRAINT carts_status_check, DROP CONSTRAINT carts_amount_check;",
		)}))
	})
}

func TestClimb_Irreversible(t *testing.T) {
	t.Parallel()

	t.Run("ErrWithoutAReason", func(t *testing.T) {
		t.Parallel()
		files := fstest.MapFS{"00001_a.sql": {Data: []byte("-- irreversible\n-- +goose Up\nCREATE TABLE a (id integer);\n")}}
		wantOne(t, climb(t, ladder.Migrations{Module: files}), "00001_a.sql", "not why")
	})

	t.Run("IsSkipped", func(t *testing.T) {
		t.Parallel()
		files := steps(cartsUp, cartsDown, "-- irreversible: the notes are gone for good\nALTER TABLE carts DROP COLUMN note;", "", "CREATE TABLE b (id integer);", "DROP TABLE b;")
		report := climb(t, ladder.Migrations{Module: files})
		if len(report.Findings) > 0 || len(report.Skips) != 2 {
			t.Fatalf("findings %v and skips %v, want 0 and 2", report.Findings, report.Skips)
		}
		if got, want := report.Skips[0].String(), "00002_step.sql: irreversible: the notes are gone for good"; got != want {
			t.Errorf("skip %q, want %q", got, want)
		}
		if got := report.Skips[1].String(); !strings.Contains(got, "all down ends above 00002_step.sql") {
			t.Errorf("skip %q, want it to say where all down ends", got)
		}
	})
}

// ending ends a context when a file is opened to be run, after it was to be looked at.
type ending struct {
	fs.FS
	end   func()
	opens atomic.Int32 // goose reads a file for both directions at once
}

func (e *ending) Open(name string) (fs.File, error) {
	if strings.HasSuffix(name, ".sql") {
		if e.opens.Add(1) > 1 {
			e.end()
		}
	}
	return e.FS.Open(name)
}

func TestClimb(t *testing.T) {
	t.Parallel()

	t.Run("ErrSchemaInUse", func(t *testing.T) {
		t.Parallel()
		db, files := scratch(t), steps(cartsUp, cartsDown)
		if err := db.Up(t.Context(), nil, files); err != nil {
			t.Fatalf("Up() = %v", err)
		}
		_, err := ladder.Climb(t.Context(), db, ladder.Migrations{Module: files})
		if err == nil || !strings.Contains(err.Error(), "holds table carts") {
			t.Errorf("Climb() = %v, want an error that names the table", err)
		}
		if _, err := db.Exec(t.Context(), "SELECT FROM carts"); err != nil {
			t.Errorf("the table is gone: %v", err)
		}
	})

	t.Run("ErrContextEnds", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		files := &ending{FS: steps(cartsUp, cartsDown), end: cancel}
		_, err := ladder.Climb(ctx, scratch(t), ladder.Migrations{Module: files})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Climb() = %v, want context.Canceled", err)
		}
	})

	t.Run("Nothing", func(t *testing.T) {
		t.Parallel()
		wantClean(t, climb(t, ladder.Migrations{}))
	})

	t.Run("LeavesTheSchemaUpToDate", func(t *testing.T) {
		t.Parallel()
		db, files := scratch(t), steps(cartsUp, cartsDown)
		if _, err := ladder.Climb(t.Context(), db, ladder.Migrations{Module: files}); err != nil {
			t.Fatalf("Climb() = %v", err)
		}
		var rows int
		if err := db.QueryRow(t.Context(), "SELECT count(*) FROM carts").Scan(&rows); err != nil || rows == 0 {
			t.Errorf("%d rows, %v; want the table with rows", rows, err)
		}
		if err := db.Up(t.Context(), nil, files); err != nil {
			t.Errorf("Up() = %v", err)
		}
	})
}

// TestClimb_RealMigrations holds the migrations of this repository to the promise.
func TestClimb_RealMigrations(t *testing.T) {
	t.Parallel()
	const root = "../../../"
	for _, folder := range []string{
		"modules/cart/migrations", "modules/acquiring/migrations", "modules/sso/migrations",
		"examples/shop/catalog/migrations", "examples/tutorial/notes/migrations",
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			report := climb(t, ladder.Migrations{Kit: os.DirFS(root + "migrations"), Module: os.DirFS(root + folder)})
			wantClean(t, report)
			if len(report.Files) < 2 {
				t.Errorf("climbed %v, want the kit's and the module's", report.Files)
			}
		})
	}
}
