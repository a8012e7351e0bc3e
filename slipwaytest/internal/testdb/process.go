package testdb

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// ServerVariable names a server for tests, in place of a private one.
const ServerVariable = "SLIPWAY_TEST_DATABASE_URL"

// A Process is a test process and its databases. Its zero value works: the first
// test that wants a database opens the server. Close it when the tests are over.
type Process struct {
	// Server is the address of the server's maintenance database. Default: that of
	// SLIPWAY_TEST_DATABASE_URL, else a private server that all packages under test
	// share.
	Server string

	mu        sync.Mutex // for all below
	templates map[string]*template
	admin     admin
	kept      int // databases of failed tests, also while they are being kept
}

// admin is the process's session in the maintenance database. The locks on all
// databases that the process uses are its, and go with it.
type admin struct {
	private *postgres.Private
	conn    *pgx.Conn
	address string
	who     string          // who asks, of which server: part of a template's name
	quick   bool            // the server need not survive a crash
	held    map[string]bool // by database; templates are shared and not among them
}

// sessionTimeout bounds each statement of the session; a clone of many gigabytes
// has no place in a test.
const sessionTimeout = 2 * time.Minute

// session opens the server and connects. The caller holds the lock.
func (p *Process) session(ctx context.Context) (*admin, error) {
	a := &p.admin
	if a.conn != nil && !a.conn.IsClosed() {
		return a, nil
	}
	if a.conn != nil {
		return nil, errors.New("the connection to the test server is lost, and with it the locks on this process's databases: run the tests again")
	}
	if err := a.open(ctx, p.Server); err != nil {
		return nil, err
	}
	return a, a.sweep(ctx)
}

func (a *admin) open(ctx context.Context, server string) error {
	address, err := a.find(ctx, server)
	if err != nil {
		return err
	}
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return badAddress()
	}
	cfg.RuntimeParams["application_name"] = "slipwaytest"
	cfg.RuntimeParams["statement_timeout"] = strconv.FormatInt(sessionTimeout.Milliseconds(), 10)
	cfg.RuntimeParams["idle_session_timeout"] = "0"
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", explain(err))
	}
	const about = "SELECT concat_ws(' ', current_user, current_setting('server_version_num')::int / 10000), current_setting('fsync') = 'off'"
	if err := conn.QueryRow(ctx, about).Scan(&a.who, &a.quick); err != nil {
		return errors.Join(fmt.Errorf("ask the test server for its version: %w", err), conn.Close(ctx))
	}
	a.conn, a.address, a.held = conn, address, map[string]bool{}
	return nil
}

// find returns the address of the server, starting one if none is named.
func (a *admin) find(ctx context.Context, server string) (string, error) {
	if server == "" {
		server = os.Getenv(ServerVariable)
	}
	if server != "" {
		u, err := url.Parse(server)
		if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
			return "", badAddress()
		}
		return server, nil
	}
	dir := filepath.Join(os.TempDir(), "slipway-test-"+strconv.Itoa(os.Getuid()))
	private, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: dir})
	if err != nil {
		return "", fmt.Errorf("start a private PostgreSQL for tests (or name one with %s): %w", ServerVariable, err)
	}
	a.private = private
	return private.URL(), nil
}

func badAddress() error {
	return fmt.Errorf("%s: expected an address such as postgres://user:password@host/postgres, of a database from which others can be created", ServerVariable)
}

// addressOf returns the address of another database of the server.
func (a *admin) addressOf(name string) string {
	u, err := url.Parse(a.address)
	if err != nil {
		return a.address // it was parsed before
	}
	u.Path = "/" + name
	return u.String()
}

// Database creates a database of the name, which is dropped with the process.
// The name must be, or begin with, a [UniqueName] of lower-case letters, digits and
// underscores, so that what a killed process leaves is found and nothing else is.
// One that is there already, or that another process uses, is refused and stays.
func (p *Process) Database(ctx context.Context, name string) (string, error) {
	ctx = context.WithoutCancel(ctx) // were the session lost, so would be all locks
	p.mu.Lock()
	defer p.mu.Unlock()
	a, err := p.session(ctx)
	if err != nil {
		return "", err
	}
	if err := a.createOwn(ctx, name); err != nil {
		return "", err
	}
	return a.addressOf(name), nil
}

// SetReachable lets connections to a database in, or keeps new ones out and ends
// those that there are.
func (p *Process) SetReachable(ctx context.Context, name string, reachable bool) error {
	ctx = context.WithoutCancel(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	a, err := p.session(ctx)
	if err != nil {
		return err
	}
	if err := a.exec(ctx, fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS %t", quoted(name), reachable)); err != nil || reachable {
		return err
	}
	_, err = a.conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
	return err
}

// Close gives back what the process holds. The server stays for others, and a
// private one for as long as it keeps the database of a failed test.
func (p *Process) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), sessionTimeout)
	defer cancel()
	a := &p.admin
	var errs []error
	if a.conn != nil && !a.conn.IsClosed() {
		errs = append(errs, p.giveBack(ctx), a.conn.Close(ctx))
	}
	if a.private != nil {
		errs = append(errs, a.private.Close())
	}
	p.templates, p.admin.conn, p.admin.private = nil, nil, nil
	return errors.Join(errs...)
}

// giveBack leaves a few clean databases to whoever comes next and drops the rest.
func (p *Process) giveBack(ctx context.Context) error {
	var errs []error
	for _, t := range p.templates {
		for i, c := range t.idle {
			_ = c.conn.Close(ctx) // gone or not
			if i < spare {
				errs = append(errs, p.admin.note(ctx, c.name, free()), p.admin.unlock(ctx, c.name))
			}
		}
		errs = append(errs, p.admin.unlockShared(ctx, t.name))
	}
	for name := range p.admin.held {
		errs = append(errs, p.admin.drop(ctx, name))
	}
	return errors.Join(errs...)
}

// spare is how many clones of a template stay for the next process; most packages
// need no more at once.
const spare = 2
