package httpclient_test

import (
	"net/http"
	"testing"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/telemetry"
)

func TestTrace(t *testing.T) {
	t.Parallel()

	t.Run("BeginsATraceWhereThereIsNone", func(t *testing.T) {
		t.Parallel()
		n := newNeighbour(status(http.StatusOK))
		get(t, httpclient.Chain(n, httpclient.Trace()))
		if _, ok := telemetry.ParseTraceparent(n.seen[0].Header.Get("Traceparent")); !ok {
			t.Errorf("header %q", n.seen[0].Header.Get("Traceparent"))
		}
	})

	t.Run("GivesEveryAttemptASpanOfItsOwn", func(t *testing.T) {
		t.Parallel()
		span := telemetry.NewSpanContext()
		n := newNeighbour(fails(errRefused))
		r := request(telemetry.WithSpan(t.Context(), span), t, http.MethodGet, "")
		do(httpclient.Chain(n, httpclient.Retry(httpclient.RetryConfig{}), httpclient.Trace()), r)
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
}
