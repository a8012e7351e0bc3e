package sentry

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/slipway-go/slipway/telemetry"
)

// A loss is why a report was not delivered.
type loss string

const (
	stormed     loss = "storm"        // too many of one kind
	queueFull   loss = "queue_full"   // too many at once, or Sentry is slow
	rateLimited loss = "rate_limited" // Sentry wants no more for a while
	rejected    loss = "rejected"     // Sentry does not take it
	unreachable loss = "unreachable"  // Sentry does not answer
	stopped     loss = "stopped"      // the process has ended meanwhile
	unreadable  loss = "unreadable"   // the error panics when it is read
)

// signal names reports among what can be lost.
const signal = "reports"

// counts are those of reports.
type counts struct {
	sent prometheus.Counter
	lost map[loss]prometheus.Counter
}

func newCounts(r prometheus.Registerer) *counts {
	factory := promauto.With(r)
	c := &counts{factory.NewCounter(telemetry.ExportedTotal(signal)), map[loss]prometheus.Counter{}}
	for _, why := range []loss{stormed, queueFull, rateLimited, rejected, unreachable, stopped, unreadable} {
		c.lost[why] = factory.NewCounter(telemetry.DroppedTotal(signal, string(why)))
	}
	return c
}

func (c *counts) lose(why loss) { c.lost[why].Inc() }
