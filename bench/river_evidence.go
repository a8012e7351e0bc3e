package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

// The settings with which River is quickest to take a dead process's job: it may be
// rescued after the shortest job timeout, and is then due at once.
const rescueAfter = time.Second

// A stall is a job that hangs in its first attempt and then goes on. Its kind is a
// setting of the process, so that there can be one that does not know it.
type stall struct {
	For  time.Duration `json:"for"`
	Deaf bool          `json:"deaf"` // does not hear that its time is over
}

func (stall) Kind() string { return "stall" }

// other is the kind of another module.
type other struct{}

func (other) Kind() string { return "other" }

type others struct{ river.WorkerDefaults[other] }

func (others) Work(context.Context, *river.Job[other]) error { return nil }

type stalls struct {
	river.WorkerDefaults[stall]
	db *pgxpool.Pool
}

func (*stalls) NextRetry(*river.Job[stall]) time.Time { return time.Now() }

func (w *stalls) Work(ctx context.Context, job *river.Job[stall]) error {
	if job.Args.Deaf {
		ctx = context.WithoutCancel(ctx)
	}
	if _, err := w.db.Exec(ctx, "INSERT INTO began (job, attempt, pid) VALUES ($1, $2, $3)", job.ID, job.Attempt, os.Getpid()); err != nil {
		return err
	}
	if job.Attempt == 1 {
		select {
		case <-time.After(job.Args.For):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return pgx.BeginFunc(ctx, w.db, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO effect (job, attempt, pid) VALUES ($1, $2, $3)", job.ID, job.Attempt, os.Getpid()); err != nil {
			return err
		}
		_, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		return err
	})
}

const createTrail = `
CREATE TABLE began  (job bigint NOT NULL, attempt integer NOT NULL, pid bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE effect (job bigint NOT NULL, attempt integer NOT NULL, pid bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());`

// The environment of a child that works River's jobs.
const (
	riverDatabase = "BENCH_RIVER_DATABASE"
	riverKind     = "BENCH_RIVER_KIND"
	riverNoLeader = "BENCH_RIVER_NO_LEADER"
)

// riverChild is a process that works jobs until it is killed.
func riverChild(ctx context.Context, log io.Writer) (http.Handler, error) {
	db, err := openPool(ctx, os.Getenv(riverDatabase), 4)
	if err != nil {
		return nil, err
	}
	workers := river.NewWorkers()
	if os.Getenv(riverKind) == (stall{}).Kind() {
		river.AddWorker(workers, &stalls{db: db})
	} else {
		river.AddWorker(workers, &others{})
	}
	client, err := river.NewClient(riverpgxv5.New(db), &river.Config{
		ID:                     strconv.Itoa(os.Getpid()),
		Queues:                 map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 4}},
		FetchCooldown:          10 * time.Millisecond,
		FetchPollInterval:      100 * time.Millisecond,
		FetchOnlyKnownKinds:    true,
		LeaderElectionDisabled: os.Getenv(riverNoLeader) != "",
		JobTimeout:             rescueAfter,
		RescueStuckJobsAfter:   rescueAfter,
		Workers:                workers,
		Logger:                 slog.New(slog.NewTextHandler(log, nil)),
	})
	if err != nil {
		return nil, err
	}
	return http.NotFoundHandler(), client.Start(ctx)
}

// A scene is a database with River's tables in which children work.
type scene struct {
	db     *pgxpool.Pool
	url    string
	client *river.Client[pgx.Tx]
	o      options
	cast   []*child
}

func (s *store) scene(ctx context.Context, name string, o options) (*scene, error) {
	url, err := s.Database(ctx, name)
	if err != nil {
		return nil, err
	}
	db, err := openPool(ctx, url, 4)
	if err != nil {
		return nil, err
	}
	if err := migrateRiver(ctx, db); err != nil {
		return nil, err
	}
	if _, err := db.Exec(ctx, createTrail); err != nil {
		return nil, err
	}
	client, err := river.NewClient(riverpgxv5.New(db), &river.Config{})
	return &scene{db: db, url: url, client: client, o: o}, err
}

