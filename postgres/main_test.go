package postgres_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

// helperVariable makes this test binary a program that shares a private server;
// see private_test.go.
const helperVariable = "SLIPWAY_POSTGRES_TEST_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) == "unsupervised" {
		help() // as a program whose main forgets the first line
	}
	postgres.Supervise()
	if os.Getenv(helperVariable) != "" {
		help()
	}
	flag.Parse()
	_ = flag.Set("test.parallel", "6") // they wait for servers more than they work
	code := m.Run()
	if err := stopServer(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// help takes a share of the server in its first argument, says where it is, and
// keeps the share until its input ends.
func help() {
	p, err := postgres.StartPrivate(context.Background(), postgres.PrivateConfig{Dir: os.Args[1], Durable: os.Getenv(helperVariable) == "durable"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(p.URL())
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n')
	if err := p.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// server is shared by the tests that need just any; each has a schema of its own.
var server struct {
	once    sync.Once
	private *postgres.Private
	url     string
	err     error
}

func serverURL(t testing.TB) string {
	t.Helper()
	server.once.Do(func() {
		if server.url = os.Getenv("SLIPWAY_TEST_DATABASE_URL"); server.url != "" {
			return
		}
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("slipway-postgres-test-%d", os.Geteuid()))
		if server.private, server.err = postgres.StartPrivate(t.Context(), postgres.PrivateConfig{Dir: dir}); server.err == nil {
			server.url, server.err = server.private.Database(t.Context(), "test_"+unique())
		}
	})
	if server.err != nil {
		t.Fatalf("start a private PostgreSQL: %v", server.err)
	}
	return server.url
}

func stopServer() error {
	if server.private == nil {
		return nil
	}
	return server.private.Close()
}

// open returns a DB with a schema of its own.
func open(t testing.TB, change ...func(*postgres.Config)) *postgres.DB {
	t.Helper()
	cfg := postgres.Config{URL: config.Secret(serverURL(t)), Schema: "t_" + unique()}
	for _, c := range change {
		c(&cfg)
	}
	db, err := postgres.Open(cfg)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(db.Close)
	return db
}

// openItems returns a DB with a table items (id, n), n unique when a transaction ends.
func openItems(t testing.TB, change ...func(*postgres.Config)) *postgres.DB {
	t.Helper()
	db := open(t, change...)
	if err := db.Up(t.Context(), nil, ladder(itemsUp, itemsDown)); err != nil {
		t.Fatalf("Up() = %v", err)
	}
	t.Cleanup(func() {
		// The test's own context is done by now.
		execAll(context.Background(), t, serverURL(t), "DROP SCHEMA IF EXISTS "+db.Schema()+" CASCADE")
	})
	return db
}

const (
	itemsUp = `CREATE TABLE items (
    id integer PRIMARY KEY,
    n  integer CONSTRAINT items_n UNIQUE DEFERRABLE INITIALLY DEFERRED
);`
	itemsDown = `DROP TABLE items;`
)

// ladder makes migrations of pairs of up and down.
func ladder(upDown ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for pair := range slices.Chunk(upDown, 2) {
		text := "-- +goose Up\n" + pair[0] + "\n\n-- +goose Down\n" + pair[1] + "\n"
		files[fmt.Sprintf("%05d_step.sql", len(files)+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

// execAll runs statements on a connection of their own.
func execAll(ctx context.Context, t testing.TB, url string, sql ...string) {
	t.Helper()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.WithoutCancel(ctx)) //nolint:errcheck // nothing is lost
	for _, s := range sql {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// unique is a name that no other test has.
func unique() string { return strings.ToLower(rand.Text()) }

func count(t testing.TB, db postgres.Querier) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM items").Scan(&n); err != nil {
		t.Fatalf("count items: %v", err)
	}
	return n
}

func mustExec(t testing.TB, db postgres.Querier, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}
