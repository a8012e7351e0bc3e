package postgres

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/internal/clip"
	"github.com/slipway-go/slipway/telemetry"
)

// Traced returns a tracer for a connection that serves the schema: each statement, also
// the begin and the commit of a transaction, becomes a span inside that of its context, and
// none where nobody looks. A batch is one span. The span has the statement as it is written,
// with its placeholders, and never an argument. [Open] traces what it opens. next, which may
// be nil, learns of all as well.
func Traced(schema string, next pgx.QueryTracer) pgx.QueryTracer {
	s := &spans{schema: schema, known: map[string]*described{}}
	if next == nil {
		return s
	}
	return multitracer.New(s, next)
}

// spans are those of the statements on one schema.
type spans struct {
	schema string

	mu    sync.RWMutex
	known map[string]*described
}

var (
	_ pgx.QueryTracer = (*spans)(nil)
	_ pgx.BatchTracer = (*spans)(nil)
)

// TraceQueryStart implements pgx.QueryTracer.
func (s *spans) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if telemetry.CurrentSpan(ctx) == nil {
		return ctx
	}
	d := s.describe(data.SQL)
	ctx, _ = telemetry.Start(ctx, telemetry.Client, d.summary, d.attrs...)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer. The context is that of TraceQueryStart.
func (s *spans) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if data.CommandTag.Select() {
		end(telemetry.CurrentSpan(ctx), data.Err, slog.Int64("db.response.returned_rows", data.CommandTag.RowsAffected()))
		return
	}
	end(telemetry.CurrentSpan(ctx), data.Err)
}

// TraceBatchStart implements pgx.BatchTracer.
func (s *spans) TraceBatchStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchStartData) context.Context {
	if telemetry.CurrentSpan(ctx) == nil {
		return ctx
	}
	ctx, _ = telemetry.Start(ctx, telemetry.Client, s.batchSummary(data.Batch), slog.String("db.system.name", system), slog.String("db.namespace", s.schema),
		slog.String("db.operation.name", "BATCH"), slog.Int("db.operation.batch.size", data.Batch.Len()), slog.String("db.query.text", s.batchText(data.Batch)))
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (s *spans) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}

// TraceBatchEnd implements pgx.BatchTracer.
func (s *spans) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceBatchEndData) {
	end(telemetry.CurrentSpan(ctx), data.Err)
}

func end(span *telemetry.Span, err error, attrs ...slog.Attr) {
	if err == nil || span == nil {
		span.End(attrs...)
		return
	}
	refused, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		span.Fail(err.Error())
	case isOfData(refused):
		// A constraint that refuses is an answer, and the text of others repeats the value.
	default:
		span.Fail(refused.Error())
	}
	if ok {
		attrs = append(attrs, slog.String("db.response.status_code", refused.Code))
	}
	span.End(attrs...)
}

// isOfData tells errors of the classes "data exception" and "integrity constraint violation"
// (https://www.postgresql.org/docs/current/errcodes-appendix.html).
func isOfData(err *pgconn.PgError) bool {
	return strings.HasPrefix(err.Code, "22") || strings.HasPrefix(err.Code, "23")
}

const (
	system = "postgresql"
	// maxDescribed bounds the statements that are remembered, and maxRemembered the length
	// of one. They are constants of the program as a rule, but nothing makes them so.
	maxDescribed  = 1000
	maxRemembered = 8 << 10
	// maxStatement and maxSummary bound what a span says of a statement, in bytes.
	maxStatement = 2 << 10
	maxSummary   = 200
)

// described is what spans say of a statement.
type described struct {
	summary string // SELECT carts
	text    string
	attrs   []slog.Attr
}

func (s *spans) describe(sql string) *described {
	s.mu.RLock()
	d := s.known[sql]
	s.mu.RUnlock()
	if d != nil {
		return d
	}
	d = describe(s.schema, sql)
	if len(sql) > maxRemembered {
		return d
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) < maxDescribed {
		s.known[strings.Clone(sql)] = d
	}
	return d
}

func describe(schema, sql string) *described {
	words := strings.Fields(sql)
	operation, table := operationIn(words), tableIn(words)
	d := &described{summary: clip.Text(strings.TrimSpace(operation+" "+table), maxSummary), text: clip.Text(strings.Join(words, " "), maxStatement)}
	d.attrs = []slog.Attr{slog.String("db.system.name", system), slog.String("db.namespace", schema), slog.String("db.operation.name", operation)}
	if table != "" {
		d.attrs = append(d.attrs, slog.String("db.collection.name", table))
	}
	d.attrs = append(d.attrs, slog.String("db.query.text", d.text))
	return d
}

func operationIn(words []string) string {
	if len(words) == 0 {
		return "SQL"
	}
	first := strings.ToUpper(strings.Trim(words[0], "();"))
	if first == "" || strings.ContainsFunc(first, func(r rune) bool { return r < 'A' || r > 'Z' }) {
		return "SQL" // it begins with a comment
	}
	return clip.Text(first, maxSummary)
}

// tableIn finds the table that a statement is about, as far as that is simple: the first
// name behind FROM, INTO or UPDATE.
func tableIn(words []string) string {
	for i, word := range words[:max(0, len(words)-1)] {
		name := strings.TrimRight(words[i+1], ",;)")
		switch strings.ToUpper(strings.TrimLeft(word, "(")) {
		case "FROM":
		case "INTO":
			name, _, _ = strings.Cut(name, "(") // its columns
		case "UPDATE":
			if i > 0 && word[0] != '(' && !strings.HasSuffix(words[i-1], ")") {
				continue // FOR UPDATE, DO UPDATE
			}
		default:
			continue
		}
		if isName(name) {
			return clip.Text(name, maxSummary)
		}
	}
	return ""
}

// isName tells a table from a subquery and a function.
func isName(s string) bool {
	for i, c := range s {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '"':
		case i > 0 && (c >= '0' && c <= '9' || c == '.'):
		default:
			return false
		}
	}
	return s != ""
}

// batchSummary names the statements of a batch, each once.
func (s *spans) batchSummary(b *pgx.Batch) string {
	var all strings.Builder
	seen := map[string]bool{}
	for _, q := range b.QueuedQueries {
		summary := s.describe(q.SQL).summary
		if seen[summary] || all.Len() > maxSummary {
			continue
		}
		seen[summary] = true
		if all.Len() > 0 {
			all.WriteString("; ")
		}
		all.WriteString(summary)
	}
	return all.String()
}

func (s *spans) batchText(b *pgx.Batch) string {
	var all strings.Builder
	last := ""
	for _, q := range b.QueuedQueries {
		text := s.describe(q.SQL).text
		if text == last || all.Len() > maxStatement {
			continue // a hundred rows are one statement
		}
		if last = text; all.Len() > 0 {
			all.WriteString("; ")
		}
		all.WriteString(text)
	}
	return clip.Text(all.String(), maxStatement)
}
