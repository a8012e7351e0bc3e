package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/internal/txscope"
	"github.com/slipway-go/slipway/postgres"
)

func insert(ctx context.Context, tx postgres.Tx) error {
	_, err := tx.Exec(ctx, "INSERT INTO items VALUES (1)")
	return err
}

func TestDB_InTx(t *testing.T) {
	t.Parallel()

	t.Run("RollsBackAfterAnError", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
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
	})

	t.Run("RollsBackAfterAPanicAndPassesItOn", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		got := func() (recovered any) {
			defer func() { recovered = recover() }()
			_ = db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
				if err := insert(ctx, tx); err != nil {
					return err
				}
				panic("boom")
			})
			return nil
		}()
		if got != "boom" {
			t.Errorf("recover() = %v, want boom", got)
		}
		if got := count(t, db); got != 0 {
			t.Errorf("%d rows were left, want 0", got)
		}
	})

	t.Run("RollsBackWhenItsContextEnds", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		ctx, cancel := context.WithCancel(t.Context())
		err := db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			defer cancel()
			return insert(ctx, tx)
		})
		if !errors.Is(err, context.Canceled) || errors.Is(err, postgres.ErrCommitUnknown) {
			t.Errorf("InTx() = %v, want context.Canceled, since COMMIT was not sent", err)
		}
		if got := count(t, db); got != 0 {
			t.Errorf("%d rows were left, want 0", got)
		}
	})

	t.Run("ErrTheFunctionHidAnError", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			_, _ = tx.Exec(ctx, "SELECT nonsense")
			return nil
		})
		if err == nil {
			t.Error("InTx() = nil for a transaction that PostgreSQL rolled back")
		}
	})

	t.Run("ErrNested", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		err := db.InTx(t.Context(), func(ctx context.Context, _ postgres.Tx) error { return db.InTx(ctx, insert) })
		if !errors.Is(err, postgres.ErrNested) {
			t.Errorf("InTx() = %v, want ErrNested", err)
		}
	})

	t.Run("ErrUsedAfterItsEnd", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		var kept postgres.Tx
		err := db.InTx(t.Context(), func(_ context.Context, tx postgres.Tx) error { kept = tx; return nil })
		if err != nil {
			t.Fatalf("InTx() = %v", err)
		}
		if err := insert(t.Context(), kept); err == nil {
			t.Error("a statement after the transaction's end: no error")
		}
	})

	t.Run("CommitsAndMarksItsContext", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			if !txscope.In(ctx) {
				t.Error("the context is not marked")
			}
			return insert(ctx, tx)
		})
		if err != nil {
			t.Errorf("InTx() = %v", err)
		}
		if got := count(t, db); got != 1 {
			t.Errorf("%d rows, want 1", got)
		}
	})
}

func TestDB_InTx_Again(t *testing.T) {
	t.Parallel()

	// lose has the server say that the transaction lost.
	const lose = `DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '40001'; END $$`

	t.Run("ErrAfterTheLastAttempt", func(t *testing.T) {
		t.Parallel()
		db, attempts := openItems(t), 0
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			attempts++
			_, err := tx.Exec(ctx, lose)
			return err
		})
		if err == nil || attempts != 4 {
			t.Errorf("InTx() = %v after %d attempts, want an error after 4", err, attempts)
		}
	})

	t.Run("UntilItWins", func(t *testing.T) {
		t.Parallel()
		db, attempts := openItems(t), 0
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			if err := insert(ctx, tx); err != nil {
				return err
			}
			if attempts++; attempts < 3 {
				_, err := tx.Exec(ctx, lose)
				return err
			}
			return nil
		})
		if err != nil || attempts != 3 {
			t.Errorf("InTx() = %v after %d attempts, want success after 3", err, attempts)
		}
		if got := count(t, db); got != 1 {
			t.Errorf("%d rows, want that of the last attempt", got)
		}
	})

	t.Run("AfterADeadlock", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		mustExec(t, db, "INSERT INTO items VALUES (1), (2)")
		var locked, done sync.WaitGroup
		locked.Add(2)
		for i := range 2 {
			done.Go(func() {
				meet := sync.OnceFunc(func() { locked.Done(); locked.Wait() })
				err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
					if _, err := tx.Exec(ctx, "UPDATE items SET n = $1 WHERE id = $1", 1+i); err != nil {
						return err
					}
					meet() // both hold a row now, and want the other's
					_, err := tx.Exec(ctx, "UPDATE items SET n = $1 WHERE id = $1", 2-i)
					return err
				})
				if err != nil {
					t.Errorf("InTx() = %v, want the loser of a deadlock to succeed in the end", err)
				}
			})
		}
		done.Wait()
	})
}

func TestTx_AtCommit(t *testing.T) {
	t.Parallel()

	t.Run("ItsFailureIsTheCommitsAndNothingStays", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			tx.AtCommit("INSERT INTO items VALUES (2)")
			tx.AtCommit("INSERT INTO nowhere VALUES (1)")
			return insert(ctx, tx)
		})
		if err == nil || !strings.Contains(err.Error(), "nowhere") {
			t.Errorf("InTx() = %v, want what was wrong with the late statement", err)
		}
		if got := count(t, db); got != 0 {
			t.Errorf("%d rows were left, want 0", got)
		}
	})

	t.Run("IsNotSentAfterAnError", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		_ = db.InTx(t.Context(), func(_ context.Context, tx postgres.Tx) error {
			tx.AtCommit("INSERT INTO items VALUES (2)")
			return errors.New("refused")
		})
		if got := count(t, db); got != 0 {
			t.Errorf("%d rows were left, want 0", got)
		}
	})

	t.Run("IsStoredWithTheRest", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		for i := range 2 { // the connection goes on
			err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
				tx.AtCommit("INSERT INTO items VALUES ($1)", 10*i+2)
				tx.AtCommit("INSERT INTO items VALUES ($1)", 10*i+3)
				_, err := tx.Exec(ctx, "INSERT INTO items VALUES ($1)", 10*i+4)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if got := count(t, db); got != 6 {
			t.Errorf("%d rows were stored, want 6", got)
		}
	})
}

func TestTx_Signal(t *testing.T) {
	t.Parallel()
	db := openItems(t)
	var woken int
	stop := db.OnSignal("news", func(context.Context) { woken++ })
	signal := func(outcome error) {
		_ = db.InTx(t.Context(), func(_ context.Context, tx postgres.Tx) error {
			tx.Signal("news")
			tx.Signal("news")
			if woken != 0 {
				t.Error("the signal came before the commit")
			}
			return outcome
		})
	}
	signal(errors.New("refused"))
	if woken != 0 {
		t.Errorf("a transaction that was rolled back woke %d times, want never", woken)
	}
	signal(nil)
	if woken != 1 {
		t.Errorf("a transaction woke %d times, want once", woken)
	}
	stop()
	woken = 0
	signal(nil)
	if woken != 0 {
		t.Error("woken after the end of the wait")
	}
}
