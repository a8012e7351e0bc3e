package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx", by which pgtestdb connects
	"github.com/peterldowns/pgtestdb"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest"
)

// The tables of the tests: ten, as those of an ordinary module.
const tables = 10

var tenTables = api.Module("ten")

// A test of these writes a row and reads it.
const (
	writeRow = `INSERT INTO ten.table_0 (id, owner, note) VALUES (1, 'ada', 'a row')`
	readRow  = `SELECT note FROM ten.table_0 WHERE id = 1`
)

func tenModule() slipway.Module {
	return slipway.NewModule(tenTables, func(m *slipway.Setup, _ struct{}) error {
		m.DB()
		return nil
	}, slipway.Migrations(fstest.MapFS{"00001_ten.sql": {Data: []byte("-- +goose Up\n" + schema("") + "\n-- +goose Down\nSELECT 1;\n")}}))
}

// schema makes the tables, in the schema of that name or where the connection looks.
func schema(name string) string {
	var b strings.Builder
	for i := range tables {
		_, _ = fmt.Fprintf(&b, `CREATE TABLE %[1]stable_%[2]d (id bigint PRIMARY KEY, owner text NOT NULL, note text, made_at timestamptz NOT NULL DEFAULT now());
CREATE INDEX table_%[2]d_owner ON %[1]stable_%[2]d (owner);
`, name, i)
	}
	return b.String()
}

// measureTestKit compares what a world of its own costs a test.
func measureTestKit(ctx context.Context, o options, t *table) (err error) {
	server, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{})
	if err != nil {
		return fmt.Errorf("start a private PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	// Both sides use the same server, with the same settings.
	if err := os.Setenv("SLIPWAY_TEST_DATABASE_URL", server.URL()); err != nil {
		return err
	}
	ten, peer := tenModule(), newPeer(server.URL())
	ways := []func(testing.TB){
		func(t testing.TB) { inKit(t, slipwaytest.Tx(t, ten)) },
		func(t testing.TB) { inKit(t, slipwaytest.Commit(t, ten)) },
		peer.test,
	}
	took := make([][]time.Duration, len(ways))
	for range 3 + o.rounds {
		for i, way := range ways {
			d, err := inARow(ctx, way)
			if err != nil {
				return err
			}
			took[i] = append(took[i], d)
		}
	}
	for i := range took {
		took[i] = took[i][3:] // the first make templates and connections
	}
	tx, commit, clone := took[0], took[1], took[2]
	t.within("a test in Tx: its world, a row written and read", quickest(tx), 2*time.Millisecond)
	t.atMost("  beside pgtestdb, the same schema of 10 tables and server", ratioOf(tx, clone), 0.05)
	t.duration("a test in Commit", quickest(commit))
	t.atMost("  beside pgtestdb", ratioOf(commit, clone), 0.33)
	t.duration("a test in pgtestdb's clone", quickest(clone))
	t.note("  (medians %s, %s and %s)", readable(median(tx)), readable(median(commit)), readable(median(clone)))
	return nil
}

func inKit(t testing.TB, k *slipwaytest.Kit) {
	t.Helper()
	db := k.DB("ten")
	if _, err := db.Exec(t.Context(), writeRow); err != nil {
		t.Fatal(err)
	}
	var note string
	if err := db.QueryRow(t.Context(), readRow).Scan(&note); err != nil {
		t.Fatal(err)
	}
}

// A peer is pgtestdb on the same server.
type peer struct{ cfg pgtestdb.Config }

func newPeer(server string) *peer {
	u, _ := url.Parse(server) // it comes from us
	q := u.Query()
	options := url.Values{"host": q["host"], "port": q["port"], "sslmode": {"disable"}}
	return &peer{pgtestdb.Config{
		DriverName: "pgx", User: u.User.Username(), Password: "none", Host: "localhost", Port: q.Get("port"),
		Database: strings.TrimPrefix(u.Path, "/"), Options: options.Encode(),
	}}
}

func (p *peer) test(t testing.TB) {
	t.Helper()
	db := pgtestdb.New(t, p.cfg, peerMigrator{})
	if _, err := db.ExecContext(t.Context(), writeRow); err != nil {
		t.Fatal(err)
	}
	var note string
	if err := db.QueryRowContext(t.Context(), readRow).Scan(&note); err != nil {
		t.Fatal(err)
	}
}

type peerMigrator struct{}

func (peerMigrator) Hash() (string, error) {
	sum := sha256.Sum256([]byte(schema("ten.")))
	return hex.EncodeToString(sum[:]), nil
}

func (peerMigrator) Migrate(ctx context.Context, db *sql.DB, _ pgtestdb.Config) error {
	_, err := db.ExecContext(ctx, "CREATE SCHEMA ten; "+schema("ten."))
	return err
}

// inARow runs a few tests as a package does, one after the other, and tells how long
// one took. The first of them meets a server that a way before it has left busy.
func inARow(ctx context.Context, test func(testing.TB)) (time.Duration, error) {
	const tests = 5
	var sum time.Duration
	for range tests {
		took, err := timed(ctx, test)
		if err != nil {
			return 0, err
		}
		sum += took
	}
	return sum / tests, nil
}

// timed runs a test and tells how long it took, its clean-up included.
func timed(ctx context.Context, test func(testing.TB)) (took time.Duration, err error) {
	t := &trial{ctx: ctx}
	began := time.Now()
	defer func() {
		if p := recover(); p != nil && p != any(trialOver{}) {
			panic(p)
		}
		t.cleanUp()
		took, err = time.Since(began), errors.Join(t.errs...)
	}()
	test(t)
	return 0, nil
}

// A trial is a test outside of go test.
type trial struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // a test's own
	cleanups []func()
	errs     []error
}

type trialOver struct{}

func (*trial) Helper()                    {}
func (*trial) Name() string               { return "trial" }
func (t *trial) Context() context.Context { return t.ctx }
func (t *trial) Failed() bool             { return len(t.errs) > 0 }
func (*trial) Logf(string, ...any)        {}
func (*trial) Log(...any)                 {}
func (t *trial) Cleanup(f func())         { t.cleanups = append(t.cleanups, f) }
func (t *trial) Error(args ...any)        { t.errs = append(t.errs, errors.New(fmt.Sprint(args...))) }

func (t *trial) Errorf(format string, args ...any) {
	t.errs = append(t.errs, fmt.Errorf(format, args...))
}

func (t *trial) Fatal(args ...any) {
	t.Error(args...)
	panic(trialOver{})
}

func (t *trial) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(trialOver{})
}

// cleanUp does what package testing does: the last first, and what they add.
func (t *trial) cleanUp() {
	for len(t.cleanups) > 0 {
		last := t.cleanups[len(t.cleanups)-1]
		t.cleanups = t.cleanups[:len(t.cleanups)-1]
		last()
	}
}
