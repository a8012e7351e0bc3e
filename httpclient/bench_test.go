package httpclient_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/telemetry"
)

// BenchmarkChain is a call that works, on every layer that s2s has but the
// token, with its log line and without a network.
func BenchmarkChain(b *testing.B) {
	logger := telemetry.NewLogger(io.Discard, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}).With("module", "acquiring")
	log := httpclient.Log(httpclient.LogConfig{Logger: logger, Target: "cart"})
	inner := []httpclient.Layer{
		httpclient.Deadline(10 * time.Second),
		httpclient.Retry(httpclient.RetryConfig{}),
		httpclient.Breaker(httpclient.BreakerConfig{Target: "cart"}),
		httpclient.AttemptTimeout(5 * time.Second),
		httpclient.Trace("cart"),
	}
	limit := httpclient.LimitBody(0)
	for name, layers := range map[string][]httpclient.Layer{
		"none":          {},
		"without_log":   append(inner[:5:5], limit),
		"with_log_line": append(inner[:5:5], log, limit),
	} {
		b.Run(name, func(b *testing.B) { call(b, httpclient.Chain(answers(`{"id":"c7"}`), layers...)) })
	}
}

func call(b *testing.B, c http.RoundTripper) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Hour) // as a request has one
	defer cancel()
	ctx = httpclient.WithRoute(telemetry.WithSpan(ctx, telemetry.NewSpanContext()), "GET /carts/{id}")
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://cart/carts/c7", http.NoBody)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	buf := make([]byte, 512)
	b.ReportAllocs()
	for b.Loop() {
		resp, err := c.RoundTrip(r)
		if err != nil {
			b.Fatal(err)
		}
		for err == nil {
			_, err = resp.Body.Read(buf)
		}
		_ = resp.Body.Close()
	}
}

func answers(body string) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
			Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
		}, nil
	})
}
