package testdb_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// heard remembers what a connection told.
type heard struct{ sql []string }

func (h *heard) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	h.sql = append(h.sql, data.SQL)
	return ctx
}

func (h *heard) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// heardBatches wants to know of batches too.
type heardBatches struct{ heard }

func (h *heardBatches) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (h *heardBatches) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	h.sql = append(h.sql, "batch: "+data.SQL)
}

func (h *heardBatches) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func TestTracer(t *testing.T) {
	t.Parallel()
	tracer, first, second := &testdb.Tracer{}, &heard{}, &heardBatches{}
	say := func(sql string) {
		ctx := tracer.TraceQueryStart(t.Context(), nil, pgx.TraceQueryStartData{SQL: sql})
		tracer.TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{})
		ctx = tracer.TraceBatchStart(t.Context(), nil, pgx.TraceBatchStartData{})
		tracer.TraceBatchQuery(ctx, nil, pgx.TraceBatchQueryData{SQL: sql})
		tracer.TraceBatchEnd(ctx, nil, pgx.TraceBatchEndData{})
	}
	say("nobody listens")
	tracer.Follow(first)
	say("one")
	tracer.Follow(second)
	say("two")
	tracer.Follow(nil)
	say("nobody listens")

	if want := []string{"one"}; !slices.Equal(first.sql, want) {
		t.Errorf("the first heard %q, want %q", first.sql, want)
	}
	if want := []string{"two", "batch: two"}; !slices.Equal(second.sql, want) {
		t.Errorf("the second heard %q, want %q", second.sql, want)
	}
}
