package telemetry_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
)

// BenchmarkLogger is an access line: ten attributes and the trace, beside what
// slog's own handler takes for the same without a trace and a redactor.
func BenchmarkLogger(b *testing.B) {
	for name, logger := range map[string]*slog.Logger{
		"slipway":      telemetry.NewLogger(io.Discard, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}),
		"slog_JSON":    slog.New(slog.NewJSONHandler(struct{ io.Writer }{io.Discard}, nil)).With("service", "shop"),
		"below_level":  telemetry.NewLogger(io.Discard, "shop", telemetry.LogConfig{Level: slog.LevelError}, &telemetry.Redactor{}),
		"in_parallel":  telemetry.NewLogger(io.Discard, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}),
		"with_a_token": telemetry.NewLogger(io.Discard, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}).With("token", "made-up"),
	} {
		b.Run(name, func(b *testing.B) {
			logger := logger.With("module", "cart")
			ctx := telemetry.WithSpan(b.Context(), telemetry.NewSpanContext())
			b.ReportAllocs()
			if name == "in_parallel" {
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						access(ctx, logger)
					}
				})
				return
			}
			for b.Loop() {
				access(ctx, logger)
			}
		})
	}
}

func access(ctx context.Context, logger *slog.Logger) {
	logger.LogAttrs(ctx, slog.LevelInfo, "request",
		slog.String(telemetry.HTTPRequestMethod, "GET"), slog.String(telemetry.HTTPRoute, "/carts/{id}"), slog.String(telemetry.URLPath, "/carts/0198c0de-0000-7000-8000-000000000001"),
		slog.Int(telemetry.HTTPResponseStatusCode, 200), slog.Float64(telemetry.DurationMS, 0.123), slog.Int64(telemetry.HTTPResponseBodySize, 512),
		slog.String(telemetry.ClientAddress, "127.0.0.1"), slog.String(telemetry.UserID, "0198c0de-0000-7000-8000-000000000002"),
		slog.String("sid", "0198c0de-0000-7000-8000-000000000003"), slog.String("user_agent", "Mozilla/5.0 (X11; Linux x86_64)"))
}

func BenchmarkRedactor(b *testing.B) {
	r := &telemetry.Redactor{}
	for name, s := range map[string]string{
		"short":         "GET",
		"route":         "GET /carts/{id}/items",
		"uuid":          "0198c0de-0000-7000-8000-000000000001",
		"path":          "/carts/0198c0de-0000-7000-8000-000000000001/items?limit=20",
		"time":          "2026-11-23T21:30:00.123456789Z",
		"error":         "call cart: GET /carts/{id}: the connection with cart at http://127.0.0.1:8081 broke: unexpected EOF",
		"token":         token,
		"card":          "paid with 4242 4242 4242 4242",
		"pair":          "dial host=db user=shop password=made-up",
		"long_harmless": string(make([]byte, 4096)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_ = r.String(s)
			}
		})
	}
	body := []byte(`{"id":"0198c0de","owner":"anna","items":[{"sku":"tea","quantity":2}],"total":{"amount":1250,"currency":"EUR"}}`)
	b.Run("body", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = r.Body("application/json", body)
		}
	})
}
