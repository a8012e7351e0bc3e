package jobs_test

import (
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// unconnected returns a worker whose database is never asked.
func unconnected(t *testing.T, subscribes ...events.Declared) module {
	t.Helper()
	db, err := postgres.Open(postgres.Config{URL: config.Secret("postgres://nobody@localhost:1/nothing"), Schema: "cart"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	cfg := jobs.Config{DB: db}
	for _, d := range subscribes {
		cfg.Subscribes = append(cfg.Subscribes, d.Declared())
	}
	return module{jobs.NewWorker(cfg)}
}

func TestWorker_Err(t *testing.T) {
	t.Parallel()
	fine := jobs.Func[payment](mark[payment])
	for name, test := range map[string]struct {
		subscribes []events.Declared
		register   func(m module)
		want       string
	}{
		"ANameThatIsNone":      {nil, func(m module) { jobs.Handle(m, "Close Cart", fine) }, `job "Close Cart": expected a name such as close-cart`},
		"ANameTwice":           {nil, func(m module) { jobs.Handle(m, "thank", fine); jobs.Handle(m, "thank", fine) }, "two jobs are called thank"},
		"NoHandler":            {nil, func(m module) { jobs.Handle[payment](m, "thank", nil) }, "job thank has no handler"},
		"AHandlerThatIsNone":   {nil, func(m module) { jobs.Handle(m, "thank", jobs.Func[payment](nil)) }, "job thank has no handler"},
		"AScheduleWithoutWork": {nil, func(m module) { jobs.Cron(m, "expire", "@daily", nil) }, "job expire has no handler"},
		"AnEventThatIsNone":    {nil, func(m module) { jobs.On(m, "thank", nil, fine) }, "job thank: it has no event"},
		"AnEventOfNoSubscription": {
			nil, func(m module) { jobs.On(m, "thank", captured, fine) },
			"job thank wants acquiring.payment.captured.v1, to which cart does not subscribe: give NewModule slipway.Subscribes",
		},
		"ASubscriptionWithoutJob": {
			[]events.Declared{captured, refunded},
			func(m module) { jobs.On(m, "thank", captured, fine) },
			"cart subscribes to acquiring.payment.refunded.v1 and has no job for it",
		},
		"NoAttempts":    {nil, func(m module) { jobs.Handle(m, "thank", fine).Attempts(0) }, "job thank: 0 attempts"},
		"NoTimeout":     {nil, func(m module) { jobs.Handle(m, "thank", fine).Timeout(-time.Second) }, "job thank: a timeout of -1s"},
		"NoConcurrency": {nil, func(m module) { jobs.Handle(m, "thank", fine).Concurrency(-1) }, "job thank: a concurrency of -1"},
		"AScheduleThatIsNone": {
			nil, func(m module) { jobs.Cron(m, "expire", "often", mark[jobs.Slot]) },
			`job expire: schedule "often": expected five fields`,
		},
		"AZoneThatIsNone": {
			nil, func(m module) { jobs.Cron(m, "expire", "@daily", mark[jobs.Slot]).In("Berlin") },
			`job expire: time zone "Berlin": expected a name such as Europe/Berlin`,
		},
		"APolicyThatIsNone": {
			nil, func(m module) { jobs.Cron(m, "expire", "@daily", mark[jobs.Slot]).Missed(7) },
			"job expire: Missed(7): expected jobs.Coalesce, jobs.SkipMissed or jobs.CatchUp",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := unconnected(t, test.subscribes...)
			test.register(m)
			if err := m.Err(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("Err() = %v, want an error with %q", err, test.want)
			}
			if err := m.Run(t.Context()); err == nil {
				t.Error("Run() works all the same")
			}
			if _, err := m.RunDue(t.Context()); err == nil {
				t.Error("RunDue() works all the same")
			}
		})
	}

	t.Run("EveryMistakeAtOnce", func(t *testing.T) {
		t.Parallel()
		m := unconnected(t, refunded)
		jobs.Handle(m, "A", fine).Attempts(0)
		jobs.Cron(m, "b", "often", mark[jobs.Slot])
		if got := len(strings.Split(m.Err().Error(), "\n")); got != 4 {
			t.Errorf("%d mistakes, want 4: %v", got, m.Err())
		}
	})

	t.Run("NoDatabase", func(t *testing.T) {
		t.Parallel()
		m := module{jobs.NewWorker(jobs.Config{})}
		jobs.Handle(m, "thank", fine)
		if err := m.Err(); err == nil || !strings.Contains(err.Error(), "give NewModule slipway.Migrations") {
			t.Errorf("Err() = %v, want an error that asks for migrations", err)
		}
	})

	t.Run("NobodyLives", func(t *testing.T) {
		t.Parallel()
		if err := unconnected(t).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "give Config.Locks") {
			t.Errorf("Run() = %v, want an error that asks for Locks", err)
		}
	})
}