// enter starts a process that works the jobs of that kind.
func (s *scene) enter(ctx context.Context, kind string, env ...string) (*child, error) {
	c, err := startChild(ctx, "river", s.o, append(env, riverDatabase+"="+s.url, riverKind+"="+kind)...)
	if err == nil {
		s.cast = append(s.cast, c)
	}
	return c, err
}

// end kills who is still there.
func (s *scene) end() {
	for _, c := range s.cast {
		c.kill()
	}
	s.db.Close()
}

func (s *scene) insert(ctx context.Context, job stall) (int64, error) {
	inserted, err := s.client.Insert(ctx, job, nil)
	if err != nil {
		return 0, err
	}
	return inserted.Job.ID, nil
}

// until polls a query that answers whether something is so.
func (s *scene) until(ctx context.Context, what, query string, args ...any) error {
	var failed error
	err := poll(ctx, what, func() bool {
		var is bool
		failed = s.db.QueryRow(ctx, "SELECT "+query, args...).Scan(&is)
		return is || failed != nil
	})
	return errors.Join(failed, err)
}

func (s *scene) led(ctx context.Context, by *child) error {
	return s.until(ctx, "a leader", "EXISTS (SELECT FROM river_leader WHERE leader_id = $1)", strconv.Itoa(by.cmd.Process.Pid))
}

func (s *scene) began(ctx context.Context, job int64, by *child) error {
	return s.until(ctx, "the job to begin", "EXISTS (SELECT FROM began WHERE job = $1 AND pid = $2)", job, by.cmd.Process.Pid)
}

func (s *scene) took(ctx context.Context, job int64, by *child) error {
	return s.until(ctx, "the job's effect", "EXISTS (SELECT FROM effect WHERE job = $1 AND pid = $2)", job, by.cmd.Process.Pid)
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill() // it may be dead
	_ = c.cmd.Wait()         // killed is no news
}

// measureRiver reproduces why the kit has an executor of its own.
func measureRiver(ctx context.Context, o options, t *table) (err error) {
	server, err := startStore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	t.note("Its leader rescues a stuck job of a kind that another process works:")
	for _, without := range []bool{false, true} {
		if err := server.unknownKind(ctx, o, t, without); err != nil {
			return fmt.Errorf("unknown kind: %w", err)
		}
	}
	t.note("A process is stopped in a job, the job is rescued and done, the process goes on:")
	for _, deaf := range []bool{true, false} {
		if err := server.zombie(ctx, o, t, deaf); err != nil {
			return fmt.Errorf("zombie: %w", err)
		}
	}
	t.note("kill -9 of a process until its job's effect, JobTimeout and RescueStuckJobsAfter %s, retry at once:", rescueAfter)
	for _, leader := range []bool{false, true} {
		if err := server.killed(ctx, o, t, leader); err != nil {
			return fmt.Errorf("kill: %w", err)
		}
	}
	return server.killKit(ctx, o, t)
}

// unknownKind kills the process that knows the kind, and looks what the other, which
// leads unless it is told not to, does with the job.
func (s *store) unknownKind(ctx context.Context, o options, t *table, withoutLeader bool) error {
	at, err := s.scene(ctx, fmt.Sprint("unknown_", withoutLeader), o)
	if err != nil {
		return err
	}
	defer at.end()
	name, env := "both may lead", ""
	if withoutLeader {
		name, env = "the other has LeaderElectionDisabled", "1"
	}
	partial, err := at.enter(ctx, "other", riverNoLeader+"="+env)
	if err != nil {
		return err
	}
	if !withoutLeader {
		if err := at.led(ctx, partial); err != nil {
			return err
		}
	}
	knows, err := at.enter(ctx, "stall")
	if err != nil {
		return err
	}
	job, err := at.insert(ctx, stall{For: time.Minute})
	if err == nil {
		err = at.began(ctx, job, knows)
	}
	if err != nil {
		return err
	}
	knows.kill()
	if _, err := at.enter(ctx, "stall"); err != nil { // as an orchestrator would
		return err
	}
	if err := at.until(ctx, "the end of the job", "finalized_at IS NOT NULL FROM river_job WHERE id = $1", job); err != nil {
		return err
	}
	var state string
	var effects int
	err = at.db.QueryRow(ctx, "SELECT state, (SELECT count(*) FROM effect WHERE job = id) FROM river_job WHERE id = $1", job).Scan(&state, &effects)
	t.row("  "+name, fmt.Sprintf("%s, %d effects", state, effects))
	return err
}

