package calltree

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/internal/treetext"
	"github.com/slipway-go/slipway/telemetry"
)

// A Tracer records the statements of a database.
type Tracer struct{ r *Recorder }

var (
	_ pgx.QueryTracer = (*Tracer)(nil)
	_ pgx.BatchTracer = (*Tracer)(nil)
)

// Tracer returns the recorder's tracer for pgx. Where transactions begin and end
// is not recorded, unless it fails.
func (r *Recorder) Tracer() *Tracer { return &Tracer{r} }

type (
	statementKey struct{}
	batchKey     struct{}
	unseenKey    struct{}
)

// Unseen returns a context whose statements are not recorded: those of the kit itself.
func Unseen(ctx context.Context) context.Context { return context.WithValue(ctx, unseenKey{}, true) }

// Seen ends what [Unseen] began.
func Seen(ctx context.Context) context.Context { return context.WithValue(ctx, unseenKey{}, false) }

func unseen(ctx context.Context) bool {
	yes, _ := ctx.Value(unseenKey{}).(bool)
	return yes
}

// TraceQueryStart implements pgx.QueryTracer.
func (t *Tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if unseen(ctx) {
		return ctx
	}
	if isControl(data.SQL) {
		return context.WithValue(ctx, statementKey{}, control(data.SQL))
	}
	return context.WithValue(ctx, statementKey{}, t.r.Start(Entry{Kind: SQL, In: telemetry.SpanFrom(ctx), Name: data.SQL}))
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *Tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	switch s := ctx.Value(statementKey{}).(type) {
	case Ref:
		s.End(outcomeOf(data.CommandTag, data.Err))
	case control:
		if data.Err != nil {
			t.r.tell(Entry{Kind: SQL, In: telemetry.SpanFrom(ctx), Name: string(s)}, outcomeOf(data.CommandTag, data.Err))
		}
	}
}

// TraceBatchStart implements pgx.BatchTracer.
func (t *Tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	if unseen(ctx) {
		return ctx
	}
	var shown int64
	for _, q := range data.Batch.QueuedQueries {
		if !isLate(q.SQL) {
			shown++
		}
	}
	if shown == 0 {
		return ctx
	}
	name := fmt.Sprintf("of %s", treetext.Plural(shown, "statement"))
	return context.WithValue(ctx, batchKey{}, t.r.Start(Entry{Kind: Batch, In: telemetry.SpanFrom(ctx), Name: name}))
}

// TraceBatchQuery implements pgx.BatchTracer.
func (t *Tracer) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	if unseen(ctx) || isLate(data.SQL) && data.Err == nil {
		return
	}
	e := Entry{Kind: SQL, In: telemetry.SpanFrom(ctx), Name: data.SQL}
	if f, ok := ctx.Value(batchKey{}).(Ref); ok && f.r != nil {
		e.within = &f.i
	}
	t.r.tell(e, outcomeOf(data.CommandTag, data.Err))
}

// TraceBatchEnd implements pgx.BatchTracer.
func (t *Tracer) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	if f, ok := ctx.Value(batchKey{}).(Ref); ok {
		f.End(outcomeOf(pgconn.CommandTag{}, data.Err))
	}
}

// A control is a statement that begins or ends a transaction.
type control string

func isControl(sql string) bool {
	word, _, _ := strings.Cut(sql, " ")
	switch strings.ToLower(strings.TrimRight(word, ";")) {
	case "begin", "commit", "rollback", "savepoint", "release":
		return true
	}
	return false
}

// isLate finds what goes along with a commit: its own word, and the rows of events and
// of jobs, which are in the tree as what they are.
func isLate(sql string) bool {
	return isControl(sql) || strings.HasPrefix(sql, "INSERT INTO kit_outbox ") || strings.HasPrefix(sql, "INSERT INTO kit_delivery ")
}

func outcomeOf(tag pgconn.CommandTag, err error) Outcome {
	if err != nil {
		return Outcome{Err: failure(err)}
	}
	if tag.Select() || tag.Insert() || tag.Update() || tag.Delete() {
		return Outcome{Rows: new(tag.RowsAffected())}
	}
	return Outcome{}
}

// failure says how a statement failed. What the server says of a data exception
// quotes the value, and what a function raises may; the rest names tables,
// columns and constraints.
func failure(err error) string {
	p, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return err.Error()
	case strings.HasPrefix(p.Code, "22"), strings.HasPrefix(p.Code, "P0"):
		return "SQLSTATE " + p.Code
	}
	return p.Message + " (SQLSTATE " + p.Code + ")"
}
