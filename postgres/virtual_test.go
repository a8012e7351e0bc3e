package postgres_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// openVirtual returns a virtual DB over a table items, and the real one.
func openVirtual(t *testing.T) (virtual, beneath *postgres.DB) {
	t.Helper()
	beneath = openItems(t)
	conn, err := pgx.Connect(t.Context(), serverURL(t))
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	virtual, err = postgres.NewVirtual(t.Context(), conn, beneath.Schema())
	if err != nil {
		t.Fatalf("NewVirtual() = %v", err)
	}
	return virtual, beneath
}

// statements remembers what a connection is told to do.
type statements struct{ seen []string }

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.seen = append(s.seen, data.SQL)
	return ctx
}

func (*statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestNewVirtual(t *testing.T) {
	t.Parallel()

	t.Run("ErrSchema", func(t *testing.T) {
		t.Parallel()
		if _, err := postgres.NewVirtual(t.Context(), nil, "No Schema"); err == nil {
			t.Error("NewVirtual() = nil")
		}
	})

	t.Run("AnErrorOfSQLSpoilsNothing", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		mustExec(t, db, "INSERT INTO items VALUES (1)")
		if _, err := db.Exec(t.Context(), "INSERT INTO items VALUES (1)"); !postgres.IsUniqueViolation(err) {
			t.Errorf("Exec() = %v, want a unique violation", err)
		}
		rows, _ := db.Query(t.Context(), "SELECT 1/(id-1) FROM items")
		if _, err := pgx.CollectRows(rows, pgx.RowTo[int]); err == nil {
			t.Error("CollectRows() of a division by zero: no error")
		}
		if err := db.QueryRow(t.Context(), "SELECT id FROM items WHERE id = 7").Scan(new(int)); !errors.Is(err, pgx.ErrNoRows) {
			t.Errorf("Scan() = %v, want pgx.ErrNoRows", err)
		}
		var b pgx.Batch
		b.Queue("INSERT INTO items VALUES (2)")
		b.Queue("SELECT nonsense")
		if err := db.SendBatch(t.Context(), &b).Close(); err == nil {
			t.Error("Close() of a batch with nonsense: no error")
		}
		if got := count(t, db); got != 1 {
			t.Errorf("%d rows, want 1: a failed batch is undone as a whole", got)
		}
	})

	t.Run("ATracerSeesTheTestAlone", func(t *testing.T) {
		t.Parallel()
		beneath, tracer := openItems(t), &statements{}
		cfg, err := pgx.ParseConfig(serverURL(t))
		if err != nil {
			t.Fatal(err)
		}
		cfg.Tracer = tracer
		conn, err := pgx.ConnectConfig(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background()) //nolint:errcheck // nothing is lost
		db, err := postgres.NewVirtual(t.Context(), conn, beneath.Schema())
		if err != nil {
			t.Fatal(err)
		}
		mustExec(t, db, "INSERT INTO items VALUES (1)")
		err = db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			_, err := tx.Exec(ctx, "SELECT nonsense")
			return err
		})
		if err == nil {
			t.Error("InTx() = nil, want an error")
		}
		if err := db.Rollback(t.Context()); err != nil {
			t.Errorf("Rollback() = %v", err)
		}
		if want := []string{"INSERT INTO items VALUES (1)", "SELECT nonsense"}; !slices.Equal(tracer.seen, want) {
			t.Errorf("the tracer saw %q, want %q", tracer.seen, want)
		}
	})

	t.Run("ATransactionRollsBack", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		refused := errors.New("refused")
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return errors.Join(insert(ctx, tx), refused)
		})
		if !errors.Is(err, refused) {
			t.Errorf("InTx() = %v, want the function's error", err)
		}
		if got := count(t, db); got != 0 {
			t.Errorf("%d rows were left, want 0", got)
		}
		if err := db.InTx(t.Context(), insert); err != nil {
			t.Errorf("InTx() = %v", err)
		}
		if got := count(t, db); got != 1 {
			t.Errorf("%d rows, want 1", got)
		}
	})

	t.Run("ErrTheFunctionHidAnError", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			_, _ = tx.Exec(ctx, "SELECT nonsense")
			return nil
		})
		if err == nil {
			t.Error("InTx() = nil for a transaction that PostgreSQL would roll back")
		}
		mustExec(t, db, "SELECT 1")
	})

	t.Run("DeferredConstraintsAreCheckedAtTheEnd", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		swap := func(finish string) error {
			return db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
				for _, sql := range []string{"UPDATE items SET n = 2 WHERE id = 1", finish} {
					if _, err := tx.Exec(ctx, sql); err != nil {
						t.Errorf("%s: %v, want no check before the end", sql, err)
					}
				}
				return nil
			})
		}
		mustExec(t, db, "INSERT INTO items VALUES (1, 1), (2, 2)")
		if err := swap("SELECT 1"); !postgres.IsUniqueViolation(err, "items_n") {
			t.Errorf("InTx() = %v, want a violation of items_n", err)
		}
		if err := swap("UPDATE items SET n = 1 WHERE id = 2"); err != nil {
			t.Errorf("InTx() = %v, want success once all is well at the end", err)
		}
	})

	t.Run("ErrASecondConnection", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		err := db.InTx(t.Context(), func(ctx context.Context, _ postgres.Tx) error {
			_, err := db.Exec(ctx, "SELECT 1")
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "Commit") {
			t.Errorf("InTx() = %v, want an error that names the mode Commit", err)
		}
	})

	t.Run("TheEndOfAContextSpoilsNothing", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := db.Exec(ctx, "SELECT pg_sleep(60)"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Exec() = %v, want context.DeadlineExceeded", err)
		}
		mustExec(t, db, "SELECT 1")
	})

	t.Run("GoroutinesTakeTurns", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
					_, err := tx.Exec(ctx, "INSERT INTO items VALUES ($1)", i)
					return err
				})
				if err != nil {
					t.Errorf("InTx() = %v", err)
				}
			})
		}
		all.Wait()
		if got := count(t, db); got != 8 {
			t.Errorf("%d rows, want 8", got)
		}
	})

	t.Run("ErrMigrate", func(t *testing.T) {
		t.Parallel()
		db, _ := openVirtual(t)
		if err := db.Up(t.Context(), nil, ladder(itemsUp, itemsDown)); err == nil {
			t.Error("Up() = nil")
		}
	})
}

func TestDB_Rollback(t *testing.T) {
	t.Parallel()
	db, beneath := openVirtual(t)
	if err := beneath.Rollback(t.Context()); err == nil {
		t.Error("Rollback() of a real database = nil")
	}
	if err := db.InTx(t.Context(), insert); err != nil {
		t.Fatalf("InTx() = %v", err)
	}

	if err := db.Rollback(t.Context()); err != nil {
		t.Errorf("Rollback() = %v", err)
	}
	if got := count(t, beneath); got != 0 {
		t.Errorf("%d rows were left, want 0", got)
	}
	for what, err := range map[string]error{"InTx()": db.InTx(t.Context(), insert), "Rollback()": db.Rollback(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), "rolled back") {
			t.Errorf("%s after Rollback = %v, want to be told", what, err)
		}
	}
}
