package slipwaytest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// server is the PostgreSQL of this test process: started by the first test that
// needs it, shared with the other packages under test. It is the one variable of
// the package; a test process is a world of its own.
var server struct {
	mu      sync.Mutex
	private *postgres.Private
	made    []string // databases to drop
}

const serverVariable = "SLIPWAY_TEST_DATABASE_URL"

// database creates a database and returns its address.
func database(ctx context.Context, name string) (string, error) {
	server.mu.Lock()
	defer server.mu.Unlock()
	if own := os.Getenv(serverVariable); own != "" {
		return createOn(ctx, own, name)
	}
	if err := startServer(ctx); err != nil {
		return "", err
	}
	server.made = append(server.made, name)
	return server.private.Database(ctx, name)
}

func startServer(ctx context.Context) error {
	if server.private != nil {
		return nil
	}
	dir := filepath.Join(os.TempDir(), "slipway-test-"+strconv.Itoa(os.Getuid()))
	p, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: dir})
	if err != nil {
		return fmt.Errorf("start a private PostgreSQL for tests (or name one with %s): %w", serverVariable, err)
	}
	server.private = p
	return nil
}

// databases creates the databases of a deployment.
type databases struct{}

// Database implements what slipway.ServicesConfig asks for.
func (databases) Database(ctx context.Context, name string) (string, error) {
	return database(ctx, name)
}

// closeServer drops what this process made and leaves the server; the last
// process to leave stops it.
func closeServer() error {
	server.mu.Lock()
	defer server.mu.Unlock()
	admin := os.Getenv(serverVariable)
	if server.private != nil {
		admin = server.private.URL()
	}
	for _, name := range server.made {
		if err := execOn(context.Background(), admin, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	if server.private == nil {
		return nil
	}
	return server.private.Close()
}

func createOn(ctx context.Context, admin, name string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil || !strings.HasPrefix(u.Scheme, "postgres") {
		return "", fmt.Errorf("%s: expected an address such as postgres://user:password@host/postgres", serverVariable)
	}
	if err := execOn(ctx, admin, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return "", err
	}
	server.made = append(server.made, name)
	u.Path = "/" + name
	return u.String(), nil
}

func execOn(ctx context.Context, address, sql string) error {
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	defer c.Close(ctx) //nolint:errcheck // the statement's error counts
	if _, err := c.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// uniqueName returns a database name that no other process uses.
func uniqueName(prefix string) string {
	return prefix + "_" + strings.ToLower(rand.Text()[:12])
}

// setReachable lets connections to a database in, or keeps new ones out and ends
// those that there are.
func setReachable(ctx context.Context, name string, reachable bool) error {
	server.mu.Lock()
	admin := os.Getenv(serverVariable)
	if server.private != nil {
		admin = server.private.URL()
	}
	server.mu.Unlock()
	quoted := pgx.Identifier{name}.Sanitize()
	if err := execOn(ctx, admin, fmt.Sprintf("ALTER DATABASE %s ALLOW_CONNECTIONS %t", quoted, reachable)); err != nil || reachable {
		return err
	}
	return execOn(ctx, admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+name+"'")
}
