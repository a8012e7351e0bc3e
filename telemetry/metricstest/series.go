// Package metricstest reads metrics in tests as Prometheus would.
package metricstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Series returns the series of a metric with their values, such as
// calls_total{target="cart"} 3; of a histogram, the number of its observations.
func Series(t testing.TB, r prometheus.Gatherer, name string) (all []string) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatalf("gather the metrics: %v", err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			value := m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
			all = append(all, fmt.Sprintf("%s{%s} %v", name, strings.Join(labels, ","), value))
		}
	}
	return all
}

// Want fails the test unless the series has the value.
func Want(t testing.TB, r prometheus.Gatherer, series string) {
	t.Helper()
	name, _, _ := strings.Cut(series, "{")
	if got := Series(t, r, name); !slices.Contains(got, series) {
		t.Errorf("got %q, want %s", got, series)
	}
}
