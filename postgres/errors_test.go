package postgres_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// wantUnavailable checks what a handler's client gets when the handler passes err on.
func wantUnavailable(t *testing.T, what string, err error) {
	t.Helper()
	p := problem.From(err)
	if err == nil || p.Status() != 503 || p.Code() != "database_unavailable" || p.Headers().Get("Retry-After") != "1" {
		t.Errorf("%s = %v (%d %s %v); want 503 database_unavailable with Retry-After: 1", what, err, p.Status(), p.Code(), p.Headers())
	}
	if !postgres.IsUnavailable(err) {
		t.Errorf("IsUnavailable(%v) = false", err)
	}
}

func nothing(context.Context, postgres.Tx) error { return nil }

func TestUnavailable(t *testing.T) {
	t.Parallel()

	t.Run("NobodyListens", func(t *testing.T) {
		t.Parallel()
		db := open(t, func(c *postgres.Config) { c.URL = config.Secret("postgres://u@/db?host=" + t.TempDir()) })
		ctx := t.Context()

		_, err := db.Exec(ctx, "SELECT 1")
		wantUnavailable(t, "Exec()", err)
		wantUnavailable(t, "Scan()", db.QueryRow(ctx, "SELECT 1").Scan(new(int)))
		rows, err := db.Query(ctx, "SELECT 1")
		wantUnavailable(t, "Query()", err)
		_, err = pgx.CollectRows(rows, pgx.RowTo[int])
		wantUnavailable(t, "CollectRows()", err)
		var b pgx.Batch
		b.Queue("SELECT 1")
		wantUnavailable(t, "SendBatch().Close()", db.SendBatch(ctx, &b).Close())
		wantUnavailable(t, "InTx()", db.InTx(ctx, nothing))
		wantUnavailable(t, "Ping()", db.Ping(ctx))
		wantUnavailable(t, "Up()", db.Up(ctx, nil, ladder(itemsUp, itemsDown)))
	})

	t.Run("TheServerDoesNotAnswer", func(t *testing.T) {
		t.Parallel()
		db := open(t, func(c *postgres.Config) {
			c.URL, c.ConnectTimeout = listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }), 50*time.Millisecond
		})
		_, err := db.Exec(t.Context(), "SELECT 1")
		wantUnavailable(t, "Exec()", err)
	})

	t.Run("EveryConnectionOfThePoolIsInUse", func(t *testing.T) {
		t.Parallel()
		db := open(t, func(c *postgres.Config) { c.MaxConns, c.ConnectTimeout = 1, 500*time.Millisecond })
		err := db.InTx(t.Context(), func(context.Context, postgres.Tx) error {
			wantUnavailable(t, "Ping()", db.Ping(t.Context()))
			return nil
		})
		if err != nil {
			t.Errorf("InTx() = %v", err)
		}
	})

	t.Run("TheServerHasNoConnectionLeft", func(t *testing.T) {
		t.Parallel()
		name := "full_" + unique()
		execAll(t.Context(), t, serverURL(t), "CREATE ROLE "+name+" LOGIN PASSWORD 'x' CONNECTION LIMIT 0")
		address, err := url.Parse(serverURL(t))
		if err != nil {
			t.Fatal(err)
		}
		address.User = url.UserPassword(name, "x")
		db := open(t, func(c *postgres.Config) { c.URL = config.Secret(address.String()) })
		wantUnavailable(t, "Ping()", db.Ping(t.Context()))
	})

	t.Run("TheServerEndsTheConnection", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			var pid int
			if err := tx.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&pid); err != nil {
				return err
			}
			mustExec(t, db, "SELECT pg_terminate_backend($1, 5000)", pid)
			return insert(ctx, tx)
		})
		wantUnavailable(t, "InTx()", err)
		if got := count(t, db); got != 0 {
			t.Errorf("%d rows, want 0 and a pool that goes on", got)
		}
	})

	t.Run("ThePoolIsClosed", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		db.Close()
		wantUnavailable(t, "Ping()", db.Ping(t.Context()))
	})
}

