package jobs

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// Config says where a module's jobs are, and who learns of them.
type Config struct {
	// DB is the module's database, with the kit's migrations.
	DB *postgres.DB
	// Locks tell other processes that this one lives.
	Locks Locks
	// Subscribes are the events that the module declares.
	Subscribes []*events.Definition
	// Concurrency bounds what runs at once in this process, over all jobs of the
	// module. A job of which nothing runs may always begin one. Default: 16.
	Concurrency int
	// MaxReady is how many deliveries may be due before the module accepts no more
	// events. Those that wait for their time do not count. Default: 10000.
	MaxReady int
	// Clock tells when a delivery is due, for tests with a time of their own, and with
	// RunDue in place of Run. Default: the database does, whose time all processes share.
	Clock func() time.Time
	// DrainTimeout is how long running jobs may go on when the process is told to
	// stop. Default: 20s.
	DrainTimeout time.Duration
	// Observer is the module's; its Reporter learns of jobs that are dead and should not
	// be. Default of its Logger: slog's.
	telemetry.Observer
}

// Locks hold a lock of the database's for as long as this process lives.
type Locks interface {
	TryLock(ctx context.Context, key int64) (held bool, err error)
}

func (c Config) withDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, 16)
	c.MaxReady = cmp.Or(c.MaxReady, 10_000)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 20*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	c.Observer = c.WithDefaults()
	return c
}

// A Worker has the jobs of one module in one process. Make one with [NewWorker].
type Worker struct {
	cfg       Config
	module    string
	metrics   jobMetrics
	jobs      map[string]*job
	schedules []*Schedule
	use       []Middleware
	errs      []error

	id      int64       // the lock by which others see that it lives
	alive   atomic.Bool // it has that lock
	woken   chan struct{}
	backlog backlog
	told    sync.Map // topics of which was said that nobody handles them
}

// NewWorker returns a worker without jobs; [On], [Handle] and [Cron] register them.
// Without a database it can do no more than that.
func NewWorker(cfg Config) *Worker {
	w := &Worker{
		cfg: cfg.withDefaults(), jobs: map[string]*job{},
		id: rand.Int64(), woken: make(chan struct{}, 1), //nolint:gosec // unlikely to meet another is enough
	}
	w.metrics = newJobMetrics(cfg.Metrics)
	if cfg.DB == nil {
		w.failf("a module without a database has no jobs: give NewModule slipway.Migrations")
		return w
	}
	w.module = cfg.DB.Schema()
	w.register()
	return w
}

// Use adds middleware around every attempt of every job, the first outermost.
func (w *Worker) Use(m ...Middleware) { w.use = append(w.use, m...) }

// Run works until ctx is done, and then drains: nothing new begins, what runs may
// finish within the timeout for it, and what does not is handed back for another
// process, without a failure.
func (w *Worker) Run(ctx context.Context) error {
	if err := w.Err(); err != nil {
		return err
	}
	if w.cfg.Locks == nil {
		return errors.New("jobs run by nobody who lives: give Config.Locks, such as postgres.NewLocks(db)")
	}
	if w.cfg.Clock != nil {
		return errors.New("jobs run by a time that other processes do not share: " +
			"leave out Config.Clock, which is for tests that call RunDue")
	}
	if len(w.jobs) == 0 {
		<-ctx.Done() // and costs nobody anything
		return nil
	}
	defer w.cfg.DB.OnSignal(Ready, func(context.Context) { w.wake() })()
	living, die := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	defer all.Wait()
	defer die() // after the last job
	all.Go(func() { w.live(living) })
	all.Go(func() { w.keepTime(ctx) })
	all.Go(func() { w.sweep(ctx) })
	w.execute(ctx)
	return nil
}

// wake has the worker look for deliveries now.
func (w *Worker) wake() {
	select {
	case w.woken <- struct{}{}:
	default: // it will look anyway
	}
}

// sorted returns the jobs in the order of their names.
func (w *Worker) sorted() (jobs []*job) {
	for _, name := range w.names() {
		jobs = append(jobs, w.jobs[name])
	}
	return jobs
}

func (w *Worker) names() []string { return slices.Sorted(maps.Keys(w.jobs)) }
