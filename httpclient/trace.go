package httpclient

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/slipway-go/slipway/telemetry"
)

// resendCount is how many attempts were made before; the conventions for spans count so.
const resendCount = "http.request.resend_count"

// Trace gives each attempt of a call to the target a span of its own, a child of the
// context's, and names it to the neighbour; it ends with the answer's head. It has failed
// where the neighbour did: by an answer of 5xx, or by none. Layers beneath find it in the
// context.
func Trace(target string) Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			ctx, span := startCall(r, target)
			traced := r.WithContext(ctx)
			traced.Header = withHeader(r.Header, "Traceparent", telemetry.SpanFrom(ctx).Traceparent())
			resp, err := next.RoundTrip(traced)
			if span != nil {
				endCall(span, resp, err)
			}
			return resp, err
		})
	}
}

func startCall(r *http.Request, target string) (context.Context, *telemetry.Span) {
	ctx := r.Context()
	if telemetry.CurrentSpan(ctx) == nil {
		return unseen(ctx), nil
	}
	var room [5]slog.Attr
	attrs := append(room[:0], slog.String(telemetry.Target, target), slog.String(telemetry.HTTPRequestMethod, r.Method))
	if path := template(ctx); path != "" {
		attrs = append(attrs, slog.String(telemetry.URLTemplate, path))
	}
	if host := r.URL.Hostname(); host != "" {
		attrs = append(attrs, slog.String("server.address", host))
	}
	if n := attemptOf(ctx); n > 1 {
		attrs = append(attrs, slog.Int(resendCount, n-1))
	}
	return telemetry.Start(ctx, telemetry.Client, name(r), attrs...)
}

// unseen names a call at which nobody looks. Where there is no trace around it begins one
// that nobody has asked for, so it is not sampled: it is for the lines of both sides.
func unseen(ctx context.Context) context.Context {
	at := telemetry.SpanFrom(ctx)
	if at.Valid() {
		return telemetry.WithSpan(ctx, at.Child())
	}
	at = telemetry.NewSpanContext()
	at.Sampled = false
	return telemetry.WithSpan(ctx, at)
}

// endCall says how the attempt went. A caller who gave up is no failure of the neighbour.
func endCall(span *telemetry.Span, resp *http.Response, err error) {
	switch {
	case errors.Is(err, context.Canceled):
		span.End(slog.String("error.type", "canceled"))
		return
	case err != nil:
		span.Fail(err.Error())
		span.End()
		return
	case resp.StatusCode >= http.StatusInternalServerError:
		span.Fail(strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode))
	}
	span.End(slog.Int(telemetry.HTTPResponseStatusCode, resp.StatusCode))
}

// name is the route of the neighbour, or no more than the method: a path has too much in it.
func name(r *http.Request) string { return cmp.Or(Route(r.Context()), r.Method) }
