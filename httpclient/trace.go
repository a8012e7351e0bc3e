package httpclient

import (
	"net/http"

	"github.com/slipway-go/slipway/telemetry"
)

// Trace gives each attempt a span of its own, a child of the context's, and
// names it to the neighbour. Layers beneath find it in the context.
func Trace() Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			ctx := r.Context()
			span := telemetry.SpanFrom(ctx)
			if span.Valid() {
				span = span.Child()
			} else {
				span = telemetry.NewSpanContext()
			}
			traced := r.WithContext(telemetry.WithSpan(ctx, span))
			traced.Header = withHeader(r.Header, "Traceparent", span.Traceparent())
			return next.RoundTrip(traced)
		})
	}
}
