package telemetry

import (
	"errors"
	"fmt"

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
