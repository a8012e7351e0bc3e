package testdb_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

func TestMain(m *testing.M) {
	postgres.Supervise()
	if part := os.Getenv(childVariable); part != "" {
		beChild(part)
	}
	code := m.Run()
	if server.private != nil {
		if err := server.private.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// server is one of this package's own, since its tests look at all databases.
var server struct {
	once    sync.Once
	private *postgres.Private
	err     error
}

func serverURL(t testing.TB) string {
	t.Helper()
	server.once.Do(func() {
		dir := filepath.Join(os.TempDir(), "slipway-testdb-"+strconv.Itoa(os.Geteuid()))
		server.private, server.err = postgres.StartPrivate(context.Background(), postgres.PrivateConfig{Dir: dir})
	})
	if server.err != nil {
		t.Fatal(server.err)
	}
	return server.private.URL()
}

// newProcess stands for a test process.
func newProcess(t testing.TB) *testdb.Process {
	t.Helper()
	p := &testdb.Process{Server: serverURL(t)}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return p
}

// A test must not meet another's templates, so its module has a name of its own.
func uniqueModule(t testing.TB, up string) slipway.Module {
	t.Helper()
	name := strings.ToLower(testdb.UniqueName("m")[len(testdb.Prefix):])
	return module(name, up)
}

func module(name, up string) slipway.Module {
	files := fstest.MapFS{"00001_first.sql": {Data: []byte("-- +goose Up\n" + up + "\n\n-- +goose Down\n")}}
	return slipway.NewModule(api.Module(name), func(*slipway.Setup, struct{}) error { return nil }, slipway.Migrations(files))
}

// databasesOf lists the databases of a module.
func databasesOf(t testing.TB, m slipway.Module) []string {
	t.Helper()
	rows, _ := admin(t).Query(context.Background(), "SELECT datname FROM pg_database WHERE datname LIKE $1 ORDER BY 1", testdb.Prefix+m.Name()+"%")
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func admin(t testing.TB) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), serverURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func do(t testing.TB, db postgres.Querier, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// read returns the one value of a query.
func read[T any](t testing.TB, db postgres.Querier, sql string, args ...any) (v T) {
	t.Helper()
	if err := db.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}
