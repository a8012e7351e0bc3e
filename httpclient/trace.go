package httpclient

import (
	"cmp"
	"net/http"

	"github.com/slipway-go/slipway/telemetry"
)

// Trace gives each attempt a span of its own, a child of the context's, and
// names it to the neighbour; it ends with the answer's head. Layers beneath find it in the context.
func Trace() Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			ctx, span := telemetry.Start(r.Context(), telemetry.Client, name(r))
			defer span.End()
			if !telemetry.SpanFrom(ctx).Valid() {
				ctx = telemetry.WithSpan(ctx, telemetry.NewSpanContext())
			}
			traced := r.WithContext(ctx)
			traced.Header = withHeader(r.Header, "Traceparent", telemetry.SpanFrom(ctx).Traceparent())
			return next.RoundTrip(traced)
		})
	}
}

// name is the route of the neighbour, or no more than the method: a path has too much in it.
func name(r *http.Request) string { return cmp.Or(Route(r.Context()), r.Method) }
