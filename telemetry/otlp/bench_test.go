package otlp_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
)

func benchExporter(b *testing.B, compression string) *otlp.Exporter {
	b.Helper()
	cfg := otlp.ExporterConfig{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
		_, err := io.Copy(io.Discard, r.Body)
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, err
	})}
	cfg.Endpoint, cfg.Compression = &url.URL{Scheme: "http", Host: "collector:4318"}, compression
	e, err := otlp.New(cfg)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// BenchmarkRecord is what a request pays: for a leg of three spans.
func BenchmarkRecord(b *testing.B) {
	e, leg := benchExporter(b, "gzip"), testSpans(b, 3)
	b.ReportAllocs()
	for b.Loop() {
		e.Record(leg)
	}
}

// BenchmarkExport is what a span costs in all, from the request to the body on the wire.
func BenchmarkExport(b *testing.B) {
	for _, compression := range []string{"none", "gzip"} {
		b.Run(compression, func(b *testing.B) {
			e := benchExporter(b, compression)
			batch := make([]telemetry.SpanData, 0, 1024)
			batch = append(batch, testSpans(b, 1024)...)
			for i := range batch {
				batch[i].Attrs = batch[i].Attrs[:5] // most spans have no trees
			}
			ended, cancel := context.WithCancel(b.Context())
			cancel() // Run sends what is there, and ends
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				if n++; n%len(batch) == 0 {
					e.Record(batch)
					if err := e.Run(ended); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
