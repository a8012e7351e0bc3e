package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// NewVirtual returns a DB for one test. All that happens through it happens in one
// transaction on conn, which [DB.Rollback] undoes: InTx is a savepoint, and a plain
// statement has one of its own, so an SQL error does not spoil the rest of the test.
// Deferred constraints are checked where a real commit would check them.
//
// There is only this one connection. Goroutines take turns; code that needs two
// connections at once gets an error that says so. now() stands still, and nothing
// is seen from outside: such tests want slipwaytest.Commit. A tracer of the connection
// sees what the test does, and nothing of the savepoints.
//
// The connection stays the caller's, who may use it again after Rollback.
func NewVirtual(ctx context.Context, conn *pgx.Conn, schema string) (*DB, error) {
	if err := checkSchema(schema); err != nil {
		return nil, err
	}
	if err := knowUUIDs(ctx, conn); err != nil {
		return nil, err
	}
	again, err := deferAgain(ctx, conn, schema)
	if err != nil {
		return nil, err
	}
	v := &virtual{conn: conn, turn: make(chan struct{}, 1), over: make(chan struct{}), deferAgain: again}
	if err := v.silently(ctx, "BEGIN; SET LOCAL search_path = "+pgx.Identifier{schema}.Sanitize()); err != nil {
		return nil, fmt.Errorf("begin a virtual database: %w", err)
	}
	return &DB{cfg: Config{Schema: schema}.withDefaults(), backend: v}, nil
}

// deferAgain returns the statement that gives deferred constraints back what check
// has taken from them. The schema does not change while virtual databases are in
// use, so the connection remembers it.
func deferAgain(ctx context.Context, conn *pgx.Conn, schema string) (string, error) {
	memory, key := conn.PgConn().CustomData(), "slipway: deferred constraints of "+schema
	if again, ok := memory[key].(string); ok {
		return again, nil
	}
	answers, err := conn.PgConn().Exec(ctx, fmt.Sprintf(initiallyDeferred, schema)).ReadAll()
	if err != nil {
		return "", fmt.Errorf("look for deferred constraints: %w", err)
	}
	again := string(answers[0].Rows[0][0])
	memory[key] = again
	return again, nil
}

// Rollback undoes all that a virtual DB did and ends its use.
func (d *DB) Rollback(ctx context.Context) error {
	v, ok := d.backend.(*virtual)
	if !ok {
		return errors.New("rollback of a whole database; only one from NewVirtual can do that")
	}
	if err := v.enterWithin(ctx, endTimeout); err != nil {
		return fmt.Errorf("roll the test back: %w", err)
	}
	// The turn is never given back: whoever still works gets an error, not the next test's data.
	close(v.over)
	return v.silently(ctx, "ROLLBACK")
}

// Inspect gives fn the connection of a virtual DB, in the test's transaction, while
// nobody else uses it. fn leaves the transaction as it is.
func (d *DB) Inspect(ctx context.Context, fn func(conn *pgx.Conn) error) error {
	v, ok := d.backend.(*virtual)
	if !ok {
		return errors.New("inspect the connection of a whole database, which has many; only one from NewVirtual can do that")
	}
	if err := v.enterWithin(ctx, endTimeout); err != nil {
		return fmt.Errorf("look into the test's transaction: %w", err)
	}
	defer func() { <-v.turn }()
	return fn(v.conn)
}

const (
	// turnTimeout is how long a goroutine waits for its turn on the one connection,
	// and endTimeout how long the end of the test does.
	turnTimeout = 10 * time.Second
	endTimeout  = 2 * time.Second

	savepoint = "SAVEPOINT slipway"
	undo      = "ROLLBACK TO SAVEPOINT slipway; RELEASE SAVEPOINT slipway"
	check     = "SET CONSTRAINTS ALL IMMEDIATE"
	release   = "; RELEASE SAVEPOINT slipway"

	// initiallyDeferred takes the schema's name, which is no more than letters, and writes deferAgain.
	initiallyDeferred = `
SELECT coalesce('; SET CONSTRAINTS ' || string_agg(format('%%I.%%I', n.nspname, c.conname), ', ') || ' DEFERRED', '')
  FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
 WHERE n.nspname = '%s' AND c.condeferred`
)

