package jobs_test

import (
	"context"
	"testing"
	"time"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

func BenchmarkWorker_Accept(b *testing.B) {
	w := newWorld(b)
	m := w.module(func(c *jobs.Config) { c.MaxReady = 1 << 30 })
	jobs.On(m, "one", captured, jobs.Func[payment](mark[payment]))
	jobs.On(m, "two", captured, jobs.Func[payment](mark[payment]))
	batch := make([]events.Message, events.MaxBatch)
	for b.Loop() {
		for i := range batch {
			batch[i] = message(captured, `{"amount":7}`)
		}
		if err := m.Accept(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(batch))/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkWorker_Run(b *testing.B) {
	for name, effect := range map[string]func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error){
		"Effect": mark[payment],
		"Done":   func(context.Context, jobs.Delivery[payment]) (jobs.Effect, error) { return jobs.Done, nil },
	} {
		b.Run(name, func(b *testing.B) {
			w := newWorld(b, func(c *postgres.Config) { c.MaxConns = 20 })
			m := w.module(func(c *jobs.Config) { c.MaxReady = 1 << 30 })
			jobs.On(m, "one", captured, jobs.Func[payment](effect)).Concurrency(16)
			for range 25 {
				w.accept(m, events.MaxBatch)
			}
			var busy time.Duration
			for b.Loop() {
				w.exec("UPDATE kit_delivery SET state = 'ready', attempt = 0, done_at = NULL")
				began := time.Now()
				stop := w.start(m)
				w.untilState("done", 25*events.MaxBatch)
				busy += time.Since(began)
				stop()
			}
			b.ReportMetric(float64(b.N*25*events.MaxBatch)/busy.Seconds(), "jobs/s")
		})
	}
}
