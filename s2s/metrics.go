package s2s

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// tokenMetrics say where the tokens of one service come from.
type tokenMetrics struct {
	kept                      prometheus.Counter
	given, refused, notServed prometheus.Counter
}

func newTokenMetrics(r prometheus.Registerer) tokenMetrics {
	fetches := telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slipway_token_fetches_total", Help: "Requests to the SSO for a token for a neighbour, by how they ended.",
	}, []string{"outcome"}))
	return tokenMetrics{
		kept: telemetry.Register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "slipway_token_cache_hits_total", Help: "Calls to neighbours whose token was there already.",
		})),
		given: fetches.WithLabelValues("given"), refused: fetches.WithLabelValues("refused"), notServed: fetches.WithLabelValues("unavailable"),
	}
}

func (m tokenMetrics) fetched(err error) {
	switch {
	case err == nil:
		m.given.Inc()
	case problem.Code(err) == codeUnavailable:
		m.notServed.Inc()
	default:
		m.refused.Inc()
	}
}
