package testdb

import (
	"context"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
)

// A Tracer hands on what a connection does to whoever has the connection at the
// moment, since connections pass from test to test.
type Tracer struct {
	target atomic.Pointer[pgx.QueryTracer]
	advice atomic.Pointer[string] // about an error of a statement
}

var (
	_ pgx.QueryTracer = (*Tracer)(nil)
	_ pgx.BatchTracer = (*Tracer)(nil)
)

// Follow makes target the one that learns of statements from now on; nil is none.
func (t *Tracer) Follow(target pgx.QueryTracer) {
	t.advice.Store(nil)
	if target == nil {
		t.target.Store(nil)
		return
	}
	t.target.Store(&target)
}

// TraceQueryStart implements pgx.QueryTracer.
func (t *Tracer) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if to := t.target.Load(); to != nil {
		return (*to).TraceQueryStart(ctx, conn, data)
	}
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *Tracer) TraceQueryEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryEndData) {
	t.judge(data.Err)
	if to := t.target.Load(); to != nil {
		(*to).TraceQueryEnd(ctx, conn, data)
	}
}

// TraceBatchStart implements pgx.BatchTracer.
func (t *Tracer) TraceBatchStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	if to := t.batches(); to != nil {
		return to.TraceBatchStart(ctx, conn, data)
	}
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (t *Tracer) TraceBatchQuery(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchQueryData) {
	t.judge(data.Err)
	if to := t.batches(); to != nil {
		to.TraceBatchQuery(ctx, conn, data)
	}
}

// TraceBatchEnd implements pgx.BatchTracer.
func (t *Tracer) TraceBatchEnd(ctx context.Context, conn *pgx.Conn, data pgx.TraceBatchEndData) {
	if to := t.batches(); to != nil {
		to.TraceBatchEnd(ctx, conn, data)
	}
}

// judge remembers advice about an error that is the server's, not the module's: the
// module answers with no more than a 500.
func (t *Tracer) judge(err error) {
	if err == nil {
		return
	}
	if advice := adviceFor(err); advice != "" {
		t.advice.Store(&advice)
	}
}

// Advice returns what to do about an error that a statement met since Follow, or "".
func (t *Tracer) Advice() string {
	if advice := t.advice.Load(); advice != nil {
		return *advice
	}
	return ""
}

// batches returns the target if it wants to know of batches too.
func (t *Tracer) batches() pgx.BatchTracer {
	to := t.target.Load()
	if to == nil {
		return nil
	}
	b, _ := (*to).(pgx.BatchTracer)
	return b
}
