package postgres

import (
	"cmp"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// begunTx is a transaction on a connection of the pool. The driver's own sends its
// commit alone; this one sends late statements along.
type begunTx struct {
	conn  *pgx.Conn
	ended bool
}

var _ transaction = (*begunTx)(nil)

func (t *begunTx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if t.ended {
		return pgconn.CommandTag{}, pgx.ErrTxClosed
	}
	return t.conn.Exec(ctx, sql, args...)
}

func (t *begunTx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	if t.ended {
		return failed{pgx.ErrTxClosed}, pgx.ErrTxClosed
	}
	return t.conn.Query(ctx, sql, args...)
}

func (t *begunTx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	if t.ended {
		return failed{pgx.ErrTxClosed}
	}
	return t.conn.QueryRow(ctx, sql, args...)
}

func (t *begunTx) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if t.ended {
		return pgx.FailedBatchResults(b, pgx.ErrTxClosed)
	}
	return t.conn.SendBatch(ctx, b)
}

// Commit ends the transaction, unless a late statement fails.
func (t *begunTx) Commit(ctx context.Context, late *pgx.Batch) error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	tag, err := t.sendCommit(ctx, late)
	switch {
	case err != nil && t.conn.PgConn().TxStatus() != 'I':
		return err // rolled back by whoever began it
	case err == nil && tag.String() == "ROLLBACK":
		err = pgx.ErrTxCommitRollback
	}
	t.ended = true
	return err
}

func (t *begunTx) sendCommit(ctx context.Context, late *pgx.Batch) (tag pgconn.CommandTag, err error) {
	if late == nil {
		return t.conn.Exec(ctx, "commit")
	}
	late.Queue("commit")
	results := t.conn.SendBatch(ctx, late)
	for range late.Len() {
		if tag, err = results.Exec(); err != nil {
			break
		}
	}
	return tag, cmp.Or(err, results.Close())
}

// Rollback ends the transaction; it does nothing once it has ended. A connection
// that cannot say so is closed, which rolls back as well.
func (t *begunTx) Rollback(ctx context.Context) error {
	if t.ended {
		return pgx.ErrTxClosed
	}
	t.ended = true
	_, err := t.conn.Exec(ctx, "rollback")
	if err != nil {
		return errors.Join(err, t.conn.Close(ctx))
	}
	return nil
}
