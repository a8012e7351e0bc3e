package otlp_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/slipway-go/slipway/telemetry/otlp"
)

// benchExporter sends to one who reads, and says so.
func benchExporter(b *testing.B, compression string) (e *otlp.Exporter, taken chan struct{}) {
	b.Helper()
	taken = make(chan struct{})
	cfg := otlp.ExporterConfig{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		taken <- struct{}{}
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
	})}
	cfg.Endpoint, cfg.Compression = &url.URL{Scheme: "http", Host: "collector:4318"}, compression
	e, err := otlp.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return e, taken
}

// BenchmarkRecord is what a request pays: for a leg of three spans.
func BenchmarkRecord(b *testing.B) {
	e, _ := benchExporter(b, "gzip")
	leg := testSpans(b, 3)
	b.ReportAllocs()
	for b.Loop() {
		e.Record(leg)
	}
}

// BenchmarkExport is what a batch costs in all, from Record to the body on the wire.
func BenchmarkExport(b *testing.B) {
	for _, compression := range []string{"none", "gzip"} {
		b.Run(compression, func(b *testing.B) {
			e, taken := benchExporter(b, compression)
			batch := testSpans(b, 1024)
			for i := range batch {
				batch[i].Attrs = batch[i].Attrs[:5] // most spans have no trees
			}
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- e.Run(ctx) }()
			b.ReportAllocs()
			for b.Loop() {
				e.Record(batch)
				<-taken
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(batch)), "ns/span")
			cancel()
			if err := <-ended; err != nil {
				b.Fatal(err)
			}
		})
	}
}
