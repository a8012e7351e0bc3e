package telemetry_test

import (
	"io"
	"log/slog"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
)

func BenchmarkLogger(b *testing.B) {
	logger := telemetry.NewLogger(io.Discard, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}).With("module", "cart")
	ctx := telemetry.WithSpan(b.Context(), telemetry.NewSpanContext())
	b.ReportAllocs()
	for b.Loop() {
		logger.LogAttrs(ctx, slog.LevelInfo, "request",
			slog.String("method", "GET"), slog.String("route", "GET /carts/{id}"), slog.String("path", "/carts/0198c0de-0000-7000-8000-000000000001"),
			slog.Int("status", 200), slog.Float64("duration_ms", 0.123), slog.Int64("bytes", 512),
			slog.String("remote_ip", "127.0.0.1"), slog.String("sub", "0198c0de-0000-7000-8000-000000000002"))
	}
}
