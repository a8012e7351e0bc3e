package ladder

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A Recorder is a tracer of connections that keeps each statement once, as it was
// sent, but for white space and comments. It keeps queries and changes of rows that
// the server understood: what it did not, the next release need not understand. The
// zero value is ready, and safe for concurrent use.
type Recorder struct {
	taken sync.Map // texts that were looked at already: to take one apart costs more than to run it

	mu         sync.Mutex
	statements map[string]bool
}

var (
	_ pgx.QueryTracer = (*Recorder)(nil)
	_ pgx.BatchTracer = (*Recorder)(nil)
)

type sentKey struct{}

// TraceQueryStart implements pgx.QueryTracer.
func (r *Recorder) TraceQueryStart(ctx context.Context, conn *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, sentKey{}, rewritten(ctx, conn, data.SQL, data.Args))
}

// TraceQueryEnd implements pgx.QueryTracer.
func (r *Recorder) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if sql, ok := ctx.Value(sentKey{}).(string); ok {
		r.record(sql, data.Err)
	}
}

// TraceBatchStart implements pgx.BatchTracer.
func (r *Recorder) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (r *Recorder) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	r.record(data.SQL, data.Err)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (r *Recorder) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// Statements returns what was recorded so far, sorted.
func (r *Recorder) Statements() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.statements))
}

func (r *Recorder) record(sql string, err error) {
	if misunderstood(err) {
		return
	}
	if _, again := r.taken.LoadOrStore(sql, true); again {
		return
	}
	for _, one := range split(sql) {
		if isPreparable(one) {
			r.keep(one)
		}
	}
}

func (r *Recorder) keep(statement string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.statements == nil {
		r.statements = map[string]bool{}
	}
	r.statements[statement] = true
}

// rewritten is the statement as the server sees it, with $1 for @name.
func rewritten(ctx context.Context, conn *pgx.Conn, sql string, args []any) string {
	for i, arg := range args {
		if rewriter, ok := arg.(pgx.QueryRewriter); ok {
			if again, _, err := rewriter.RewriteQuery(ctx, conn, sql, args[i+1:]); err == nil {
				return again
			}
		}
	}
	return sql
}

// misunderstood reports whether the statement itself was wrong, as a test may intend.
func misunderstood(err error) bool {
	const syntaxOrAccess = "42"
	said, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.HasPrefix(said.Code, syntaxOrAccess)
}

// isPreparable reports whether PREPARE takes the statement.
func isPreparable(statement string) bool {
	for _, t := range tokens(statement) {
		if t.text == "(" {
			continue
		}
		switch strings.ToUpper(t.text) {
		case "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "WITH", "TABLE":
			return true
		}
		return false
	}
	return false
}