func TestAvailableAllTheSame(t *testing.T) {
	t.Parallel()
	db := openItems(t)

	t.Run("AStatementIsWrong", func(t *testing.T) {
		t.Parallel()
		_, err := db.Exec(t.Context(), "SELECT nonsense")
		if problem.Status(err) != 500 || postgres.IsUnavailable(err) {
			t.Errorf("Exec() = %v (%d), want 500", err, problem.Status(err))
		}
	})

	t.Run("TheClientGivesUp", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := db.Exec(ctx, "SELECT pg_sleep(60)")
		if problem.Status(err) != 504 || postgres.IsUnavailable(err) {
			t.Errorf("Exec() = %v (%d), want 504", err, problem.Status(err))
		}
	})

	t.Run("AStatementTakesTooLong", func(t *testing.T) {
		t.Parallel()
		db := open(t, func(c *postgres.Config) { c.StatementTimeout = 50 * time.Millisecond })
		_, err := db.Exec(t.Context(), "SELECT pg_sleep(60)")
		if err == nil || postgres.IsUnavailable(err) {
			t.Errorf("Exec() = %v, want the server's refusal", err)
		}
	})
}

// TestErrCommitUnknown cuts the connection when COMMIT has been sent.
func TestErrCommitUnknown(t *testing.T) {
	t.Parallel()
	db := open(t, func(c *postgres.Config) { c.URL = cutAt(t, "commit") })

	err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, "SELECT 1")
		return err
	})
	if !errors.Is(err, postgres.ErrCommitUnknown) {
		t.Errorf("InTx() = %v, want ErrCommitUnknown", err)
	}
	if postgres.IsUnavailable(err) || problem.Status(err) != 500 {
		t.Errorf("InTx() = %v (%d), want 500, which invites no repetition", err, problem.Status(err))
	}
}

// What the server says about data repeats them, and an error ends up in logs and reports.
func TestErrors_DoNotRepeatData(t *testing.T) {
	t.Parallel()
	db := openItems(t)
	ctx := t.Context()
	mustExec(t, db, "ALTER TABLE items ADD CONSTRAINT items_small CHECK (id < 100)")
	mustExec(t, db, "INSERT INTO items VALUES (7)")
	exec := func(sql string, args ...any) error {
		_, err := db.Exec(ctx, sql, args...)
		return err
	}
	queued := &pgx.Batch{}
	queued.Queue("SELECT $1::text::int", "ada@example.org")
	for name, c := range map[string]struct {
		err        error
		code, want string
	}{
		"a statement": {exec("SELECT $1::text::int", "ada@example.org"), "22P02", "the data were refused (SQLSTATE 22P02)"},
		"a row":       {db.QueryRow(ctx, "SELECT $1::text::int", "ada@example.org").Scan(new(int)), "22P02", "the data were refused (SQLSTATE 22P02)"},
		"a batch":     {db.SendBatch(ctx, queued).Close(), "22P02", "the data were refused (SQLSTATE 22P02)"},
		"a key":       {exec("INSERT INTO items VALUES (7)"), "23505", `the constraint "items_pkey" refused the data (SQLSTATE 23505)`},
		"a check":     {exec("INSERT INTO items VALUES (700)"), "23514", `the constraint "items_small" refused the data (SQLSTATE 23514)`},
		"a null":      {exec("INSERT INTO items VALUES (NULL)"), "23502", `the column "id" refused the data (SQLSTATE 23502)`},
		"a commit": {db.InTx(ctx, func(_ context.Context, tx postgres.Tx) error {
			tx.AtCommit("INSERT INTO items SELECT $1::text::int", "ada@example.org")
			return nil
		}), "22P02", "commit: the data were refused (SQLSTATE 22P02)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.err == nil || c.err.Error() != c.want {
				t.Errorf("got %v, want %s", c.err, c.want)
			}
			for _, cause := range telemetry.Causes(c.err) {
				if _, ok := cause.(*pgconn.PgError); ok { //nolint:errorlint // it is this one alone, and not what is behind it
					t.Errorf("%v is among its causes, which are written down", cause)
				}
			}
			if said, ok := errors.AsType[*pgconn.PgError](c.err); !ok || said.Code != c.code {
				t.Errorf("errors.As finds %v, want a *pgconn.PgError with the code %s", said, c.code)
			}
		})
	}
}

