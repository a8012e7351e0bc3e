package slipway

import (
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// newRegistry returns what counts for one process, and already knows of the process
// itself.
func newRegistry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	return r
}

// buildInfo is 1, with what was built in its labels.
func buildInfo() prometheus.Collector {
	g := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "slipway_build_info", Help: "Always 1; the labels say what runs.",
		ConstLabels: prometheus.Labels{"version": buildVersion(), "revision": buildRevision(), "go": runtime.Version()},
	})
	g.Set(1)
	return g
}

// buildRevision is the commit from which the binary was built, where that is known.
func buildRevision() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value
			}
		}
	}
	return "unknown"
}

const (
	// scrapeTimeout bounds an answer to Prometheus, which waits for 10s by default.
	scrapeTimeout = 8 * time.Second
	// maxScrapes may run at once: a pair of Prometheus servers, and somebody who looks.
	maxScrapes = 4
)

// metricsHandler serves what the process counts, as text that Prometheus reads. A part that
// fails is left out, counted and logged; the others are served.
func (a *App) metricsHandler() http.Handler {
	return promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(a.logger.With("module", KitOwner).Handler(), slog.LevelError),
		ErrorHandling: promhttp.ContinueOnError, Registry: a.metrics,
		MaxRequestsInFlight: maxScrapes, Timeout: scrapeTimeout,
		EnableOpenMetrics: true, // for the traces that stand beside the buckets
	})
}
