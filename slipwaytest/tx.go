package slipwaytest

import (
	"context"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/calltree"
)

// Tx returns a world in which the modules run in this process and each one's
// database is a transaction that is rolled back at the end of the test. Tests
// that use it may run in parallel. A module's background work does not run.
//
// The transaction is one connection: goroutines take turns, and now() stands still.
// Code that needs more, such as NOTIFY, SKIP LOCKED or an isolation level, is tested
// with [Commit].
//
// Tokens are the kit's; with the module sso among them they are the product's
// own, as in [Deployments]. That SSO knows the modules of the world and nobody else,
// so a neighbour that a [Reply] stands in for has to be among them.
func Tx(t testing.TB, modules ...slipway.Module) *Kit {
	t.Helper()
	return TxWith(t, nil, modules...)
}

// TxWith is [Tx] with settings, such as {"CART_QUOTES": "prices"}.
func TxWith(t testing.TB, settings map[string]string, modules ...slipway.Module) *Kit {
	t.Helper()
	return inProcess(t, settings, modules, databases.Tx, hosts(modules, ssoName))
}

// Commit returns a world as [Tx] does, but each module has a database for this
// test alone, with a pool of connections and real commits. At the end of the test its
// rows and sequences are made what the migrations had made them. A test that changes
// the schema, or leaves a transaction or a connection open, fails.
func Commit(t testing.TB, modules ...slipway.Module) *Kit {
	t.Helper()
	return CommitWith(t, nil, modules...)
}

// CommitWith is [Commit] with settings.
func CommitWith(t testing.TB, settings map[string]string, modules ...slipway.Module) *Kit {
	t.Helper()
	return inProcess(t, settings, modules, databases.Commit, hosts(modules, ssoName))
}

// opening returns a module's database, and gives it back at the end of the test.
type opening func(ctx context.Context, t testing.TB, m slipway.Module, tracer pgx.QueryTracer) (*postgres.DB, error)

func inProcess(t testing.TB, settings map[string]string, modules []slipway.Module, open opening, ownTokens bool, change ...func(*slipway.Overrides)) *Kit {
	t.Helper()
	w := newWorld(t, modules, ownTokens)
	values := map[string]string{"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "test", "LOG_LEVEL": "debug", "SLIPWAY_DOCS": "false", "SSO_ISSUER": authtest.URL}
	maps.Copy(values, settings)
	w.settings = config.New(values)
	overrides := w.overrides(t, open)
	for _, c := range change {
		c(&overrides)
	}
	app, err := slipway.NewWith(w.settings, overrides, modules...)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if t.Failed() && !w.quiet {
			w.tell(t)
		}
	})
	w.app, w.carrier = app, newCarrier(t, w, app)
	w.transport = w.happened.Requests(local(t, outside(app.Handler())), patternOf(app.Handler()))
	return &Kit{world: w, t: t, caller: anonymous}
}

// newWorld returns a world of this process in which nothing runs yet. Its modules
// are to believe the tokens of the product's own SSO, or the kit's.
func newWorld(t testing.TB, modules []slipway.Module, ownTokens bool) *world {
	t.Helper()
	w := &world{
		modules: modules, log: &logBuffer{}, databases: map[string]*postgres.DB{}, happened: calltree.New(),
	}
	w.neighbours, w.externals = newNeighbours(t, w.believe(t, ownTokens), names(modules)), newExternals(t)
	w.blobs = sync.OnceValue(t.TempDir)
	w.listen(w.happened.Tracer())
	return w
}

// overrides let the modules meet the test's own parts, and the tree of calls
// see what passes.
func (w *world) overrides(t testing.TB, open opening) slipway.Overrides {
	t.Helper()
	o := slipway.Overrides{
		Database: func(ctx context.Context, m slipway.Module) (db *postgres.DB, err error) {
			needsMain(t)
			db, err = open(ctx, t, m, multitracer.New(w.tracer, queries.of(m.Name())))
			w.databases[m.Name()] = db
			return db, err
		},
		Neighbour:     w.recorded,
		Outside:       w.recordedOutside,
		ServiceRoutes: true,
		Stdout:        w.log,
		Log:           w.happened.Log,
		BlobDir:       w.blobs,
		Clock:         time.Now,
	}
	if w.sso != nil {
		o.SSO = w.happened.SSO(w.sso)
	}
	return o
}
