package telemetry

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers what a package counts by, and returns it, or what another part of the
// same module has registered like it: ten routes of a module share one histogram. With a
// nil registerer it counts for nobody. What contradicts something registered (the same name with
// other labels or another help) is a mistake in the code, and panics.
func Register[C prometheus.Collector](r prometheus.Registerer, c C) C {
	if r == nil {
		return c
	}
	err := r.Register(c)
	if err == nil {
		return c
	}
	if there, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if same, ok := there.ExistingCollector.(C); ok {
			return same
		}
	}
	panic(fmt.Errorf("register a metric: %w", err))
}

// LatencyBuckets are those of OpenTelemetry's conventions for HTTP, in seconds
// (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/).
func LatencyBuckets() []float64 {
	return []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
}

// OtherValue is the label, after OpenTelemetry, of whatever is not known beforehand: one
// value for all of it, since each value of a label is memory for as long as the process lives.
const OtherValue = "_OTHER"

// KnownMethod returns a method of HTTP as a label, and [OtherValue] for one that somebody
// has invented.
func KnownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodConnect, http.MethodOptions, http.MethodTrace:
		return method
	case "":
		return http.MethodGet // as a request has it that a client makes
	}
	return OtherValue
}
