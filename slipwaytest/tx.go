package slipwaytest

import (
	"context"
	"maps"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

// Tx returns a world in which the modules run in this process and each one's
// database is a transaction that is rolled back at the end of the test. Tests
// that use it may run in parallel. A module's background work does not run.
func Tx(t testing.TB, modules ...slipway.Module) *Kit {
	t.Helper()
	return TxWith(t, nil, modules...)
}

// TxWith is [Tx] with settings, such as {"CART_QUOTES": "prices"}.
func TxWith(t testing.TB, settings map[string]string, modules ...slipway.Module) *Kit {
	t.Helper()
	w := &world{
		modules: modules, sso: newSSO(authtest.NewIssuer(), modules),
		log: &logBuffer{}, databases: map[string]*postgres.DB{},
	}
	w.neighbours = newNeighbours(t, w.sso.issuer.Verifier())
	values := map[string]string{"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "test", "LOG_LEVEL": "debug", "SLIPWAY_DOCS": "false", "SSO_ISSUER": w.sso.issuer.URL()}
	maps.Copy(values, settings)
	app, err := slipway.NewWith(config.New(values), slipway.Overrides{
		Database: func(ctx context.Context, m slipway.Module) (db *postgres.DB, err error) {
			db, err = virtual(ctx, t, m, w.tracer)
			w.databases[m.Name()] = db
			return db, err
		},
		SSO:           w.sso,
		Neighbour:     w.neighbours.transport,
		ServiceRoutes: true,
		Stdout:        w.log,
	}, modules...)
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
			t.Logf("what the modules logged:\n%s", w.log)
		}
	})
	w.app = app
	w.transport = local(t, app.Handler())
	return &Kit{world: w, t: t, caller: anonymous}
}
