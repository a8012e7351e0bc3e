package outbox

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

// relayMetrics count what this process publishes.
type relayMetrics struct {
	published prometheus.Counter
	failures  prometheus.Counter
}

func newRelayMetrics(r prometheus.Registerer) relayMetrics {
	return relayMetrics{
		published: telemetry.Register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "slipway_outbox_published_total", Help: "Events that this process has published.",
		})),
		failures: telemetry.Register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "slipway_outbox_failures_total", Help: "Times at which this process could not publish; it tries again.",
		})),
	}
}

var (
	lagDesc = prometheus.NewDesc("slipway_outbox_lag_seconds",
		"For how long the oldest event that is not published has waited; 0 if there is none.", nil, nil)
	unpublishedDesc = prometheus.NewDesc("slipway_outbox_unpublished",
		"Events that are not published, up to 100000.", nil, nil)
	heldDesc = prometheus.NewDesc("slipway_outbox_held",
		"Events that are held for a subscriber in the same process, which could not take them, up to 100000.", []string{"subscriber"}, nil)
)

// maxCounted bounds how many rows a scrape counts.
const maxCounted = 100_000

// countWaiting begins with the row that has no subscriber: what waits to be published.
const countWaiting = `
SELECT NULL, (SELECT count(*) FROM (SELECT FROM kit_outbox WHERE published_at IS NULL LIMIT $1) AS u),
       coalesce(extract(epoch FROM now() - (SELECT created_at FROM kit_outbox WHERE published_at IS NULL ORDER BY seq LIMIT 1)), 0)::float8
 UNION ALL
SELECT subscriber, count(*), 0 FROM (SELECT subscriber FROM kit_outbox_held LIMIT $1) AS h GROUP BY subscriber`

// Register has Prometheus told what waits in the outbox. Every process that hosts the
// module tells the same.
func (o *Outbox) Register(by telemetry.Observer) {
	by.Sample("outbox", o.count, lagDesc, unpublishedDesc, heldDesc)
}

func (o *Outbox) count(ctx context.Context) (all []prometheus.Metric, err error) {
	rows, err := o.db.Query(ctx, countWaiting, maxCounted)
	if err != nil {
		return nil, fmt.Errorf("count what waits in the outbox of %s: %w", o.Module(), err)
	}
	var subscriber *string
	var n, lag float64
	_, err = pgx.ForEachRow(rows, []any{&subscriber, &n, &lag}, func() error {
		if subscriber != nil {
			all = append(all, prometheus.MustNewConstMetric(heldDesc, prometheus.GaugeValue, n, *subscriber))
			return nil
		}
		all = append(all, prometheus.MustNewConstMetric(unpublishedDesc, prometheus.GaugeValue, n),
			prometheus.MustNewConstMetric(lagDesc, prometheus.GaugeValue, max(lag, 0)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count what waits in the outbox of %s: %w", o.Module(), err)
	}
	return all, nil
}
