package postgres

import (
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

// The names are those of OpenTelemetry's conventions as far as it has any
// (https://opentelemetry.io/docs/specs/semconv/database/database-metrics/).
var (
	connectionsDesc = prometheus.NewDesc("db_client_connections", "Connections of the pool: used or idle.", []string{"state"}, nil)
	maxConnsDesc    = prometheus.NewDesc("db_client_connection_max", "How many connections the pool may have.", nil, nil)
	waitsDesc       = prometheus.NewDesc("db_client_connection_waits_total", "Times at which somebody had to wait for a connection.", nil, nil)
	waitedDesc      = prometheus.NewDesc("db_client_connection_wait_seconds_total", "For how long they have waited in all.", nil, nil)
	givenUpDesc     = prometheus.NewDesc("db_client_connection_timeouts_total", "Times at which somebody waited in vain.", nil, nil)
)

// Register has Prometheus told of the pool. A virtual DB has none.
func (d *DB) Register(r prometheus.Registerer) {
	if p, ok := d.backend.(*pooled); ok {
		telemetry.Register(r, poolMetrics{p.pool})
	}
}

// poolMetrics read what the pool counts itself.
type poolMetrics struct{ pool *pgxpool.Pool }

var _ prometheus.Collector = poolMetrics{}

func (poolMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{connectionsDesc, maxConnsDesc, waitsDesc, waitedDesc, givenUpDesc} {
		to <- d
	}
}

func (m poolMetrics) Collect(to chan<- prometheus.Metric) {
	s := m.pool.Stat()
	gauge := func(d *prometheus.Desc, n float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, n, labels...)
	}
	count := func(d *prometheus.Desc, n float64) {
		to <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, n)
	}
	gauge(connectionsDesc, float64(s.AcquiredConns()), "used")
	gauge(connectionsDesc, float64(s.IdleConns()), "idle")
	gauge(maxConnsDesc, float64(s.MaxConns()))
	count(waitsDesc, float64(s.EmptyAcquireCount()))
	count(waitedDesc, s.EmptyAcquireWaitTime().Seconds())
	count(givenUpDesc, float64(s.CanceledAcquireCount()))
}
