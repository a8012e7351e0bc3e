package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/internal/txscope"
)

// A Querier runs statements: those of one transaction, or of a [DB] one by one.
type Querier interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// A Tx is one transaction, as [DB.InTx] gives it. A DB is none, so what must not
// happen without a transaction takes a Tx and does not compile otherwise.
type Tx interface {
	Querier
	// AtCommit queues a statement that is sent together with the commit, in the same
	// round trip. Its error is the commit's, and nobody sees its rows.
	AtCommit(sql string, args ...any)
	// Signal wakes, once the transaction has committed, whoever waits for the name in
	// this process; see [DB.OnSignal].
	Signal(name string)
}

// transaction is one that ends.
type transaction interface {
	Querier
	// Commit sends late, which may be nil, and the commit.
	Commit(ctx context.Context, late *pgx.Batch) error
	Rollback(ctx context.Context) error
}

var (
	_ Querier = (*DB)(nil)
	_ Tx      = (*scope)(nil)
)

// A scope is what a transaction's function works with.
type scope struct {
	statements

	late    *pgx.Batch // to be sent with the commit; nil: nothing
	signals []string
}

// AtCommit implements Tx.
func (s *scope) AtCommit(sql string, args ...any) {
	if s.late == nil {
		s.late = &pgx.Batch{}
	}
	s.late.Queue(sql, args...)
}

// Signal implements Tx.
func (s *scope) Signal(name string) {
	if !slices.Contains(s.signals, name) {
		s.signals = append(s.signals, name)
	}
}

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
		var signals []string
		err := d.once(ctx, func(ctx context.Context, s *scope) error {
			err := fn(ctx, s)
			signals = s.signals
			return err
		})
		if err == nil {
			failpoint.Hit(ctx, "tx.committed")
			d.signalled.wake(ctx, signals)
			return nil
		}
		if !isRetryable(err) {
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
func run(ctx context.Context, begun transaction, lost func(), fn func(context.Context, *scope) error) error {
	defer rollback(ctx, begun)
	s := &scope{statements: statements{raw: begun, lost: lost}}
	if err := fn(txscope.Enter(ctx), s); err != nil {
		return err
	}
	failpoint.Hit(ctx, "tx.committing")
	return commit(ctx, begun, s.late)
}

// rollback does nothing after a commit. Where it fails the driver drops the
// connection, which rolls back as well, so there is nothing to tell.
func rollback(ctx context.Context, begun transaction) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
	defer cancel()
	_ = begun.Rollback(ctx)
}
