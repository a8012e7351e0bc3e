package jobs

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/slipway-go/slipway/events"
)

// A Module has jobs: a *slipway.Setup is one.
type Module interface{ Jobs() *Worker }

// On registers a job that runs for each event of a kind to which the module subscribes.
func On[T any](m Module, name string, e *events.Event[T], h Handler[T]) *Job[T] {
	w := m.Jobs()
	j := register(w, name, h)
	if e == nil {
		w.failf("job %s: it has no event; work without one is registered with jobs.Handle", name)
		return j
	}
	if !slices.ContainsFunc(w.cfg.Subscribes, func(d *events.Definition) bool { return d.Topic() == e.Topic() }) {
		w.failf("job %s wants %s, to which %s does not subscribe: give NewModule slipway.Subscribes(…) with this event",
			name, e.Topic(), w.module)
	}
	j.topic = e.Topic()
	return j
}

// Handle registers a job that runs for what is enqueued with [Job.Enqueue].
func Handle[T any](m Module, name string, h Handler[T]) *Job[T] { return register(m.Jobs(), name, h) }

// A Job is one that is registered. Its settings are chained.
type Job[T any] struct {
	*job

	worker *Worker
}

// Attempts sets how often the job is tried before it is dead. Default: 20, which
// stretches over about eight hours.
func (j *Job[T]) Attempts(n int) *Job[T] {
	if n < 1 {
		j.worker.failf("job %s: %d attempts: expected 1 or more", j.name, n)
	}
	j.attempts = n
	return j
}

// Timeout bounds one attempt, effect and all. Default: 30s.
func (j *Job[T]) Timeout(d time.Duration) *Job[T] {
	if d <= 0 {
		j.worker.failf("job %s: a timeout of %s: expected more than 0", j.name, d)
	}
	j.timeout = d
	return j
}

// Concurrency sets how many deliveries of the job may run at once in this process.
// Default: 4, and 1 for a schedule.
func (j *Job[T]) Concurrency(n int) *Job[T] {
	if n < 1 {
		j.worker.failf("job %s: a concurrency of %d: expected 1 or more", j.name, n)
	}
	j.concurrency = n
	return j
}

// job is what the worker knows of a job, whatever the type of its data.
type job struct {
	name        string
	topic       string // of its event; "" for none
	attempts    int
	timeout     time.Duration
	concurrency int
	// handle decides and processes; it says in the attempt why the job is skipped.
	handle func(ctx context.Context, a *Attempt) (Effect, error)
}

const (
	defaultAttempts    = 20
	defaultTimeout     = 30 * time.Second
	defaultConcurrency = 4

	maxName = 100
)

var jobName = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func register[T any](w *Worker, name string, h Handler[T]) *Job[T] {
	j := &Job[T]{worker: w, job: &job{
		name: name, attempts: defaultAttempts, timeout: defaultTimeout, concurrency: defaultConcurrency, handle: handling(h),
	}}
	if !jobName.MatchString(name) || len(name) > maxName {
		w.failf("job %q: expected a name such as close-cart, of lower-case letters and digits, words joined by -, at most %d",
			name, maxName)
	}
	if isNil(h) {
		w.failf("job %s has no handler", name)
	}
	if w.jobs[name] != nil {
		w.failf("two jobs are called %s: each needs a name of its own", name)
	}
	w.jobs[name] = j.job
	return j
}

// isNil finds the handlers that cannot work: none, and a function that is none.
func isNil[T any](h Handler[T]) bool {
	if h == nil {
		return true
	}
	f, ok := h.(Func[T])
	return ok && f == nil
}

func (w *Worker) failf(format string, args ...any) {
	w.errs = append(w.errs, fmt.Errorf(format, args...))
}

// Err returns every mistake in the registration of the module's jobs, joined.
func (w *Worker) Err() error {
	_, errs := w.timetable()
	return errors.Join(slices.Concat(w.errs, w.unhandled(), errs)...)
}

// unhandled finds the events that would be accepted for nobody.
func (w *Worker) unhandled() (errs []error) {
	for _, d := range w.cfg.Subscribes {
		if len(w.JobsOn(d.Topic())) == 0 {
			errs = append(errs, fmt.Errorf("%s subscribes to %s and has no job for it: "+
				"register one with jobs.On, or take the event out of slipway.Subscribes", w.module, d.Topic()))
		}
	}
	return errs
}

// JobsOn returns the names of the jobs that an event triggers, sorted.
func (w *Worker) JobsOn(topic string) (names []string) {
	for name, j := range w.jobs {
		if j.topic == topic {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
