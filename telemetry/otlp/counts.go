package otlp

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/slipway-go/slipway/telemetry"
)

// A Reason says why spans did not arrive.
type Reason uint8

// The reasons.
const (
	QueueFull   Reason = iota // they came faster than they could be sent
	Refused                   // the receiver will not have them, and says so
	Rejected                  // the receiver took others of the same batch
	TooLarge                  // one is larger than may be sent
	TimedOut                  // the receiver took too long, again and again
	Unavailable               // the receiver could not be reached, or could not take them, again and again
	Garbled                   // the answer is none of a receiver
	Stopped                   // the process ended
	reasons
)

// String returns the reason as the label of a metric has it.
func (r Reason) String() string {
	names := [...]string{"queue_full", "refused", "rejected", "too_large", "timed_out", "unavailable", "garbled", "stopped"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// counts are those of one exporter.
type counts struct {
	exported atomic.Uint64
	dropped  [reasons]atomic.Uint64
}

const signal = "spans"

func (c *counts) register(metrics prometheus.Registerer) {
	factory := promauto.With(metrics)
	factory.NewCounterFunc(telemetry.ExportedTotal(signal), func() float64 { return float64(c.exported.Load()) })
	for r := range reasons {
		factory.NewCounterFunc(telemetry.DroppedTotal(signal, r.String()), func() float64 { return float64(c.dropped[r].Load()) })
	}
}

func (c *counts) drop(n int, why Reason) {
	if n > 0 {
		c.dropped[why].Add(uint64(n))
	}
}
