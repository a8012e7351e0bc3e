package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// recorded keeps spans.
type recorded struct {
	mu    sync.Mutex
	spans []telemetry.SpanData
}

func (r *recorded) Record(spans []telemetry.SpanData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spans...)
}

// traced runs a request of a test, and returns the spans inside it but those of waits.
func traced(t testing.TB, request func(ctx context.Context)) []telemetry.SpanData {
	t.Helper()
	r := &recorded{}
	tracer := telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, r)
	ctx, root := tracer.Begin(t.Context(), telemetry.SpanContext{}, "cart", telemetry.Server, "request")
	request(ctx)
	root.End()
	var inside []telemetry.SpanData
	for _, s := range r.spans[:len(r.spans)-1] {
		if s.Name != postgres.WaitSpan {
			inside = append(inside, s)
		}
	}
	return inside
}

func names(spans []telemetry.SpanData) string {
	var all []string
	for _, s := range spans {
		all = append(all, s.Name)
	}
	return strings.Join(all, " | ")
}

func attr(s telemetry.SpanData, key string) any {
	for _, a := range s.Attrs {
		if a.Key == key {
			return a.Value.Any()
		}
	}
	return nil
}

func TestSpans(t *testing.T) {
	t.Parallel()

	t.Run("AreThoseOfStatements", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		spans := traced(t, func(ctx context.Context) {
			for _, n := range []int{42, 4242} {
				mustExecIn(ctx, t, db, "INSERT INTO items\n\t VALUES ($1)", n)
			}
			var n int
			if err := db.QueryRow(ctx, "SELECT count(*) FROM items WHERE id = $1", 42).Scan(&n); err != nil {
				t.Error(err)
			}
			rows, err := db.Query(ctx, "SELECT id FROM items")
			if err != nil {
				t.Error(err)
			}
			drain(rows)
		})
		if got := names(spans); got != "INSERT items | INSERT items | SELECT items | SELECT items" {
			t.Fatalf("spans %s", got)
		}
		for key, want := range map[string]any{
			"db.system.name": "postgresql", "db.namespace": db.Schema(), "db.operation.name": "INSERT", "db.collection.name": "items",
			"db.query.text": "INSERT INTO items VALUES ($1)", "db.response.returned_rows": nil,
		} {
			if got := attr(spans[0], key); got != want {
				t.Errorf("%s = %v, want %v", key, got, want)
			}
		}
		if got := attr(spans[3], "db.response.returned_rows"); got != int64(2) {
			t.Errorf("%v rows were returned, want 2", got)
		}
		if s := spans[0]; s.Kind != telemetry.Client || s.Error != "" || attr(s, "db.response.status_code") != nil {
			t.Errorf("span %+v, want a call that has not failed", s)
		}
	})

	t.Run("SayWhereATransactionBeginsAndEnds", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		spans := traced(t, func(ctx context.Context) {
			err := db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
				mustExecIn(ctx, t, tx, "INSERT INTO items VALUES (1)")
				return nil
			})
			if err != nil {
				t.Error(err)
			}
			_ = db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
				tx.AtCommit("INSERT INTO items VALUES ($1)", 2)
				tx.AtCommit("INSERT INTO items VALUES ($1)", 3)
				return nil
			})
			_ = db.InTx(ctx, func(context.Context, postgres.Tx) error { return context.Canceled })
		})
		if got := names(spans); got != "BEGIN | INSERT items | COMMIT | BEGIN | INSERT items; COMMIT | BEGIN | ROLLBACK" {
			t.Fatalf("spans %s", got)
		}
		if s := spans[4]; attr(s, "db.operation.batch.size") != int64(3) || attr(s, "db.query.text") != "INSERT INTO items VALUES ($1); commit" {
			t.Errorf("the batch is %v", s.Attrs)
		}
	})

	t.Run("SayWhyAStatementFailed", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		mustExec(t, db, "INSERT INTO items VALUES (7)")
		spans := traced(t, func(ctx context.Context) {
			_, _ = db.Exec(ctx, "SELECT nonsense")
			_, _ = db.Exec(ctx, "INSERT INTO items VALUES ($1)", 7)
			_, _ = db.Exec(ctx, "SELECT $1::text::int FROM items", "ada@example.org")
			ended, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			_, _ = db.Exec(ended, "SELECT pg_sleep(60)")
			b := &pgx.Batch{}
			b.Queue("SELECT more nonsense")
			_ = db.SendBatch(ctx, b).Close()
		})
		if len(spans) != 5 {
			t.Fatalf("spans %s", names(spans))
		}
		for i, want := range []struct {
			code  any
			error string
		}{{"42703", "nonsense"}, {"23505", ""}, {"22P02", ""}, {nil, "timeout"}, {"42703", "more"}} {
			if s := spans[i]; attr(s, "db.response.status_code") != want.code || !strings.Contains(s.Error, want.error) || want.error == "" && s.Error != "" {
				t.Errorf("%s: %v, %q, want %v", s.Name, attr(s, "db.response.status_code"), s.Error, want)
			}
		}
		if strings.Contains(fmt.Sprint(spans), "ada@") {
			t.Error("a span tells an argument")
		}
	})

	t.Run("AreNoneWhereNobodyLooks", func(t *testing.T) {
		t.Parallel()
		db := openItems(t)
		at := telemetry.NewSpanContext()
		for _, ctx := range []context.Context{t.Context(), telemetry.WithSpan(t.Context(), at)} {
			mustExecIn(ctx, t, db, "SELECT 1")
			b := &pgx.Batch{}
			b.Queue("SELECT 1")
			if err := db.SendBatch(ctx, b).Close(); err != nil {
				t.Error(err)
			}
		}
	})

	t.Run("TellOfALongWaitForAConnection", func(t *testing.T) {
		t.Parallel()
		db := openItems(t, func(cfg *postgres.Config) { cfg.MaxConns = 1 })
		r := &recorded{}
		tracer := telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, r)
		ctx, root := tracer.Begin(t.Context(), telemetry.SpanContext{}, "cart", telemetry.Server, "request")
		taken := make(chan struct{})
		var all sync.WaitGroup
		all.Go(func() {
			_ = db.InTx(t.Context(), func(context.Context, postgres.Tx) error {
				close(taken)
				time.Sleep(50 * time.Millisecond) // as long as somebody else has it
				return nil
			})
		})
		<-taken
		mustExecIn(ctx, t, db, "SELECT 1")
		all.Wait()
		root.End()
		if s := r.spans[0]; s.Name != postgres.WaitSpan || s.End.Sub(s.Start) < 20*time.Millisecond {
			t.Errorf("%s took %s, want a wait", s.Name, s.End.Sub(s.Start))
		}
	})
}

func mustExecIn(ctx context.Context, t testing.TB, db postgres.Querier, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(ctx, sql, args...); err != nil {
		t.Errorf("%s: %v", sql, err)
	}
}

// BenchmarkSpans is what the span of a statement costs, to be compared with BenchmarkDB.
func BenchmarkSpans(b *testing.B) {
	db := open(b)
	tracer := telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, &nobody{})
	for b.Loop() {
		ctx, root := tracer.Begin(b.Context(), telemetry.SpanContext{}, "cart", telemetry.Server, "request")
		if err := db.QueryRow(ctx, "SELECT $1::int", 1).Scan(new(int)); err != nil {
			b.Fatal(err)
		}
		root.End()
	}
}

type nobody struct{}

func (*nobody) Record([]telemetry.SpanData) {}
