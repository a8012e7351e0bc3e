package telemetry

import (
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"
)

// An Observer is everything by which a module, or another part of a process, is seen at
// work. The zero value sees nothing, and costs next to nothing.
type Observer struct {
	// Logger writes what happens. Default: nothing is written.
	Logger *slog.Logger
	// Reporter learns of each unexpected error, once. Default: the log does.
	Reporter Reporter
	// Tracer records where the time goes. Default: spans have names, for the log, and are
	// not recorded.
	Tracer *Tracer
	// Metrics is where counts, gauges and histograms are registered; every name in it
	// carries the label of its module. Default: they are counted for nobody.
	Metrics prometheus.Registerer
}

// WithDefaults returns an observer without nil where somebody would trip over it.
func (o Observer) WithDefaults() Observer {
	if o.Logger == nil {
		o.Logger = Discard()
	}
	if o.Reporter == nil {
		o.Reporter = LogReporter(o.Logger)
	}
	return o
}
