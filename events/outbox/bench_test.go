package outbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/slipway-go/slipway/events"
)

// ignoringBus costs nothing, so that what is measured is the database's side.
type ignoringBus struct{}

func (ignoringBus) Publish(context.Context, []events.Message) error { return nil }

func BenchmarkRelay_Pass(b *testing.B) {
	const backlog = 20_000
	db := open(b)
	r := newRelay(db, ignoringBus{}, locked(b, db))
	var took time.Duration
	for b.Loop() {
		for n := 0; n < backlog; n += 1000 {
			emit(b, db, paid, n, n+1000)
		}
		begun := time.Now()
		if err := r.Pass(b.Context()); err != nil {
			b.Fatalf("Pass() = %v", err)
		}
		took += time.Since(begun)
	}
	b.ReportMetric(float64(b.N)*backlog/took.Seconds(), "events/s")
}
