package postgres

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/slipway-go/slipway/telemetry"
)

// pooled runs each statement and each transaction on a connection of its own.
type pooled struct {
	pool    *pgxpool.Pool
	patient time.Duration
	closed  atomic.Bool
}

var _ backend = (*pooled)(nil)

// WaitSpan is the name of the span that tells of a long wait for a connection: all of the
// pool were in use, or a new one was made.
const WaitSpan = "wait for a connection"

// longWait is what is worth a span.
const longWait = 2 * time.Millisecond

// acquire waits for a connection, but not for as long as the caller would.
func (p *pooled) acquire(ctx context.Context) (*pgxpool.Conn, error) {
	bounded, cancel := context.WithTimeout(ctx, p.patient)
	defer cancel()
	began := time.Now()
	conn, err := p.pool.Acquire(bounded)
	if time.Since(began) >= longWait {
		telemetry.Took(ctx, telemetry.Internal, WaitSpan, began)
	}
	switch {
	case err == nil:
		return conn, nil
	case p.closed.Load():
		return nil, unavailable(fmt.Errorf("this process has closed its connections: %w", err))
	case ctx.Err() == nil && bounded.Err() != nil:
		return nil, unavailable(fmt.Errorf("no connection within %s, %d of %d are in use: %w",
			p.patient, p.pool.Stat().AcquiredConns(), p.pool.Stat().MaxConns(), err))
	}
	return nil, explain(ctx, err)
}

// statement prepares one statement, whose end releases the connection.
func (p *pooled) statement(ctx context.Context) (*statements, error) {
	conn, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	return &statements{raw: conn, done: conn.Release, lost: p.pool.Reset}, nil
}

func (p *pooled) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	s, err := p.statement(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return s.Exec(ctx, sql, args...)
}

func (p *pooled) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	s, err := p.statement(ctx)
	if err != nil {
		return failed{err}, err
	}
	return s.Query(ctx, sql, args...)
}

func (p *pooled) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	s, err := p.statement(ctx)
	if err != nil {
		return failed{err}
	}
	return s.QueryRow(ctx, sql, args...)
}

func (p *pooled) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	s, err := p.statement(ctx)
	if err != nil {
		return pgx.FailedBatchResults(b, err)
	}
	return s.SendBatch(ctx, b)
}

func (p *pooled) once(ctx context.Context, fn func(context.Context, *scope) error) error {
	conn, begun, err := p.begin(ctx)
	if err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	defer conn.Release()
	return run(ctx, begun, p.pool.Reset, fn)
}

// begin tries twice: nothing has happened yet, and after a restart of the server
// a connection of the pool may be the dead end of a living one.
func (p *pooled) begin(ctx context.Context) (*pgxpool.Conn, *begunTx, error) {
	for again := true; ; again = false {
		conn, err := p.acquire(ctx)
		if err != nil {
			return nil, nil, err
		}
		_, err = conn.Exec(ctx, "begin")
		if err == nil {
			return conn, &begunTx{conn: conn.Conn()}, nil
		}
		conn.Release()
		if err = explain(ctx, err); !again || !IsUnavailable(err) {
			return nil, nil, err
		}
		p.pool.Reset()
	}
}

func (p *pooled) ping(ctx context.Context) error {
	conn, err := p.acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return conn.Ping(ctx)
}

func (p *pooled) close() {
	p.closed.Store(true)
	p.pool.Close()
}
