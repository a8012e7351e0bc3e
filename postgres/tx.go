package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/internal/txscope"
)

// A Tx runs statements: those of one transaction, or of a [DB] one by one.
type Tx interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// transaction is a Tx that ends.
type transaction interface {
	Tx
	Commit(ctx context.Context) error
	Rollback(ctx context.Context) error
}

var (
	_ Tx          = (*DB)(nil)
	_ transaction = pgx.Tx(nil)
)

const (
	maxAttempts     = 4
	firstPause      = 5 * time.Millisecond
	rollbackTimeout = 2 * time.Second
)

// InTx runs fn in a transaction and commits if it returns nil. The context that
// fn gets is marked, so that a call to a neighbour inside is refused.
//
// A serialization failure or a deadlock rolls back and runs fn again, at most
// four times in all.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error {
	if txscope.In(ctx) {
		return ErrNested
	}
	for attempt := 1; ; attempt++ {
		err := d.once(ctx, fn)
		if err == nil || !isRetryable(err) {
			return err
		}
		if attempt == maxAttempts {
			return fmt.Errorf("transaction given up after %d attempts: %w", attempt, err)
		}
		if !pause(ctx, attempt) {
			return err
		}
	}
}

// pause lets the winner finish; jitter keeps two losers from meeting again.
func pause(ctx context.Context, attempt int) bool {
	d := firstPause << attempt
	select {
	case <-time.After(d/2 + rand.N(d/2)): //nolint:gosec // jitter is no secret
		return true
	case <-ctx.Done():
		return false
	}
}

// run gives fn the transaction that was begun and ends it; lost is called if its
// connection breaks. Rolling back is
// deferred, so that it happens for a panic and a Goexit too, which go on.
func run(ctx context.Context, begun transaction, lost func(), fn func(context.Context, Tx) error) error {
	defer rollback(ctx, begun)
	if err := fn(txscope.Enter(ctx), &statements{raw: begun, lost: lost}); err != nil {
		return err
	}
	return commit(ctx, begun)
}

// rollback does nothing after a commit. Where it fails the driver drops the
// connection, which rolls back as well, so there is nothing to tell.
func rollback(ctx context.Context, begun transaction) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_ = begun.Rollback(ctx)
}
