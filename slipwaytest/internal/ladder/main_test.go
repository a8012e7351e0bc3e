package ladder_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

func TestMain(m *testing.M) {
	postgres.Supervise()
	code := m.Run()
	if server.private != nil {
		_ = server.private.Close() // a private server ends without us as well
	}
	os.Exit(code)
}

// server is shared by the tests; each has a schema of its own.
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
		dir := filepath.Join(os.TempDir(), fmt.Sprintf("slipway-ladder-test-%d", os.Geteuid()))
		if server.private, server.err = postgres.StartPrivate(context.Background(), postgres.PrivateConfig{Dir: dir}); server.err == nil {
			server.url, server.err = server.private.Database(context.Background(), "test_"+strings.ToLower(rand.Text()))
		}
	})
	if server.err != nil {
		t.Fatalf("start a private PostgreSQL: %v", server.err)
	}
	return server.url
}

// scratch returns a database with an empty schema.
func scratch(t testing.TB) *postgres.DB {
	t.Helper()
	schema := "t_" + strings.ToLower(rand.Text())
	db, err := postgres.Open(postgres.Config{URL: config.Secret(serverURL(t)), Schema: schema})
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(db.Close)
	t.Cleanup(func() {
		// The test's own context is done by now.
		if _, err := db.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
			t.Errorf("drop the test's schema: %v", err)
		}
	})
	return db
}

// steps makes migrations of pairs of Up and Down. Statements are cut at semicolons.
func steps(upDown ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for pair := range slices.Chunk(upDown, 2) {
		text := "-- +goose Up\n" + pair[0] + "\n\n-- +goose Down\n" + pair[1] + "\n"
		files[fmt.Sprintf("%05d_step.sql", len(files)+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	return files
}

func climb(t testing.TB, m ladder.Migrations) ladder.Report {
	t.Helper()
	report, err := ladder.Climb(t.Context(), scratch(t), m)
	if err != nil {
		t.Fatalf("Climb() = %v", err)
	}
	return report
}

// wantOne ends the test unless the one finding is about the file and has the words.
func wantOne(t testing.TB, report ladder.Report, file string, words ...string) ladder.Finding {
	t.Helper()
	if len(report.Findings) != 1 {
		t.Fatalf("%d findings, want 1: %v", len(report.Findings), report.Findings)
	}
	f := report.Findings[0]
	for _, w := range words {
		if !strings.Contains(f.String(), w) {
			t.Errorf("finding %q, want it to say %q", f, w)
		}
	}
	if f.File != file || f.Remedy == "" {
		t.Errorf("finding about %q with remedy %q, want %q and a remedy", f.File, f.Remedy, file)
	}
	return f
}

func wantClean(t testing.TB, report ladder.Report) {
	t.Helper()
	for _, f := range report.Findings {
		t.Errorf("finding: %s", f)
	}
	for _, n := range report.Notes {
		t.Errorf("note: %s", n)
	}
	for _, s := range report.Skips {
		t.Errorf("skip: %s", s)
	}
}
