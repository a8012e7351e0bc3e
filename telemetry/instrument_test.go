package telemetry_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

func TestRegister(t *testing.T) {
	t.Parallel()
	count := func(r prometheus.Registerer, labels ...string) *prometheus.CounterVec {
		return telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "calls_total", Help: "Calls."}, labels))
	}
	of := func(r prometheus.Registerer, module string) prometheus.Registerer {
		return prometheus.WrapRegistererWith(prometheus.Labels{"module": module}, r)
	}

	t.Run("GivesTwoPartsOfAModuleOneCounter", func(t *testing.T) {
		t.Parallel()
		r := of(prometheus.NewRegistry(), "cart")
		if one, other := count(r, "target"), count(r, "target"); one != other {
			t.Error("two counters: what one part counts, the other does not see")
		}
	})

	t.Run("GivesTwoModulesACounterEach", func(t *testing.T) {
		t.Parallel()
		r := prometheus.NewRegistry()
		count(of(r, "cart"), "target").WithLabelValues("sso").Inc()
		count(of(r, "acquiring"), "target").WithLabelValues("cart").Inc()
		families, err := r.Gather()
		if err != nil || len(families) != 1 || len(families[0].GetMetric()) != 2 {
			t.Errorf("%v, %v; want one name with two series", families, err)
		}
	})

	t.Run("CountsForNobodyWithoutARegisterer", func(t *testing.T) {
		t.Parallel()
		count(nil, "target").WithLabelValues("sso").Inc()
	})

	t.Run("PanicsAtAContradiction", func(t *testing.T) {
		t.Parallel()
		r := of(prometheus.NewRegistry(), "cart")
		count(r, "target")
		defer func() {
			if recover() == nil {
				t.Error("two counters of one name with different labels are registered")
			}
		}()
		count(r, "neighbour")
	})
}