// zombie stops a process in a job for so long that another does it.
func (s *store) zombie(ctx context.Context, o options, t *table, deaf bool) error {
	at, err := s.scene(ctx, fmt.Sprint("zombie_", deaf), o)
	if err != nil {
		return err
	}
	defer at.end()
	first, err := at.enter(ctx, "stall")
	if err != nil {
		return err
	}
	job, err := at.insert(ctx, stall{For: 900 * time.Millisecond, Deaf: deaf})
	if err == nil {
		err = at.began(ctx, job, first)
	}
	if err != nil {
		return err
	}
	if err := first.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return err
	}
	second, err := at.enter(ctx, "stall")
	if err == nil {
		err = at.took(ctx, job, second)
	}
	if err != nil {
		return err
	}
	if err := first.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return err
	}
	if err := calm(ctx); err != nil {
		return err
	}
	var state string
	var effects int
	err = at.db.QueryRow(ctx, "SELECT state, (SELECT count(*) FROM effect WHERE job = id) FROM river_job WHERE id = $1", job).Scan(&state, &effects)
	name := "its work obeys the context"
	if deaf {
		name = "its work does not see the deadline"
	}
	if err != nil {
		return err
	}
	t.row("  "+name, fmt.Sprintf("%s, %d effects", state, effects))
	if effects, err = s.zombieInKit(ctx, o, deaf); err == nil {
		t.row("    the same with the kit's executor", fmt.Sprintf("%d effects", effects))
	}
	return err
}

// killed measures how long a job waits whose process is killed.
func (s *store) killed(ctx context.Context, o options, t *table, killLeader bool) error {
	var took []time.Duration
	for i := range killRounds {
		at, err := s.scene(ctx, fmt.Sprintf("killed_%t_%d", killLeader, i), o)
		if err != nil {
			return err
		}
		d, err := at.killed(ctx, killLeader, time.Duration(i)*4*time.Second)
		at.end()
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	name := "  another than the leader"
	if killLeader {
		name = "  the leader"
	}
	t.duration(name, slowest(took))
	t.note("  (%s)", listed(took))
	return nil
}

// killed waits before it kills, so that the rounds meet the leader's rescuer at
// different moments.
func (s *scene) killed(ctx context.Context, killLeader bool, after time.Duration) (time.Duration, error) {
	leader, err := s.enter(ctx, "stall")
	if err == nil {
		err = s.led(ctx, leader)
	}
	if err != nil {
		return 0, err
	}
	follower, err := s.enter(ctx, "stall")
	if err != nil {
		return 0, err
	}
	if err := pause(ctx, after); err != nil {
		return 0, err
	}
	victim, heir := follower, leader
	if killLeader {
		victim, heir = leader, follower
	}
	// While the heir holds still, the victim gets the job.
	if err := heir.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return 0, err
	}
	job, err := s.insert(ctx, stall{For: 800 * time.Millisecond})
	if err == nil {
		err = s.began(ctx, job, victim)
	}
	err = errors.Join(err, heir.cmd.Process.Signal(syscall.SIGCONT))
	if err != nil {
		return 0, err
	}
	victim.kill()
	began := time.Now()
	err = s.took(ctx, job, heir)
	return time.Since(began), err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var (
	_ river.Worker[stall] = (*stalls)(nil)
	_ river.Worker[other] = (*others)(nil)
)
