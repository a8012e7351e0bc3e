package calltree_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
	"github.com/slipway-go/slipway/telemetry"
)

func nothing(context.Context) {}

// In a bubble time is exact, so the drawings are too.
func TestRecorder_String(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(world){
		"what failed is told with its reason": func(w world) {
			w.request("GET /carts/{id}", 500, func(ctx context.Context) {
				w.fetchToken(ctx, 200)
				w.fetchToken(ctx, 400)
				w.call(ctx, "catalog", "GET /quotes", httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) {
					return nil, errors.New("connection reset")
				}))
				w.query(ctx, "INSERT INTO carts VALUES ($1)", "", &pgconn.PgError{
					Code: "23505", Message: `duplicate key value violates unique constraint "carts_pkey"`, Detail: "Key (id)=(c7) already exists.",
				})
				w.query(ctx, "SELECT $1::uuid", "", &pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type uuid: "hunter2"`})
				w.logger().ErrorContext(ctx, "unexpected error", "error", "load cart: it broke", "causes", []string{"*pgconn.PgError"}, "route", "GET /carts/{id}")
				w.logger().ErrorContext(ctx, "request", telemetry.HTTPResponseStatusCode, 500)
				w.logger().InfoContext(ctx, "nobody needs to know")
			})
			w.wantTree(`
GET /carts/{id}  500  4.0 ms  by anonymous
├─ sso    POST /oauth/token  200  1.0 ms
├─ sso    POST /oauth/token  400  1.0 ms
├─ call   catalog GET /quotes  <0.1 ms
│         failed: connection reset
├─ sql    INSERT INTO carts VALUES ($1)  1.0 ms
│         failed: duplicate key value violates unique constraint "carts_pkey" (SQLSTATE 23505)
├─ sql    SELECT $1::uuid  1.0 ms
│         failed: SQLSTATE 22P02
└─ error  unexpected error: load cart: it broke
`)
		},
		"what a neighbour does hangs below its call": func(w world) {
			w.request("GET /carts/{id}", 200, func(ctx context.Context) {
				w.query(ctx, "SELECT a FROM carts WHERE id = $1", "SELECT 1", nil)
				w.call(ctx, "catalog", "GET /quotes", serving(200, func(ctx context.Context) {
					w.query(ctx, "SELECT b FROM prices", "SELECT 2", nil)
					w.call(ctx, "tax", "GET /rates", serving(200, func(ctx context.Context) { w.query(ctx, "SELECT c FROM rates", "SELECT 0", nil) }))
					w.logger().WarnContext(ctx, "a price is old", "sku", "CUP-003")
				}))
			})
			w.wantTree(`
GET /carts/{id}  200  3.0 ms  by anonymous
├─ sql    SELECT a FROM carts WHERE id = $1  1 row  1.0 ms
└─ call   catalog GET /quotes  200  2.0 ms
   ├─ sql    SELECT b FROM prices  2 rows  1.0 ms
   ├─ call   tax GET /rates  200  1.0 ms
   │  └─ sql    SELECT c FROM rates  0 rows  1.0 ms
   └─ warn   a price is old sku=CUP-003
`)
		},
		"what is done again and again is one line": func(w world) {
			w.request("GET /carts/{id}", 200, func(ctx context.Context) {
				w.fetchToken(ctx, 200)
				for range 14 {
					w.query(ctx, "SELECT price FROM prices WHERE sku = $1", "SELECT 1", nil)
					w.call(ctx, "tax", "GET /rates", serving(200, nothing))
				}
				w.fetchToken(ctx, 200)
				w.query(ctx, "SELECT 1", "SELECT 1", nil)
				w.query(ctx, "SELECT 1", "SELECT 1", nil)
			})
			w.request("GET /a", 200, nothing)
			w.request("GET /a", 200, nothing)
			w.request("GET /b", 200, nothing)
			w.request("GET /a", 200, nothing)
			w.wantTree(`
GET /carts/{id}  200  18.0 ms  by anonymous
├─ sso    POST /oauth/token  200  2.0 ms  × 2
├─ sql    SELECT price FROM prices WHERE sku = $1  14 rows  14.0 ms  × 14: an N+1?
├─ call   tax GET /rates  200  <0.1 ms  × 14: an N+1?
└─ sql    SELECT 1  2 rows  2.0 ms  × 2
GET /a  200  <0.1 ms  × 2  by anonymous
GET /b  200  <0.1 ms  by anonymous
GET /a  200  <0.1 ms  by anonymous
`)
		},
		"attempts, batches and the test's replies are told": func(w world) {
			w.request("POST /carts", 201, func(ctx context.Context) {
				replying := httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
					calltree.Note(r.Context(), "reply of the test")
					return &http.Response{StatusCode: http.StatusServiceUnavailable}, nil
				})
				w.attempt(ctx, "", "catalog", "GET /quotes", replying)
				w.attempt(ctx, "2", "catalog", "GET /quotes", replying)
				tracer := w.Tracer()
				inside := tracer.TraceBatchStart(ctx, nil, pgx.TraceBatchStartData{Batch: &pgx.Batch{QueuedQueries: []*pgx.QueuedQuery{{SQL: "INSERT INTO items VALUES ($1)"}, {SQL: "INSERT INTO items VALUES ($1)"}}}})
				for range 2 {
					tracer.TraceBatchQuery(inside, nil, pgx.TraceBatchQueryData{SQL: "INSERT INTO items VALUES ($1)", CommandTag: pgconn.NewCommandTag("INSERT 0 1")})
				}
				time.Sleep(2 * time.Millisecond)
				tracer.TraceBatchEnd(inside, nil, pgx.TraceBatchEndData{})
				w.query(ctx, "begin", "BEGIN", nil)
				w.query(ctx, "commit", "", errors.New("the connection is lost"))
			})
			w.wantTree(`
POST /carts  201  4.0 ms  by anonymous
├─ call   catalog GET /quotes  503  reply of the test  <0.1 ms
├─ call   catalog GET /quotes  503  attempt 2  reply of the test  <0.1 ms
├─ batch  of 2 statements  2.0 ms
│  └─ sql    INSERT INTO items VALUES ($1)  2 rows  × 2
└─ sql    commit
          failed: the connection is lost
`)
		},
		"what belongs to no request stands by itself": func(w world) {
			w.query(w.t.Context(), "SELECT 1", "SELECT 1", nil)
			w.logger().WarnContext(w.t.Context(), "a setting is read by nothing")
			w.Start(calltree.Entry{Kind: calltree.Job, Name: "close-cart"})
			w.wantTree(`
sql    SELECT 1  1 row  1.0 ms
warn   a setting is read by nothing
job    close-cart  not ended
`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				t.Helper()
				test(newWorld(t))
			})
		})
	}
}

func TestRecorder_String_hides(t *testing.T) {
	t.Parallel()
	const secret = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJtYWRlIHVwIn0.bWFkZSB1cCwgbm8gc2lnbmF0dXJl" // made up
	w := newWorld(t)
	w.request("GET /carts/{id}", 500, func(ctx context.Context) {
		w.query(ctx, "SELECT '"+secret+"'", "", errors.New("no function "+secret))
		w.logger().With("password", secret).WithGroup("call").WarnContext(ctx, "given "+secret, "token", "hunter2 made up", "text", secret)
		w.call(ctx, "catalog", "GET /quotes", httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) {
			return nil, errors.New("dial " + secret)
		}))
	})
	if got := w.String(); strings.Contains(got, secret[:20]) || strings.Contains(got, "hunter2") || strings.Contains(got, "an argument") {
		t.Errorf("a secret is shown:\n%s", got)
	} else if !strings.Contains(got, "call.text=") || !strings.Contains(got, "SELECT") {
		t.Errorf("more is hidden than has to be:\n%s", got)
	}
}

func TestRecorder_String_fits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("many words ", 60)
	deep := func(ctx context.Context) {
		w.query(ctx, "SELECT id, "+long+" FROM carts JOIN items ON items.cart = carts.id WHERE carts.id = $1", "SELECT 1", errors.New(long))
		w.logger().ErrorContext(ctx, "unexpected error", "error", "panic:\n\tgoroutine 1\n"+long)
	}
	for range 6 {
		inner := deep
		deep = func(ctx context.Context) { w.call(ctx, "catalog", "GET /quotes", serving(200, inner)) }
	}
	w.request("GET /carts/{id}", 500, deep)
	got := w.String()
	for line := range strings.Lines(got) {
		if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > 100 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	for _, want := range []string{"SELECT … FROM carts JOIN items", "panic: goroutine 1", "…"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestRecorder_bounds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const beyond = 7
	span := telemetry.NewSpanContext()
	watch := w.Watch(span)
	ctx := telemetry.WithSpan(t.Context(), span)
	for i := range calltree.MaxEntries + beyond {
		w.Start(calltree.Entry{Kind: calltree.SQL, In: telemetry.SpanFrom(ctx), Name: fmt.Sprintf("SELECT %d", i)}).End(calltree.Outcome{})
	}
	got := w.String()
	for _, want := range []string{"… and 1600 more\n", fmt.Sprintf("… and after the first %d entries: %d sql\n", calltree.MaxEntries, beyond)} {
		if !strings.HasSuffix(got, want) && !strings.Contains(got, want) {
			t.Errorf("%q is not at the end of\n%s", want, got[max(0, len(got)-300):])
		}
	}
	if lines := strings.Count(got, "\n"); lines > 402 {
		t.Errorf("%d lines", lines)
	}
	if _, queries := watch.Stop(); queries != calltree.MaxEntries+beyond {
		t.Errorf("%d statements were counted, want all", queries)
	}
}
