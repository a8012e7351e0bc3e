package testdb

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/postgres"
)

// Tx returns a module's database as a transaction of this test, which is rolled
// back at its end; sequences begin anew as well. Statements are told to tracer;
// nil is nobody.
func (p *Process) Tx(ctx context.Context, t testing.TB, m slipway.Module, tracer pgx.QueryTracer) (*postgres.DB, error) {
	t.Helper()
	ctx = context.WithoutCancel(ctx) // which would cost the connection
	c, err := p.take(ctx, m)
	if err != nil {
		return nil, err
	}
	db, err := postgres.NewVirtual(ctx, c.conn, m.Name())
	if err != nil {
		_ = p.discard(ctx, c) // the error says more
		return nil, err
	}
	c.tracer.Follow(tracer)
	t.Cleanup(func() { p.endTx(ctx, t, c, db) })
	return db, nil
}

// Ready makes a clean clone of the module's template wait for the next test.
func (p *Process) Ready(ctx context.Context, m slipway.Module) error {
	c, err := p.take(ctx, m)
	if err == nil {
		p.give(c)
	}
	return err
}

func (p *Process) endTx(ctx context.Context, t testing.TB, c *clone, db *postgres.DB) {
	t.Helper()
	say(t, c, c.tracer.Advice())
	c.tracer.Follow(nil)
	if t.Failed() {
		p.keepTx(ctx, t, c, db)
	}
	err := db.Rollback(ctx)
	if err == nil && c.seed.Restart != "" {
		err = c.conn.PgConn().Exec(ctx, c.seed.Restart).Close()
	}
	if err != nil {
		t.Errorf("roll back the test's database of %s: %v", c.template.module, err)
		_ = p.discard(ctx, c) // it is of no use to anyone
		return
	}
	p.give(c)
}
