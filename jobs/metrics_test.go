package jobs_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/metricstest"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	measured := func(r prometheus.Registerer) func(*jobs.Config) { return func(c *jobs.Config) { c.Metrics = r } }

	t.Run("AreMissingWhileTheDatabaseIsAway", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(postgres.Config{URL: config.Secret("postgres://user@/db?host=" + t.TempDir()), Schema: "cart"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		r := prometheus.NewRegistry()
		jobs.NewWorker(jobs.Config{DB: db, Observer: telemetry.Observer{Metrics: r}})
		metricstest.Want(t, r, `slipway_sample_up{sample="jobs"} 0`)
		if got := metricstest.Series(t, r, "slipway_jobs"); len(got) > 0 {
			t.Errorf("got %q from a database that is not there", got)
		}
	})

	t.Run("CountAttemptsByHowTheyEnded", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), prometheus.NewRegistry()
		m := w.module(measured(r))
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		jobs.On(m, "send-mail", captured, failing(errors.New("refused"))).Attempts(1)
		jobs.On(m, "tell-partner", captured, failing(errors.New("refused")))
		w.accept(m, 2)
		_ = w.runDue(m)
		for _, want := range []string{`job_name="close-cart",outcome="done"`, `job_name="send-mail",outcome="dead"`, `job_name="tell-partner",outcome="retried"`} {
			metricstest.Want(t, r, fmt.Sprintf("slipway_job_attempt_duration_seconds{%s} 2", want))
		}
	})

	t.Run("CountJobsByState", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), prometheus.NewRegistry()
		m := w.module(measured(r))
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		jobs.On(m, "send-mail", captured, failing(errors.New("refused"))).Attempts(1)
		jobs.On(m, "tell-partner", captured, failing(jobs.RetryAfter(time.Hour, errors.New("refused"))))
		w.accept(m, 1)
		_ = w.runDue(m)
		w.accept(m, 3)
		w.exec(`UPDATE kit_delivery SET run_at = now() - interval '1 minute' WHERE state = 'ready' AND job = 'close-cart'`)
		for _, want := range []string{
			`slipway_jobs{job_name="close-cart",state="ready"} 3`, `slipway_jobs{job_name="close-cart",state="dead"} 0`,
			`slipway_jobs{job_name="send-mail",state="dead"} 1`, `slipway_jobs{job_name="tell-partner",state="waiting"} 1`,
			`slipway_sample_up{sample="jobs"} 1`,
		} {
			metricstest.Want(t, r, want)
		}
		ages := metricstest.Series(t, r, "slipway_job_ready_age_seconds")
		if !slices.ContainsFunc(ages, func(s string) bool {
			return strings.HasPrefix(s, `slipway_job_ready_age_seconds{job_name="close-cart"} 6`)
		}) {
			t.Errorf("%q: the oldest has been due for a minute", ages)
		}
	})

	t.Run("HaveNoSeriesOfWhatNobodyDeclares", func(t *testing.T) {
		t.Parallel()
		w, r := newWorld(t), prometheus.NewRegistry()
		m := w.module(measured(r))
		jobs.On(m, "close-cart", captured, jobs.Func[payment](mark[payment]))
		for _, names := range []string{"'acquiring.no_' || n || '.v1'", "'gone-' || n"} {
			w.exec(`INSERT INTO kit_delivery (event_id, job, type, version, key, traceparent, subject, data, emitted_at)
				SELECT gen_random_uuid(), ` + names + `, '', 1, '', '', '', '', now() FROM generate_series(1, 500) AS n`)
		}
		metricstest.Want(t, r, `slipway_jobs{job_name="_OTHER",state="set_aside"} 500`)
		metricstest.Want(t, r, `slipway_jobs{job_name="_OTHER",state="ready"} 500`)
		if n := len(metricstest.Series(t, r, "slipway_jobs")); n != 6 {
			t.Errorf("%d series", n)
		}
		if got := metricstest.Series(t, r, "slipway_job_ready_age_seconds"); len(got) != 1 || strings.Contains(got[0], "_OTHER") {
			t.Errorf("%q: want the age of the job that is declared alone, since nobody does the others", got)
		}
	})
}
