package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// virtualTx is a savepoint that stands for a transaction.
type virtualTx struct {
	v     *virtual
	ended bool
}

func (t *virtualTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := t.usable(ctx); err != nil {
		return pgconn.CommandTag{}, err
	}
	t.v.last.Store(&sql)
	shielded, done := t.v.shield(ctx)
	tag, err := t.v.conn.Exec(shielded, sql, args...)
	return tag, done(err)
}

func (t *virtualTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if err := t.usable(ctx); err != nil {
		return failed{err}, err
	}
	t.v.last.Store(&sql)
	shielded, done := t.v.shield(ctx)
	inner, err := t.v.conn.Query(shielded, sql, args...)
	if err != nil {
		err = done(err)
		return failed{err}, err
	}
	return &endingRows{Rows: inner, end: done}, nil
}

func (t *virtualTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	r, _ := t.Query(ctx, sql, args...) // the error is in the rows too
	return lateRow{r}
}

func (t *virtualTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if err := t.usable(ctx); err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	if len(b.QueuedQueries) > 0 {
		t.v.last.Store(&b.QueuedQueries[0].SQL)
	}
	shielded, done := t.v.shield(ctx)
	return &endingResults{BatchResults: t.v.conn.SendBatch(shielded, b), end: done}
}

func (t *virtualTx) usable(ctx context.Context) error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	return ctx.Err()
}

// finish ends the savepoint of a plain statement.
func (t *virtualTx) finish(ctx context.Context, err error) error {
	if err != nil {
		_ = t.Rollback(ctx) // the statement's error says more
		return err
	}
	return t.Commit(context.WithoutCancel(ctx), nil)
}

// Commit checks what a real commit would check, and keeps the changes for the rest of the test.
func (t *virtualTx) Commit(ctx context.Context, late *pgx.Batch) error {
	if err := t.usable(ctx); err != nil {
		return err
	}
	if late != nil {
		if err := t.SendBatch(ctx, late).Close(); err != nil {
			return err
		}
	}
	if t.v.conn.PgConn().TxStatus() == 'E' {
		return errors.Join(pgx.ErrTxCommitRollback, t.Rollback(ctx))
	}
	if err := t.v.silently(ctx, check+t.v.deferAgain+release); err != nil {
		_ = t.Rollback(ctx) // the violation says more
		return err
	}
	t.end()
	return nil
}

// Rollback undoes the changes since Begin.
func (t *virtualTx) Rollback(ctx context.Context) error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	defer t.end()
	return t.v.silently(ctx, undo)
}

func (t *virtualTx) end() {
	t.ended = true
	<-t.v.turn
}
