package ladder_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

// TestClimb_Rows makes rows for tables of every shape. A Down that fails proves that there is one.
func TestClimb_Rows(t *testing.T) {
	t.Parallel()
	const ids = "CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(1) NOT NULL UNIQUE);\n"
	for name, columns := range map[string]string{
		"Types": `a bool NOT NULL, b smallint NOT NULL, c numeric(4,2) NOT NULL, d real NOT NULL, e char(3) NOT NULL, f bytea NOT NULL, g jsonb NOT NULL,
			h date NOT NULL, i timestamptz NOT NULL, j time NOT NULL, k interval NOT NULL, l inet NOT NULL, m macaddr NOT NULL, n point NOT NULL,
			o int4range NOT NULL, p text[] NOT NULL, q bit(3) NOT NULL, r uuid NOT NULL, s tsvector NOT NULL, t money NOT NULL, u "char" NOT NULL,
			v name NOT NULL, w oid NOT NULL, x xml NOT NULL, y datemultirange NOT NULL, z circle NOT NULL, "select" integer[] NOT NULL`,
		"Generated":    `id serial PRIMARY KEY, n integer GENERATED ALWAYS AS (id * 2) STORED, at timestamptz NOT NULL DEFAULT now()`,
		"NoColumn":     ``,
		"OneOf":        `state text NOT NULL CHECK (state IN ('next', 'active')), sealed bytea CHECK ((sealed IS NULL) = (state = 'active'))`,
		"Bounds":       `n integer NOT NULL CHECK (n > 500 AND n < 502), f numeric NOT NULL CHECK (f BETWEEN -3 AND -2)`,
		"Lower":        `mail text NOT NULL UNIQUE CHECK (mail = lower(mail) AND mail LIKE '%@%')`,
		"Pattern":      `code text NOT NULL CHECK (code ~ '^[A-Z]{3}-\d{2}$')`,
		"Length":       `digest bytea NOT NULL CHECK (octet_length(digest) = 32), hex text NOT NULL CHECK (length(hex) = 64)`,
		"JSON":         `data jsonb NOT NULL CHECK (jsonb_typeof(data) = 'array')`,
		"Arrays":       `tags text[] NOT NULL CHECK (cardinality(tags) > 0)`,
		"Domain":       `mail address NOT NULL`,
		"Enum":         `mood mood NOT NULL CHECK (mood <> 'fine')`,
		"Reference":    `user_id bigint NOT NULL REFERENCES users`,
		"References":   `id uuid PRIMARY KEY, user_id bigint NOT NULL UNIQUE REFERENCES users, parent uuid NOT NULL REFERENCES things`,
		"Times":        `at timestamptz NOT NULL CHECK (at > '2040-01-01'), until timestamptz NOT NULL, CHECK (until > at)`,
		"OneAtMost":    `single boolean PRIMARY KEY DEFAULT true CHECK (single)`,
		"ManyTogether": `a integer NOT NULL CHECK (a > 0), b integer NOT NULL CHECK (b > 10), CHECK (b > a + 20)`,
		"Partitions":   `at date NOT NULL) PARTITION BY RANGE (at); CREATE TABLE p PARTITION OF things FOR VALUES FROM ('2031-01-01') TO ('2032-01-01'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			up := ids + `CREATE TYPE mood AS ENUM ('fine', 'sad');
				CREATE DOMAIN word AS varchar(20) CHECK (VALUE <> '');
				CREATE DOMAIN address AS word CHECK (VALUE LIKE '%@%');
				CREATE TABLE things (` + columns + `);`
			report := climb(t, ladder.Migrations{Module: steps(
				up, "DROP TABLE things;\nDROP TABLE users;\nDROP TYPE mood;\nDROP DOMAIN address;\nDROP DOMAIN word;",
				"CREATE TABLE other (id integer);", "DROP TABLE other;\nSELECT 1 / (SELECT CASE count(*) WHEN 0 THEN 1 ELSE 0 END FROM things);",
			)})
			wantOne(t, report, "00002_step.sql", "fails when they have rows", "division by zero")
			for _, n := range report.Notes {
				t.Errorf("note: %s", n)
			}
		})
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
		const guess = "CREATE TABLE things (a text NOT NULL CHECK (md5(a) = '9dd4e461268c8034f5c8564e155c67a6'));" // of x
		wantClean(t, climb(t, ladder.Migrations{
			Module: steps(guess, "DROP TABLE things;", "ALTER TABLE things ADD COLUMN b integer;", "ALTER TABLE things DROP COLUMN b;"),
			Rows:   map[string][]string{"things": {"INSERT INTO things (a) VALUES ('x')"}},
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
