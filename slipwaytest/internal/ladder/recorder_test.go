package ladder_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

// listen returns a connection that a recorder listens to.
func listen(t *testing.T, r *ladder.Recorder) *pgx.Conn {
	t.Helper()
	settings, err := pgx.ParseConfig(serverURL(t))
	if err != nil {
		t.Fatal(err)
	}
	settings.Tracer = r
	conn, err := pgx.ConnectConfig(t.Context(), settings)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func wantStatements(t *testing.T, r *ladder.Recorder, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := r.Statements(); !slices.Equal(got, want) {
		t.Errorf("recorded\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestRecorder(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, conn *pgx.Conn, sql string, args ...any) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}

	t.Run("NotWhatTheServerDidNotUnderstand", func(t *testing.T) {
		t.Parallel()
		r := &ladder.Recorder{}
		conn := listen(t, r)
		for _, wrong := range []string{"SELEKT 1", "SELECT nosuchcolumn", "SELECT FROM nosuchtable"} {
			if _, err := conn.Exec(t.Context(), wrong); err == nil {
				t.Errorf("%s went well", wrong)
			}
		}
		wantStatements(t, r)
	})

	t.Run("WhatFailsForItsData", func(t *testing.T) {
		t.Parallel()
		r := &ladder.Recorder{}
		if _, err := listen(t, r).Exec(t.Context(), "SELECT 1 / $1::integer", 0); err == nil {
			t.Error("divided by zero")
		}
		wantStatements(t, r, "SELECT 1 / $1::integer")
	})

	t.Run("NotWhatCannotBePrepared", func(t *testing.T) {
		t.Parallel()
		r := &ladder.Recorder{}
		conn := listen(t, r)
		for _, s := range []string{
			"BEGIN", "SAVEPOINT a", "RELEASE a", "SET LOCAL work_mem = '8MB'", "CREATE TEMPORARY TABLE x (id integer)", "LISTEN a", "SHOW work_mem", "ROLLBACK",
		} {
			run(t, conn, s)
		}
		wantStatements(t, r)
	})

	t.Run("EachOnceWithoutSpaceAndComments", func(t *testing.T) {
		t.Parallel()
		r := &ladder.Recorder{}
		conn := listen(t, r)
		run(t, conn, "\n\tSELECT  1, 'a  b' -- why\n")
		run(t, conn, "SELECT 1, /* how /* so */ */ 'a  b';")
		run(t, conn, "(SELECT 2)")
		run(t, conn, "WITH a AS (SELECT 3) SELECT * FROM a; SELECT 4")
		wantStatements(t, r, "SELECT 1, 'a  b'", "(SELECT 2)", "WITH a AS (SELECT 3) SELECT * FROM a", "SELECT 4")
	})

	t.Run("NamedArguments", func(t *testing.T) {
		t.Parallel()
		r := &ladder.Recorder{}
		run(t, listen(t, r), "SELECT @n::integer", pgx.NamedArgs{"n": 1})
		wantStatements(t, r, "SELECT $1::integer")
	})

	t.Run("Batches", func(t *testing.T) {
		t.Parallel()
		r := &ladder.Recorder{}
		b := &pgx.Batch{}
		b.Queue("SELECT $1::integer", 1)
		b.Queue("SELECT\n2")
		if err := listen(t, r).SendBatch(t.Context(), b).Close(); err != nil {
			t.Fatalf("SendBatch() = %v", err)
		}
		wantStatements(t, r, "SELECT $1::integer", "SELECT 2")
	})

	t.Run("FromManyConnections", func(t *testing.T) {
		t.Parallel()
		r := &ladder.Recorder{}
		var all sync.WaitGroup
		for range 4 {
			conn := listen(t, r)
			all.Go(func() {
				for range 20 {
					if _, err := conn.Exec(context.Background(), "SELECT 1"); err != nil {
						t.Errorf("SELECT 1: %v", err)
					}
				}
			})
		}
		all.Wait()
		wantStatements(t, r, "SELECT 1")
	})
}

func TestQueries(t *testing.T) {
	t.Parallel()

	t.Run("ReadBackTheSame", func(t *testing.T) {
		t.Parallel()
		statements := []string{
			"SELECT a, b FROM t WHERE a = $1 AND b IN (SELECT b FROM u WHERE c) ORDER BY a LIMIT 1",
			"INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING a",
			"SELECT 'it''s; -- no comment\n\n  two lines', E'a\\'; b', $$ dollars; $$, $q$ $$ ; $q$, \"a name; FROM\", U&'\\0041'",
			"UPDATE t SET a = '(' WHERE b ->> 'x  y' = $2::text",
			"SELECT data #>> '{a,b}' FROM t WHERE x @> '{\"a\": 1}' AND y = 1.5e3 - -1",
			"SELECT 1",
		}
		slices.Sort(statements)
		text := ladder.FormatQueries(append(slices.Clone(statements), statements[0], "SELECT   1"))
		if got := ladder.ParseQueries(text); !slices.Equal(got, statements) {
			t.Errorf("read back\n%s\nfrom\n%s", strings.Join(got, "\n"), text)
		}
		if again := ladder.FormatQueries(ladder.ParseQueries(text)); again != text {
			t.Errorf("written again\n%s\nwant\n%s", again, text)
		}
	})

	t.Run("WithoutThoseOfTheKit", func(t *testing.T) {
		t.Parallel()
		own := []string{
			"SELECT delivery FROM orders", "UPDATE orders SET delivery = (SELECT 1) WHERE true",
			"WITH late AS (SELECT id FROM orders FOR UPDATE SKIP LOCKED) SELECT id FROM late",
		}
		kit := []string{
			"SELECT id FROM kit_delivery", "INSERT INTO kit_delivery (id) VALUES (1)", "UPDATE kit_delivery SET id = 1", "DELETE FROM ONLY kit_outbox",
			"SELECT d.id FROM orders o JOIN kit_delivery d ON d.id = o.id", "WITH late AS (SELECT id FROM kit_delivery) SELECT id FROM late",
		}
		if got := ladder.Without(slices.Concat(own, kit), []string{"kit_outbox", "kit_delivery"}); !slices.Equal(got, own) {
			t.Errorf("Without() = %q, want %q", got, own)
		}
	})

	t.Run("AreReadable", func(t *testing.T) {
		t.Parallel()
		got := ladder.FormatQueries([]string{"SELECT a FROM t WHERE a IN (SELECT a FROM u) AND b = $1"})
		if want := "SELECT a\n  FROM t\n  WHERE a IN (SELECT a FROM u) AND b = $1;\n"; !strings.HasSuffix(got, "\n\n"+want) {
			t.Errorf("written\n%s\nwant it to end with\n%s", got, want)
		}
	})

	t.Run("Compared", func(t *testing.T) {
		t.Parallel()
		recorded, committed := []string{"SELECT 1", "SELECT 2"}, []string{"SELECT  2", "SELECT 3"}
		findings := ladder.Compare(ladder.QueriesFile("cart"), recorded, committed, false)
		if len(findings) != 1 || !strings.Contains(findings[0].String(), "`SELECT 1`") || !strings.Contains(findings[0].Remedy, "SLIPWAY_UPDATE=1") {
			t.Errorf("Compare() = %v, want the missing one and how to update", findings)
		}
		findings = ladder.Compare(ladder.QueriesFile("cart"), recorded, committed, true)
		if len(findings) != 2 || !strings.Contains(findings[1].String(), "`SELECT 3`") {
			t.Errorf("Compare() with the stale = %v, want SELECT 3, too", findings)
		}
	})
}
