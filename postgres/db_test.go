package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

func TestOpen(t *testing.T) {
	t.Parallel()

	t.Run("ErrWhatWasGivenIsWrong", func(t *testing.T) {
		t.Parallel()
		const good = "postgres://user:hunter2@localhost/db"
		for name, cfg := range map[string]postgres.Config{
			"no postgres URL given":                 {Schema: "cart"},
			`postgres schema ""`:                    {URL: good},
			`postgres schema "Cart"`:                {URL: good, Schema: "Cart"},
			`postgres schema "a;b"`:                 {URL: good, Schema: "a;b"},
			`postgres schema "pg_cart"`:             {URL: good, Schema: "pg_cart"},
			"a pool of -1 connections":              {URL: good, Schema: "cart", MaxConns: -1},
			"postgres URL [redacted]: expected":     {URL: "postgres://user:hunter2@localhost:port/db", Schema: "cart"},
			"expected postgres://user:password@":    {URL: "host=localhost password=hunter2 port=nan", Schema: "cart"},
			"postgres URL [redacted]: expected pos": {URL: "postgres://user:hunter2@local host/%zz", Schema: "cart"},
		} {
			_, err := postgres.Open(cfg)
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("Open(%s) = %v, want an error with %q", cfg.URL, err, name)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Open() shows the password: %v", err)
			}
		}
	})

	t.Run("ConnectsToNothing", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(postgres.Config{URL: config.Secret("postgres://user@/db?host=" + t.TempDir()), Schema: "cart"})
		if err != nil {
			t.Fatalf("Open() = %v, want no error before the first statement", err)
		}
		db.Close()
		if got := db.Schema(); got != "cart" {
			t.Errorf("Schema() = %q, want cart", got)
		}
	})

	t.Run("EveryConnectionHasTheSchemaAndTheBounds", func(t *testing.T) {
		t.Parallel()
		db := open(t, func(c *postgres.Config) { c.StatementTimeout, c.ApplicationName = 7*time.Second, "shop" })
		for setting, want := range map[string]string{
			"search_path": `"` + db.Schema() + `"`, "statement_timeout": "7s",
			"idle_in_transaction_session_timeout": "7s", "application_name": "shop",
		} {
			var got string
			if err := db.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&got); err != nil || got != want {
				t.Errorf("%s = %q, %v; want %q", setting, got, err, want)
			}
		}
	})
}

func TestDB_QueryRow(t *testing.T) {
	t.Parallel()
	db := openItems(t)

	err := db.QueryRow(t.Context(), "SELECT id FROM items WHERE id = 1").Scan(new(int))
	if !errors.Is(err, pgx.ErrNoRows) {
		t.Errorf("Scan() = %v, want pgx.ErrNoRows", err)
	}
}

// TestDB_GivesConnectionsBack uses a pool of one: whatever kept it would stop the next statement.
func TestDB_GivesConnectionsBack(t *testing.T) {
	t.Parallel()
	db := openItems(t, func(c *postgres.Config) { c.MaxConns = 1 })
	ctx := t.Context()
	mustExec(t, db, "INSERT INTO items VALUES (1), (2), (3)")

	for name, use := range map[string]func(){
		"a statement that fails":    func() { _, _ = db.Exec(ctx, "SELECT nonsense") },
		"a query that fails":        func() { r, _ := db.Query(ctx, "SELECT nonsense"); r.Close() },
		"a query that fails late":   func() { r, _ := db.Query(ctx, "SELECT 1/(id-2) FROM items"); _, _ = pgx.CollectRows(r, pgx.RowTo[int]) },
		"rows read to the end":      func() { r, _ := db.Query(ctx, "SELECT id FROM items"); drain(r) },
		"rows closed early":         func() { r, _ := db.Query(ctx, "SELECT id FROM items"); r.Next(); r.Close() },
		"rows that cannot be read":  func() { r, _ := db.Query(ctx, "SELECT id FROM items"); r.Next(); _ = r.Scan(new(time.Time)) },
		"no row":                    func() { _ = db.QueryRow(ctx, "SELECT id FROM items WHERE id = 9").Scan(new(int)) },
		"a row that cannot be read": func() { _ = db.QueryRow(ctx, "SELECT id FROM items").Scan(new(time.Time)) },
		"a batch": func() {
			var b pgx.Batch
			b.Queue("SELECT 1")
			b.Queue("SELECT nonsense")
			_ = db.SendBatch(ctx, &b).Close()
		},
		"a batch that begins a transaction": func() {
			var b pgx.Batch
			b.BeginTx(pgx.TxOptions{})
			b.Queue("SELECT 1")
			if err := db.SendBatch(ctx, &b).Close(); err == nil {
				t.Error("SendBatch() of a batch that begins a transaction: no error")
			}
		},
		"a transaction": func() { _ = db.InTx(ctx, func(context.Context, postgres.Tx) error { return errors.New("no") }) },
		"a ping":        func() { _ = db.Ping(ctx) },
	} {
		use()
		soon, cancel := context.WithTimeout(ctx, 10*time.Second)
		if _, err := db.Exec(soon, "SELECT 1"); err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
		cancel()
	}
}

func drain(r pgx.Rows) {
	for r.Next() {
		continue
	}
}

func TestDB_SendBatch(t *testing.T) {
	t.Parallel()
	db := openItems(t)
	var b pgx.Batch
	b.Queue("INSERT INTO items VALUES (1, 10)")
	b.Queue("SELECT n FROM items WHERE id = 1")
	b.Queue("SELECT id FROM items")
	results := db.SendBatch(t.Context(), &b)

	if tag, err := results.Exec(); err != nil || tag.RowsAffected() != 1 {
		t.Errorf("Exec() = %v, %v; want one row", tag, err)
	}
	var n int
	if err := results.QueryRow().Scan(&n); err != nil || n != 10 {
		t.Errorf("QueryRow() = %d, %v; want 10", n, err)
	}
	rows, err := results.Query()
	if ids, readErr := pgx.CollectRows(rows, pgx.RowTo[int]); err != nil || readErr != nil || len(ids) != 1 {
		t.Errorf("Query() = %v, %v, %v; want one row", ids, err, readErr)
	}
	if err := results.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}
