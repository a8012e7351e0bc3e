// Package dbtest gives the SSO's tests a schema of their own in a real
// PostgreSQL. It commits: what is tested here is who wins when several come at
// once.
package dbtest

import (
	"context"
	"crypto/rand"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/sso/migrations"
	"github.com/slipway-go/slipway/postgres"
)

// Main is the body of a package's TestMain.
func Main(m *testing.M) {
	postgres.Supervise()
	code := m.Run()
	if server.private != nil {
		_ = server.private.Close() // a private server ends without us as well
	}
	os.Exit(code)
}

// server is shared by the tests of a package.
var server struct {
	once    sync.Once
	private *postgres.Private
	url     string
	err     error
}

func serverURL(t *testing.T) string {
	t.Helper()
	server.once.Do(func() {
		if server.url = os.Getenv("SLIPWAY_TEST_DATABASE_URL"); server.url != "" {
			return
		}
		if server.private, server.err = postgres.StartPrivate(context.Background(), postgres.PrivateConfig{}); server.err == nil {
			server.url = server.private.URL()
		}
	})
	if server.err != nil {
		t.Fatalf("start a private PostgreSQL: %v", server.err)
	}
	return server.url
}

// Open returns a database with the module's tables, empty, for this test alone.
func Open(t *testing.T) *postgres.DB {
	t.Helper()
	schema := "sso_" + strings.ToLower(rand.Text())
	db, err := postgres.Open(postgres.Config{URL: config.Secret(serverURL(t)), Schema: schema})
	if err != nil {
		t.Fatalf("open the test database: %v", err)
	}
	t.Cleanup(db.Close)
	t.Cleanup(func() {
		if _, err := db.Exec(context.Background(), "DROP SCHEMA "+schema+" CASCADE"); err != nil {
			t.Errorf("drop the test's schema: %v", err)
		}
	})
	if err := db.Up(t.Context(), nil, migrations.Files); err != nil {
		t.Fatalf("migrate the test database: %v", err)
	}
	return db
}
