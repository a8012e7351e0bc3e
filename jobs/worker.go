package jobs

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
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
	// DrainTimeout is how long running jobs may go on when the process is told to
	// stop. Default: 20s.
	DrainTimeout time.Duration
	// Logger is the module's. Default: slog's.
	Logger *slog.Logger
	// Reporter learns of jobs that are dead and should not be. Default: the log.
	Reporter telemetry.Reporter
}

// Locks hold a lock of the database's for as long as this process lives.
type Locks interface {
	TryLock(ctx context.Context, key int64) (held bool, err error)
}

func (c Config) withDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, 16)
	c.DrainTimeout = cmp.Or(c.DrainTimeout, 20*time.Second)
	c.Logger = cmp.Or(c.Logger, slog.Default())
	if c.Reporter == nil {
		c.Reporter = telemetry.LogReporter(c.Logger)
	}
	return c
}

// A Worker has the jobs of one module in one process. Make one with [NewWorker].
type Worker struct {
	cfg       Config
	module    string
	jobs      map[string]*job
	schedules []*Schedule
	use       []Middleware
	errs      []error
}

// NewWorker returns a worker without jobs; [On], [Handle] and [Cron] register them.
func NewWorker(cfg Config) *Worker {
	return &Worker{cfg: cfg.withDefaults(), module: cfg.DB.Schema(), jobs: map[string]*job{}}
}

// Use adds middleware around every attempt of every job, the first outermost.
func (w *Worker) Use(m ...Middleware) { w.use = append(w.use, m...) }

var errUnfinished = errors.New("the executor is being built")

// Run works until ctx is done, and then drains: nothing new begins, what runs may
// finish within the timeout for it, and what does not is handed back for another
// process, without a failure.
func (w *Worker) Run(context.Context) error { return errors.Join(w.Err(), errUnfinished) }

// Accept is the events.Accept of the module: it makes a delivery for each event and each
// of its jobs.
func (w *Worker) Accept(context.Context, []events.Message) error { return errUnfinished }

// RunDue runs on the caller's goroutine what is due, one by one, until nothing is, for
// tests. It returns the number of attempts, and the errors of those that failed.
func (w *Worker) RunDue(context.Context) (attempts int, err error) { return 0, errUnfinished }