func TestIsUniqueViolation(t *testing.T) {
	t.Parallel()
	db := openItems(t)
	mustExec(t, db, "INSERT INTO items VALUES (1)")
	_, err := db.Exec(t.Context(), "INSERT INTO items VALUES (1)")
	_, other := db.Exec(t.Context(), "INSERT INTO items VALUES (NULL)")

	for _, c := range []struct {
		err        error
		constraint []string
		want       bool
	}{
		{nil, nil, false},
		{other, nil, false},
		{err, []string{"items_n"}, false},
		{err, nil, true},
		{err, []string{"items_n", "items_pkey"}, true},
	} {
		if got := postgres.IsUniqueViolation(c.err, c.constraint...); got != c.want {
			t.Errorf("IsUniqueViolation(%v, %q) = %t, want %t", c.err, c.constraint, got, c.want)
		}
	}
}

// TestRestart gives a warm pool a server that was away for a moment.
func TestRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := start(t, postgres.PrivateConfig{Dir: dir})
	db := open(t, func(c *postgres.Config) { c.URL, c.MaxConns = config.Secret(first.URL()), 4 })
	warm(t, db)
	if err := first.Close(); err != nil {
		t.Fatalf("Close() = %v", err)
	}
	wantUnavailable(t, "Ping() of a server that is down", db.Ping(t.Context()))

	start(t, postgres.PrivateConfig{Dir: dir})
	for range 4 {
		if err := db.InTx(t.Context(), nothing); err != nil {
			t.Errorf("InTx() after the restart = %v", err)
		}
	}
}

// warm has every connection of the pool opened.
func warm(t *testing.T, db *postgres.DB) {
	t.Helper()
	var together, done sync.WaitGroup
	together.Add(4)
	for range 4 {
		done.Go(func() {
			err := db.InTx(t.Context(), func(context.Context, postgres.Tx) error {
				together.Done()
				together.Wait()
				return nil
			})
			if err != nil {
				t.Errorf("InTx() = %v", err)
			}
		})
	}
	done.Wait()
}

// listen serves a socket such as PostgreSQL's.
func listen(t *testing.T, serve func(net.Conn)) config.Secret {
	t.Helper()
	dir := t.TempDir()
	l, err := new(net.ListenConfig).Listen(t.Context(), "unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer c.Close(); serve(c) })
		}
	})
	return config.Secret("postgres://postgres@/postgres?port=5432&host=" + dir)
}

// cutAt leads to the server until a word is sent, which no answer follows.
func cutAt(t *testing.T, word string) config.Secret {
	t.Helper()
	settings, err := pgx.ParseConfig(serverURL(t))
	if err != nil {
		t.Fatal(err)
	}
	network, address := "unix", filepath.Join(settings.Host, ".s.PGSQL.5432")
	if !filepath.IsAbs(settings.Host) {
		t.Skip("the server is not on a socket")
	}
	return listen(t, func(client net.Conn) {
		server, err := new(net.Dialer).DialContext(context.WithoutCancel(t.Context()), network, address)
		if err != nil {
			t.Errorf("reach the server: %v", err)
			return
		}
		defer server.Close()
		go func() { _, _ = io.Copy(client, server); client.Close() }()
		for b := make([]byte, 4096); ; {
			n, err := client.Read(b)
			if err != nil || bytes.Contains(b[:n], []byte(word)) {
				return
			}
			if _, err := server.Write(b[:n]); err != nil {
				return
			}
		}
	})
}
