package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// kitDatabase is where a child works the kit's jobs.
const kitDatabase = "BENCH_KIT_DATABASE"

// openStalls opens a module with the job that hangs in its first attempt.
func openStalls(ctx context.Context, url string) (*part, *jobs.Job[stall], error) {
	p, err := openPart(ctx, url, consumer, 4)
	if err != nil {
		return nil, nil, err
	}
	pid := os.Getpid()
	job := jobs.Handle(p, "stall", jobs.Func[stall](func(ctx context.Context, d jobs.Delivery[stall]) (jobs.Effect, error) {
		if d.Data.Deaf {
			ctx = context.WithoutCancel(ctx)
		}
		if _, err := p.db.Exec(ctx, "INSERT INTO began (job, attempt, pid) VALUES (1, $1, $2)", d.Attempt, pid); err != nil {
			return nil, err
		}
		if d.Attempt == 1 {
			if err := pause(ctx, d.Data.For); err != nil {
				return nil, err
			}
		}
		return func(ctx context.Context, tx postgres.Tx) error {
			_, err := tx.Exec(ctx, "INSERT INTO effect (job, attempt, pid) VALUES (1, $1, $2)", d.Attempt, pid)
			return err
		}, nil
	})).Timeout(rescueAfter)
	return p, job, nil
}

// kitChild is a process that works jobs until it is killed.
func kitChild(ctx context.Context, _ io.Writer) (http.Handler, error) {
	p, _, err := openStalls(ctx, os.Getenv(kitDatabase))
	if err != nil {
		return nil, err
	}
	inBackground(ctx, p.worker.Run)
	return http.NotFoundHandler(), nil
}

// A kitScene is a database in which children work the kit's jobs.
type kitScene struct {
	*part
	job  *jobs.Job[stall]
	url  string
	o    options
	cast []*child
}

func (s *store) kitScene(ctx context.Context, name string, o options) (*kitScene, error) {
	url, err := s.Database(ctx, name)
	if err != nil {
		return nil, err
	}
	p, job, err := openStalls(ctx, url)
	return &kitScene{part: p, job: job, url: url, o: o}, err
}

func (s *kitScene) enter(ctx context.Context) (*child, error) {
	c, err := startChild(ctx, "kit", s.o, kitDatabase+"="+s.url)
	if err == nil {
		s.cast = append(s.cast, c)
	}
	return c, err
}

func (s *kitScene) end() {
	for _, c := range s.cast {
		c.kill()
	}
	s.close()
}

// begin enqueues a job, and returns who has begun it.
func (s *kitScene) begin(ctx context.Context, job stall) (victim *child, err error) {
	err = s.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return s.job.Enqueue(ctx, tx, "", job) })
	if err != nil {
		return nil, err
	}
	var pid int
	err = poll(ctx, "the job to begin", func() bool {
		return s.db.QueryRow(ctx, "SELECT pid FROM began").Scan(&pid) == nil
	})
	for _, c := range s.cast {
		if c.cmd.Process.Pid == pid {
			victim = c
		}
	}
	return victim, err
}

func (s *kitScene) effects(ctx context.Context) (n int) {
	_ = s.db.QueryRow(ctx, "SELECT count(*) FROM effect").Scan(&n) // asked again
	return n
}

const killRounds = 3

// killKit measures how long a job waits whose process is killed.
func (s *store) killKit(ctx context.Context, o options, t *table) error {
	var took []time.Duration
	for i := range killRounds {
		at, err := s.kitScene(ctx, fmt.Sprint("killed_", i), o)
		if err != nil {
			return err
		}
		d, err := at.killed(ctx)
		at.end()
		if err != nil {
			return err
		}
		took = append(took, d)
	}
	t.within("kill -9 of a worker until its job's effect elsewhere", slowest(took), 3*time.Second)
	t.note("(%s)", listed(took))
	return nil
}

func (s *kitScene) killed(ctx context.Context) (time.Duration, error) {
	for range 2 {
		if _, err := s.enter(ctx); err != nil {
			return 0, err
		}
	}
	victim, err := s.begin(ctx, stall{For: time.Minute})
	if err != nil {
		return 0, err
	}
	victim.kill()
	began := time.Now()
	err = poll(ctx, "the job's effect", func() bool { return s.effects(ctx) > 0 })
	return time.Since(began), err
}

// zombieInKit stops a process in a job for so long that another does it, and has it go on.
func (s *store) zombieInKit(ctx context.Context, o options, deaf bool) (effects int, err error) {
	at, err := s.kitScene(ctx, fmt.Sprint("kit_zombie_", deaf), o)
	if err != nil {
		return 0, err
	}
	defer at.end()
	for range 2 {
		if _, err := at.enter(ctx); err != nil {
			return 0, err
		}
	}
	victim, err := at.begin(ctx, stall{For: 900 * time.Millisecond, Deaf: deaf})
	if err != nil {
		return 0, err
	}
	if err := victim.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		return 0, err
	}
	if err := poll(ctx, "the job's effect", func() bool { return at.effects(ctx) > 0 }); err != nil {
		return 0, err
	}
	if err := victim.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		return 0, err
	}
	if err := calm(ctx); err != nil {
		return 0, err
	}
	return at.effects(ctx), nil
}

func listed(all []time.Duration) string {
	said := make([]string, len(all))
	for i, d := range all {
		said[i] = readable(d)
	}
	return strings.Join(said, ", ")
}
