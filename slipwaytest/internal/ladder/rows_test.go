package ladder_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

// TestClimb_Rows makes rows for tables of every shape.
func TestClimb_Rows(t *testing.T) {
	t.Parallel()
	const before = `CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(1) NOT NULL UNIQUE);
		CREATE TYPE mood AS ENUM ('fine', 'sad');
		CREATE DOMAIN word AS varchar(20) CHECK (VALUE <> '');
		CREATE DOMAIN address AS word CHECK (VALUE LIKE '%@%');`
	tables := map[string]string{
		"types": `a bool NOT NULL, b smallint NOT NULL, c numeric(4,2) NOT NULL, d real NOT NULL, e char(3) NOT NULL, f bytea NOT NULL, g jsonb NOT NULL,
			h date NOT NULL, i timestamptz NOT NULL, j time NOT NULL, k interval NOT NULL, l inet NOT NULL, m macaddr NOT NULL, n point NOT NULL,
			o int4range NOT NULL, p text[] NOT NULL, q bit(3) NOT NULL, r uuid NOT NULL, s tsvector NOT NULL, t money NOT NULL, u "char" NOT NULL,
			v name NOT NULL, w oid NOT NULL, x xml NOT NULL, y datemultirange NOT NULL, z circle NOT NULL, "select" integer[] NOT NULL`,
		"generated":     `id serial PRIMARY KEY, n integer GENERATED ALWAYS AS (id * 2) STORED, at timestamptz NOT NULL DEFAULT now()`,
		"no_column":     ``,
		"one_of":        `state text NOT NULL CHECK (state IN ('next', 'active')), sealed bytea CHECK ((sealed IS NULL) = (state = 'active'))`,
		"bounds":        `n integer NOT NULL CHECK (n > 500 AND n < 502), f numeric NOT NULL CHECK (f BETWEEN -3 AND -2)`,
		"lower":         `mail text NOT NULL UNIQUE CHECK (mail = lower(mail) AND mail LIKE '%@%')`,
		"pattern":       `code text NOT NULL CHECK (code ~ '^[A-Z]{3}-\d{2}$')`,
		"length":        `digest bytea NOT NULL CHECK (octet_length(digest) = 32), hex text NOT NULL CHECK (length(hex) = 64)`,
		"json":          `data jsonb NOT NULL CHECK (jsonb_typeof(data) = 'array')`,
		"arrays":        `tags text[] NOT NULL CHECK (cardinality(tags) > 0)`,
		"domain":        `mail address NOT NULL`,
		"enum":          `mood mood NOT NULL CHECK (mood <> 'fine')`,
		"reference":     `user_id bigint NOT NULL REFERENCES users`,
		"referring":     `id uuid PRIMARY KEY, user_id bigint NOT NULL UNIQUE REFERENCES users, parent uuid NOT NULL REFERENCES referring`,
		"times":         `at timestamptz NOT NULL CHECK (at > '2040-01-01'), until timestamptz NOT NULL, CHECK (until > at)`,
		"one_at_most":   `single boolean PRIMARY KEY DEFAULT true CHECK (single)`,
		"many_together": `a integer NOT NULL CHECK (a > 0), b integer NOT NULL CHECK (b > 10), CHECK (b > a + 20)`,
		"partitions":    `at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE p PARTITION OF partitions FOR VALUES FROM ('2031-01-01') TO ('2032-01-01'`,
	}
	up, down := before, "DROP TABLE users;\nDROP TYPE mood;\nDROP DOMAIN address;\nDROP DOMAIN word;"
	for name, columns := range tables {
		up += fmt.Sprintf("\nCREATE TABLE %s (%s);", name, columns)
		down = fmt.Sprintf("DROP TABLE %s;\n%s", name, down)
	}
	db := scratch(t)
	report, err := ladder.Climb(t.Context(), db, ladder.Migrations{Module: steps(up, down)})
	if err != nil {
		t.Fatalf("Climb() = %v", err)
	}
	wantClean(t, report)
	for name := range tables {
		var filled bool
		if err := db.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM "+name+")").Scan(&filled); err != nil || !filled {
			t.Errorf("table %s has rows: %t, %v", name, filled, err)
		}
	}
}

func TestClimb_RowsRefused(t *testing.T) {
	t.Parallel()
	const up = "CREATE TABLE things (a text NOT NULL CHECK (md5(a) = '0cc175b9c0f1b6a831c399e269772661' AND length(a) > 20));"

	t.Run("IsNoted", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(up, "DROP TABLE things;")})
		if len(report.Findings) > 0 || len(report.Notes) != 1 {
			t.Fatalf("findings %v, notes %v; want one note", report.Findings, report.Notes)
		}
		for _, part := range []string{"table things stays empty", "things_a_check", "md5(a)", `Rows["things"]`} {
			if got := report.Notes[0].String(); !strings.Contains(got, part) {
				t.Errorf("note %q, want it to say %q", got, part)
			}
		}
	})

	t.Run("ByATrigger", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(`CREATE TABLE things (a text);
-- +goose StatementBegin
CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not today'; END $$;
-- +goose StatementEnd
CREATE TRIGGER no BEFORE INSERT ON things FOR EACH ROW EXECUTE FUNCTION no();`, "DROP TABLE things;\nDROP FUNCTION no();")})
		if len(report.Findings) > 0 || len(report.Notes) != 1 || !strings.Contains(report.Notes[0].Reason, "not today") {
			t.Errorf("findings %v, notes %v; want one note with the reason", report.Findings, report.Notes)
		}
	})

	t.Run("GivenOnesServe", func(t *testing.T) {
		t.Parallel()
		const guess = `CREATE TABLE "order" (a text NOT NULL CHECK (md5(a) = '9dd4e461268c8034f5c8564e155c67a6'));` // of x
		wantClean(t, climb(t, ladder.Migrations{
			Module: steps(guess, `DROP TABLE "order";`, `ALTER TABLE "order" ADD COLUMN b integer;`, `ALTER TABLE "order" DROP COLUMN b;`),
			Rows:   map[string][]string{"order": {`INSERT INTO "order" (a) VALUES ('x')`}},
		}))
	})

	t.Run("ErrGivenOnesRefused", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{
			Module: steps(cartsUp, cartsDown),
			Rows:   map[string][]string{"carts": {"INSERT INTO carts (color) VALUES ('red')"}},
		})
		wantOne(t, report, "Rows", "table carts", `column "color"`)
	})

	t.Run("ErrGivenForNoTable", func(t *testing.T) {
		t.Parallel()
		report := climb(t, ladder.Migrations{Module: steps(cartsUp, cartsDown), Rows: map[string][]string{"crates": {"INSERT INTO crates DEFAULT VALUES"}}})
		wantOne(t, report, "Rows", "table crates", "is not in the newest schema")
	})
}
