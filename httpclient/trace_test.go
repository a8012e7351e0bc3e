package httpclient_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/telemetry"
)

func TestTrace(t *testing.T) {
	t.Parallel()

	t.Run("BeginsATraceWhereThereIsNone", func(t *testing.T) {
		t.Parallel()
		n := newNeighbour(status(http.StatusOK))
		get(t, httpclient.Chain(n, httpclient.Trace("cart")))
		if at, ok := telemetry.ParseTraceparent(n.seen[0].Header.Get("Traceparent")); !ok || at.Sampled {
			t.Errorf("header %q, want a trace, which nobody has asked for", n.seen[0].Header.Get("Traceparent"))
		}
	})

	t.Run("GivesEveryAttemptASpanOfItsOwn", func(t *testing.T) {
		t.Parallel()
		span := telemetry.NewSpanContext()
		n := newNeighbour(fails(errRefused))
		r := request(telemetry.WithSpan(t.Context(), span), t, http.MethodGet, "")
		do(httpclient.Chain(n, httpclient.Retry(httpclient.RetryConfig{}), httpclient.Trace("cart")), r)
		spans := map[[8]byte]bool{span.SpanID: true}
		for _, sent := range n.seen {
			got, ok := telemetry.ParseTraceparent(sent.Header.Get("Traceparent"))
			if !ok || got.TraceID != span.TraceID || got.Sampled != span.Sampled {
				t.Errorf("header %q is not of the trace %s", sent.Header.Get("Traceparent"), span.Traceparent())
			}
			inside := telemetry.SpanFrom(sent.Context())
			if got.SpanID != inside.SpanID || inside.TraceID != span.TraceID || inside.Parent != span.SpanID {
				t.Errorf("the context has the span %v, the header %v, want a child of %v", inside, got, span)
			}
			spans[got.SpanID] = true
		}
		if len(spans) != 4 {
			t.Errorf("%d spans, want the caller's and 3 attempts'", len(spans))
		}
		if r.Header.Get("Traceparent") != "" {
			t.Error("the caller's request was changed")
		}
	})

	t.Run("RecordsEveryAttempt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newNeighbour(fails(errRefused), status(http.StatusServiceUnavailable), status(http.StatusNotFound))
			spans := recorded(t, func(ctx context.Context) {
				ctx = httpclient.WithRoute(ctx, "GET /carts/{id}")
				do(httpclient.Chain(n, httpclient.Retry(httpclient.RetryConfig{}), httpclient.Trace("cart")), request(ctx, t, http.MethodGet, ""))
			})
			if len(spans) != 3 {
				t.Fatalf("%d spans, want 3", len(spans))
			}
			for i, want := range []struct {
				attrs string
				fails string
			}{
				{"[target=cart http.request.method=GET url.template=/carts/{id} server.address=cart.internal]", errRefused.Error()},
				{"[target=cart http.request.method=GET url.template=/carts/{id} server.address=cart.internal http.request.resend_count=1 http.response.status_code=503]", "503 Service Unavailable"},
				{"[target=cart http.request.method=GET url.template=/carts/{id} server.address=cart.internal http.request.resend_count=2 http.response.status_code=404]", ""},
			} {
				s := spans[i]
				if got := fmt.Sprint(s.Attrs); s.Name != "GET /carts/{id}" || s.Kind != telemetry.Client || got != want.attrs || s.Error != want.fails {
					t.Errorf("attempt %d: %s %s %q\n%s, want\n%s %q", i+1, s.Kind, s.Name, s.Error, got, want.attrs, want.fails)
				}
			}
		})
	})

	t.Run("BlamesNobodyForACallerWhoGaveUp", func(t *testing.T) {
		t.Parallel()
		spans := recorded(t, func(ctx context.Context) {
			do(httpclient.Chain(newNeighbour(fails(context.Canceled)), httpclient.Trace("cart")), request(ctx, t, http.MethodGet, ""))
		})
		if s := spans[0]; s.Name != "GET" || s.Error != "" {
			t.Errorf("span %s failed: %q", s.Name, s.Error)
		}
	})
}

// recorder keeps spans.
type recorder struct{ spans []telemetry.SpanData }

func (r *recorder) Record(spans []telemetry.SpanData) { r.spans = append(r.spans, spans...) }

// recorded returns the spans of the calls that are made inside a request.
func recorded(t *testing.T, calls func(ctx context.Context)) []telemetry.SpanData {
	t.Helper()
	var r recorder
	tracer := telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, &r)
	ctx, root := tracer.Begin(t.Context(), telemetry.SpanContext{}, "acquiring", telemetry.Server, "POST /payments")
	calls(ctx)
	root.End()
	return r.spans[:len(r.spans)-1]
}
