package calltree_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
	"github.com/slipway-go/slipway/telemetry"
)

// world does what modules do, in spans as package api makes them.
type world struct {
	*calltree.Recorder
	t *testing.T
}

func newWorld(t *testing.T) world {
	t.Helper()
	return world{calltree.New(), t}
}

// serving answers requests as an endpoint does: in a child of the caller's span.
func serving(status int, work func(ctx context.Context)) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		span, _ := telemetry.ParseTraceparent(r.Header.Get("Traceparent"))
		work(telemetry.WithSpan(context.Background(), span.Child()))
		return &http.Response{StatusCode: status, Body: http.NoBody}, nil
	})
}

// request sends a request of a test's caller.
func (w world) request(route string, status int, work func(ctx context.Context)) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(calltree.By(w.t.Context(), "anonymous"), http.MethodGet, "http://kit/", http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	pattern := func(*http.Request) string { return route }
	if _, err := w.Requests(serving(status, work), pattern).RoundTrip(r); err != nil {
		w.t.Error(err)
	}
}

// call calls a neighbour through what gives an attempt its span.
func (w world) call(ctx context.Context, neighbour, route string, next http.RoundTripper) {
	w.t.Helper()
	w.attempt(ctx, "", neighbour, route, next)
}

func (w world) attempt(ctx context.Context, number, neighbour, route string, next http.RoundTripper) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(httpclient.WithRoute(ctx, route), http.MethodGet, "http://"+neighbour, http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set(httpclient.AttemptHeader, number)
	_, _ = httpclient.Trace(neighbour)(w.Neighbour(neighbour, next)).RoundTrip(r)
}

func (w world) fetchToken(ctx context.Context, status int) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(httpclient.WithRoute(ctx, "POST /oauth/token"), http.MethodPost, "http://sso", http.NoBody)
	if err != nil {
		w.t.Fatal(err)
	}
	_, _ = httpclient.Trace("sso")(w.SSO(serving(status, func(context.Context) { time.Sleep(time.Millisecond) }))).RoundTrip(r)
}

// query runs a statement that takes a millisecond.
func (w world) query(ctx context.Context, sql, tag string, err error) {
	ctx = w.Tracer().TraceQueryStart(ctx, nil, pgx.TraceQueryStartData{SQL: sql, Args: []any{"an argument"}})
	time.Sleep(time.Millisecond)
	w.Tracer().TraceQueryEnd(ctx, nil, pgx.TraceQueryEndData{CommandTag: pgconn.NewCommandTag(tag), Err: err})
}

func (w world) logger() *slog.Logger { return slog.New(w.Log(slog.DiscardHandler)) }

// wantTree compares the whole drawing.
func (w world) wantTree(want string) {
	w.t.Helper()
	if got := w.String(); got != strings.TrimPrefix(want, "\n") {
		w.t.Errorf("got\n%s\nwant%s", got, want)
	}
}
