package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

// How attempts end, as a label.
const (
	endedDone       = "done"
	endedSkipped    = "skipped"
	endedRetried    = "retried"     // it failed, and will be tried again
	endedDead       = "dead"        // it failed, and nobody tries it again
	endedOvertaken  = "overtaken"   // another attempt has done it
	endedHandedBack = "handed_back" // the process ended
	endedLost       = "lost"        // how it ended could not be written down
)

// jobMetrics are the instruments of a module's jobs.
type jobMetrics struct {
	attempts *prometheus.HistogramVec
	rescued  *prometheus.CounterVec
}

func newJobMetrics(r prometheus.Registerer) jobMetrics {
	return jobMetrics{
		attempts: telemetry.Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "slipway_job_attempt_duration_seconds", Help: "How long attempts of jobs took, by how they ended.",
			Buckets: append(telemetry.LatencyBuckets(), 30, 60, 300),
		}, []string{labelJob, "outcome"})),
		rescued: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_jobs_rescued_total", Help: "Jobs that were taken from a process which had died, or not ended them in time.",
		}, []string{labelJob})),
	}
}

const (
	labelJob   = "job_name" // job is what Prometheus calls the kind of process that it scrapes
	labelState = "state"
)

func endedIn(state string) string {
	if state == "dead" {
		return endedDead
	}
	return endedRetried
}

// ended counts an attempt.
func (w *Worker) ended(a *Attempt, outcome string, took time.Duration) {
	w.metrics.attempts.WithLabelValues(a.Job, outcome).Observe(took.Seconds())
}

var (
	deliveriesDesc = prometheus.NewDesc("slipway_jobs",
		"Jobs by state: ready, waiting (for their time or the next attempt), running, dead, set_aside (events for which no job was there). Up to 100000 of each are counted.",
		[]string{labelJob, labelState}, nil)
	oldestDesc = prometheus.NewDesc("slipway_job_ready_age_seconds",
		"For how long the job that is due longest has been due, of those that this process knows.", []string{labelJob}, nil)
)

// maxCounted bounds how many deliveries of a kind a scrape counts.
const maxCounted = 100_000

// countStates counts what is not at its end, by the indices of these states. It goes from
// one name of a job to the next, and not through all deliveries.
const countStates = `
WITH RECURSIVE names AS (
       SELECT min(job) AS job FROM kit_delivery WHERE state = 'ready'
        UNION ALL
       SELECT (SELECT min(job) FROM kit_delivery WHERE state = 'ready' AND job > names.job) FROM names WHERE names.job IS NOT NULL)
SELECT n.job, CASE WHEN n.job LIKE '%.%' THEN 'set_aside' ELSE s.state END, c.n,
       CASE WHEN s.state = 'ready' AND n.job NOT LIKE '%.%'
            THEN extract(epoch FROM now() - (SELECT min(run_at) FROM kit_delivery WHERE state = 'ready' AND job = n.job))::float8 END
  FROM names AS n CROSS JOIN (VALUES ('ready', true), ('waiting', false)) AS s (state, due)
 CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
       SELECT FROM kit_delivery WHERE state = 'ready' AND job = n.job AND (run_at <= now()) = s.due LIMIT $1) AS d) AS c
 WHERE n.job IS NOT NULL AND c.n > 0
 UNION ALL
SELECT job, 'running', count(*), NULL FROM (SELECT job FROM kit_delivery WHERE state = 'running' LIMIT $1) AS r GROUP BY job
 UNION ALL
SELECT job, 'dead', count(*), NULL FROM (SELECT job FROM kit_delivery WHERE state = 'dead' LIMIT $1) AS d GROUP BY job`

// register has Prometheus told what the module's table has. Every process that hosts the
// module tells the same.
func (w *Worker) register() {
	w.cfg.Sample("jobs", w.count, deliveriesDesc, oldestDesc)
}

// A tally is how many deliveries of each job are in each state, and for how long some of
// each have been due. It has a name for every job of this process, and one, without an age,
// for all others: those of releases that are gone or yet to come, and events set aside.
type tally struct {
	n   map[[2]string]int64
	age map[string]float64
}

func (w *Worker) count(ctx context.Context) ([]prometheus.Metric, error) {
	rows, err := w.cfg.DB.Query(ctx, countStates, maxCounted)
	if err != nil {
		return nil, fmt.Errorf("count the jobs of %s: %w", w.module, err)
	}
	t := tally{n: map[[2]string]int64{}, age: map[string]float64{}}
	for name := range w.jobs { // a series that is not there is no zero to Prometheus
		t.age[name] = 0
		for _, state := range []string{"ready", "waiting", "running", "dead"} {
			t.n[[2]string{name, state}] = 0
		}
	}
	var job, state string
	var n int64
	var age *float64
	_, err = pgx.ForEachRow(rows, []any{&job, &state, &n, &age}, func() error {
		if w.jobs[job] == nil {
			job, age = telemetry.OtherValue, nil // what a release has removed would be late for ever
		}
		t.n[[2]string{job, state}] += n
		if age != nil {
			t.age[job] = *age
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count the jobs of %s: %w", w.module, err)
	}
	return t.metrics(), nil
}

func (t tally) metrics() (all []prometheus.Metric) {
	for k, n := range t.n {
		all = append(all, prometheus.MustNewConstMetric(deliveriesDesc, prometheus.GaugeValue, float64(n), k[0], k[1]))
	}
	for job, age := range t.age {
		all = append(all, prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, age, job))
	}
	return all
}
