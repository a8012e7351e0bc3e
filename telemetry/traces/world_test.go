package traces_test

import (
	"encoding/binary"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// began is when every trace of these tests does.
var began = time.Date(2026, 11, 26, 17, 40, 17, 123e6, time.UTC)

// traceID returns an identifier that ends with a number.
func traceID(n int) (id [16]byte) {
	id[0] = 0xab
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func spanID(n int) (id [8]byte) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

// at is the name of a span; 0 is no parent.
func at(trace, span, parent int) telemetry.SpanContext {
	s := telemetry.SpanContext{TraceID: traceID(trace), SpanID: spanID(span), Sampled: true}
	if parent > 0 {
		s.Parent = spanID(parent)
	}
	return s
}

// work returns a span that took place so many milliseconds after the trace began.
func work(name telemetry.SpanContext, kind telemetry.Kind, module, title string, from, to float64, attrs ...slog.Attr) telemetry.SpanData {
	after := func(ms float64) time.Time { return began.Add(time.Duration(ms * float64(time.Millisecond))) }
	return telemetry.SpanData{SpanContext: name, Kind: kind, Module: module, Name: title, Start: after(from), End: after(to), Attrs: attrs}
}

func status(n int) slog.Attr       { return slog.Int(telemetry.HTTPResponseStatusCode, n) }
func target(name string) slog.Attr { return slog.String(telemetry.Target, name) }
func sql(text string) slog.Attr {
	return slog.String("db.query.text", text)
}

// record has the spans of a process come.
func record(s *traces.Store, service string, spans ...telemetry.SpanData) {
	for i := range spans {
		spans[i].Service = service
	}
	s.Record(spans)
}

// purchase records what a purchase does: in the order in which spans end, so the root
// comes last, and the job later and elsewhere.
func purchase(s *traces.Store) {
	record(s, "shop-cart",
		work(at(1, 6, 5), telemetry.Client, "cart", "SELECT", 13, 15, sql("SELECT * FROM carts WHERE id = $1")),
		work(at(1, 5, 4), telemetry.Server, "cart", "GET /cart/v1/carts/{id}", 12, 18, status(200)))
	charge := work(at(1, 8, 3), telemetry.Client, "acquiring", "POST /charges", 20, 60, target("acquirer"))
	charge.Error = "connection refused"
	record(s, "shop-acquiring",
		work(at(1, 4, 3), telemetry.Client, "acquiring", "GET /cart/v1/carts/{id}", 10, 19, status(200), target("cart")),
		charge,
		work(at(1, 9, 3), telemetry.Client, "acquiring", "POST /charges", 65, 80, status(201), target("acquirer"), slog.Int(telemetry.Attempt, 2)),
		work(at(1, 10, 3), telemetry.Client, "acquiring", "INSERT", 81, 82, sql("INSERT INTO orders (id, cart, amount) VALUES ($1, $2, $3)")),
		work(at(1, 11, 3), telemetry.Client, "acquiring", "INSERT", 82, 83, sql("INSERT INTO lines (id) VALUES ($1)")),
		work(at(1, 12, 3), telemetry.Client, "acquiring", "INSERT", 83, 84, sql("INSERT INTO lines (id) VALUES ($1)")),
		work(at(1, 13, 3), telemetry.Client, "acquiring", "INSERT", 84, 85, sql("INSERT INTO lines (id) VALUES ($1)")),
		work(at(1, 14, 3), telemetry.Producer, "acquiring", "emit acquiring.captured.v1", 85, 86),
		work(at(1, 3, 2), telemetry.Server, "acquiring", "POST /acquiring/v1/payments", 5, 95, status(201)))
	s.Record([]telemetry.SpanData{work(at(1, 2, 0), telemetry.Server, "edge", "POST /acquiring/v1/payments", 0, 100, status(201))})
	job := work(at(1, 20, 14), telemetry.Consumer, "receipts", "job receipts.write", 600, 640)
	job.Links = []telemetry.SpanContext{at(7, 7, 0)}
	record(s, "shop-receipts", work(at(1, 21, 20), telemetry.Client, "receipts", "INSERT", 610, 630, sql("INSERT INTO receipts (id) VALUES ($1)")), job)
}

func newStore(cfg traces.Config) *traces.Store {
	cfg.Service = "shop-edge"
	return traces.New(cfg)
}

// find returns the one trace whose identifier begins like this.
func find(t *testing.T, s *traces.Store, id string) *traces.Trace {
	t.Helper()
	found, err := s.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func text(t *testing.T, x traces.Text, tr *traces.Trace) string {
	t.Helper()
	var b strings.Builder
	if err := x.Write(&b, tr); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
