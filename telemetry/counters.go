package telemetry

import "github.com/prometheus/client_golang/prometheus"

// DroppedTotal names the counter of what was to be told and was not: signal is spans, logs
// or reports, reason a word of a declared set. All who drop count under the same name, so
// that one alert finds them.
func DroppedTotal(signal, reason string) prometheus.CounterOpts {
	return prometheus.CounterOpts{
		Name: "slipway_telemetry_dropped_total", Help: "Spans, lines and reports that were lost, by reason.",
		ConstLabels: prometheus.Labels{"signal": signal, "reason": reason},
	}
}

// ExportedTotal names the counter of what has arrived where it was sent.
func ExportedTotal(signal string) prometheus.CounterOpts {
	return prometheus.CounterOpts{
		Name: "slipway_telemetry_exported_total", Help: "Spans, lines and reports that have arrived where they were sent.",
		ConstLabels: prometheus.Labels{"signal": signal},
	}
}
