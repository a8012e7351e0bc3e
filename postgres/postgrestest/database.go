package postgrestest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

// Main runs the tests of a package and ends what they had started.
func Main(m *testing.M) {
	postgres.Supervise()
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// server is shared by all tests of the binary.
var server struct {
	once    sync.Once
	private *postgres.Private
	url     string
	err     error
}

// URL returns the address of a database of this test binary alone. A test makes a
// schema in it.
func URL(t testing.TB) string {
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

func stop() error {
	if server.private == nil {
		return nil
	}
	return server.private.Close()
}

// Open returns a database with a schema for this test alone, in which the migrations
// were run; nil is none.
func Open(t testing.TB, kit fs.FS, change ...func(*postgres.Config)) *postgres.DB {
	t.Helper()
	cfg := postgres.Config{URL: config.Secret(URL(t)), Schema: "t_" + unique()}
	for _, c := range change {
		c(&cfg)
	}
	db, err := postgres.Open(cfg)
	if err != nil {
		t.Fatalf("open a database: %v", err)
	}
	t.Cleanup(func() {
		ctx := context.Background() // the test's own is done by now
		if _, err := db.Exec(ctx, "DROP SCHEMA IF EXISTS "+db.Schema()+" CASCADE"); err != nil {
			t.Errorf("drop the schema of the test: %v", err)
		}
		db.Close()
	})
	if err := db.Up(t.Context(), kit, nil); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return db
}

// unique is a name that no other test has.
func unique() string { return strings.ToLower(rand.Text()) }
