package otlp_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// fullSpan has everything that a span may have.
func fullSpan() telemetry.SpanData {
	at := telemetry.NewSpanContext().Child()
	start := time.Unix(1_700_000_000, 123_456_789)
	return telemetry.SpanData{
		SpanContext: at, Name: "POST /carts/{id}/lines", Kind: telemetry.Server, Module: "cart",
		Start: start, End: start.Add(1234567 * time.Nanosecond), Error: "the basket is made of glass",
		Links: []telemetry.SpanContext{telemetry.NewSpanContext()},
		Attrs: []slog.Attr{
			slog.String("http.route", "/carts/{id}/lines"), slog.Int("http.response.status_code", 500), slog.Bool("hit", true),
			slog.Float64("share", 0.5), slog.Int64("negative", -7), slog.Any("tree", map[string]any{"list": []any{"a", int64(1), true, nil}, "empty": map[string]any{}}),
		},
	}
}

func testSpans(t testing.TB, n int) []telemetry.SpanData {
	t.Helper()
	all := make([]telemetry.SpanData, n)
	for i := range all {
		all[i] = fullSpan()
	}
	return all
}
