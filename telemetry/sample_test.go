package telemetry_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

var rows = prometheus.NewDesc("rows", "Rows of a table.", nil, nil)

func TestSample(t *testing.T) {
	t.Parallel()

	t.Run("IsMissingWhenItFails", func(t *testing.T) {
		t.Parallel()
		r := sampled(func(context.Context) ([]prometheus.Metric, error) { return nil, errors.New("made up") })
		wantValues(t, r, map[string]float64{"slipway_sample_up": 0})
	})

	t.Run("IsMissingWhenItPanics", func(t *testing.T) {
		t.Parallel()
		r := sampled(func(context.Context) ([]prometheus.Metric, error) { panic("made up") })
		wantValues(t, r, map[string]float64{"slipway_sample_up": 0})
	})

	t.Run("LetsNoScrapeHang", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := sampled(func(context.Context) ([]prometheus.Metric, error) { time.Sleep(time.Minute); return count(7), nil }) // and is deaf
			begun := time.Now()
			wantValues(t, r, map[string]float64{"slipway_sample_up": 0})
			if took := time.Since(begun); took > 3*time.Second {
				t.Errorf("the scrape took %s", took)
			}
			time.Sleep(time.Minute)
			wantValues(t, r, map[string]float64{"slipway_sample_up": 1, "rows": 7})
		})
	})

	t.Run("IsTakenOnceForAllWhoAsk", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			taken := 0
			r := sampled(func(context.Context) ([]prometheus.Metric, error) {
				taken++
				time.Sleep(time.Second)
				return count(taken), nil
			})
			var scrapes sync.WaitGroup
			for range 5 {
				scrapes.Go(func() { wantValues(t, r, map[string]float64{"slipway_sample_up": 1, "rows": 1}) })
			}
			scrapes.Wait()
			wantValues(t, r, map[string]float64{"slipway_sample_up": 1, "rows": 1})
			time.Sleep(11 * time.Second)
			wantValues(t, r, map[string]float64{"slipway_sample_up": 1, "rows": 2})
		})
	})
}

func sampled(gather func(context.Context) ([]prometheus.Metric, error)) *prometheus.Registry {
	r := prometheus.NewRegistry()
	telemetry.Observer{Metrics: r}.Sample("table", gather, rows)
	return r
}

func count(n int) []prometheus.Metric {
	return []prometheus.Metric{prometheus.MustNewConstMetric(rows, prometheus.GaugeValue, float64(n))}
}

func wantValues(t *testing.T, r *prometheus.Registry, want map[string]float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil || len(families) != len(want) {
		t.Errorf("%v, %v; want %v", families, err, want)
	}
	for _, f := range families {
		if got := f.GetMetric()[0].GetGauge().GetValue(); got != want[f.GetName()] {
			t.Errorf("%s is %v, want %v", f.GetName(), got, want[f.GetName()])
		}
	}
}
