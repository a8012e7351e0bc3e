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
}

var (
	_ pgx.QueryTracer = (*Tracer)(nil)
	_ pgx.BatchTracer = (*Tracer)(nil)
)

// Follow makes target the one that learns of statements from now on; nil is none.
func (t *Tracer) Follow(target pgx.QueryTracer) {
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

// batches returns the target if it wants to know of batches too.
func (t *Tracer) batches() pgx.BatchTracer {
	to := t.target.Load()
	if to == nil {
		return nil
	}
	b, _ := (*to).(pgx.BatchTracer)
	return b
}