var (
	errSecond = errors.New("a statement on the database inside its own transaction needs a second connection, and a test in the mode Tx has one: " +
		"use the tx that InTx gave, or test with slipwaytest.Commit")
	errRolledBack = errors.New("the test's transaction has been rolled back")
)

type virtualKey struct{}

type virtual struct {
	conn *pgx.Conn
	// turn holds a token while someone uses the connection.
	turn chan struct{}
	// over is closed once all is rolled back.
	over       chan struct{}
	deferAgain string
	// last is the last statement that was begun.
	last atomic.Pointer[string]
}

var (
	_ backend     = (*virtual)(nil)
	_ transaction = (*virtualTx)(nil)
)

// busy says what the connection has been busy with.
func (v *virtual) busy(waited time.Duration) error {
	last := "nothing yet"
	if sql := v.last.Load(); sql != nil {
		last = "\n" + indent(*sql)
	}
	return fmt.Errorf("the one connection of a test in the mode Tx was busy for %s: rows, batch results or a transaction that nobody ended, "+
		"or code that needs two connections, which can be tested with slipwaytest.Commit; the last statement was %s", waited, last)
}

// enter waits for the connection.
func (v *virtual) enter(ctx context.Context) error { return v.enterWithin(ctx, turnTimeout) }

func (v *virtual) enterWithin(ctx context.Context, patience time.Duration) error {
	if ctx.Value(virtualKey{}) == v {
		return errSecond
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case v.turn <- struct{}{}:
		return nil
	case <-v.over:
		return errRolledBack
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return v.busy(patience)
	}
}

// silently runs statements that are not the test's, beneath the driver, so that a tracer sees the test's alone. Their
// end does not depend on the context, which would cost the connection.
func (v *virtual) silently(ctx context.Context, sql string) error {
	return v.conn.PgConn().Exec(context.WithoutCancel(ctx), sql).Close()
}

func (v *virtual) once(ctx context.Context, fn func(context.Context, *scope) error) error {
	t, err := v.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	return run(context.WithValue(ctx, virtualKey{}, v), t, nil, fn)
}

func (v *virtual) begin(ctx context.Context) (*virtualTx, error) {
	if err := v.enter(ctx); err != nil {
		return nil, err
	}
	if err := v.silently(ctx, savepoint); err != nil {
		<-v.turn
		return nil, fmt.Errorf("set a savepoint: %w", err)
	}
	return &virtualTx{v: v}, nil
}

func (v *virtual) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	t, err := v.begin(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	tag, err := t.Exec(ctx, sql, args...)
	return tag, t.finish(ctx, err)
}

func (v *virtual) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	t, err := v.begin(ctx)
	if err != nil {
		return failed{err}, err
	}
	inner, err := t.Query(ctx, sql, args...)
	if err != nil {
		err = t.finish(ctx, err)
		return failed{err}, err
	}
	return &endingRows{Rows: inner, end: func(err error) error { return t.finish(ctx, err) }}, nil
}

func (v *virtual) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	r, _ := v.Query(ctx, sql, args...) // the error is in the rows too
	return lateRow{r}
}

func (v *virtual) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	t, err := v.begin(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return &endingResults{BatchResults: t.SendBatch(ctx, b), end: func(err error) error { return t.finish(ctx, err) }}
}

func (v *virtual) ping(ctx context.Context) error {
	_, err := v.Exec(ctx, "SELECT 1")
	return err
}

// close leaves the connection to whoever gave it.
func (v *virtual) close() {}

// shield keeps the end of a statement's context from closing the connection, which
// would end the test's transaction: the server is asked to cancel the statement
// instead. The returned function must be called when the statement is done.
func (v *virtual) shield(ctx context.Context) (shielded context.Context, done func(error) error) {
	cancelled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(cancelled)
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTimeout)
		defer cancel()
		_ = v.conn.PgConn().CancelRequest(limited) // at worst the statement runs to its end
	})
	return context.WithoutCancel(ctx), func(err error) error {
		if stop() {
			return err
		}
		<-cancelled
		if err != nil {
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
		return nil
	}
}
