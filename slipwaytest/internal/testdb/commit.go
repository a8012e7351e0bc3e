package testdb

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
)

// Commit returns a module's database for this test alone, with a pool and real
// commits. At its end the database is made as it was. Statements are told to tracer;
// nil is nobody.
func (p *Process) Commit(ctx context.Context, t testing.TB, m slipway.Module, tracer pgx.QueryTracer) (*postgres.DB, error) {
	t.Helper()
	c, err := p.take(ctx, m)
	if err != nil {
		return nil, err
	}
	ctx = context.WithoutCancel(ctx) // for what comes after the test
	heard := &changes{}
	heard.Follow(tracer)
	db, err := c.open(ctx, heard)
	if err != nil {
		p.give(c)
		return nil, err
	}
	t.Cleanup(func() { p.endCommit(ctx, t, c, db, heard) })
	return db, nil
}

func (c *clone) open(ctx context.Context, tracer pgx.QueryTracer) (*postgres.DB, error) {
	if err := c.mayReset(ctx); err != nil {
		return nil, err
	}
	return postgres.Open(postgres.Config{URL: config.Secret(c.address), Schema: c.template.module, Tracer: tracer})
}

// mayReset tells before the test what could not be done after it.
func (c *clone) mayReset(ctx context.Context) error {
	err := c.conn.PgConn().Exec(ctx, "SET session_replication_role = replica; RESET session_replication_role").Close()
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == insufficientRight {
		return fmt.Errorf("%w\nCommit empties tables without regard to foreign keys, which the account %q of %s may not: "+
			"let a superuser say GRANT SET ON PARAMETER session_replication_role TO %s (PostgreSQL 15 and newer), "+
			"unset the variable, which starts a private server, or test with Tx",
			err, c.conn.Config().User, ServerVariable, quoted(c.conn.Config().User))
	}
	return err
}

func (p *Process) endCommit(ctx context.Context, t testing.TB, c *clone, db *postgres.DB, heard *changes) {
	t.Helper()
	say(t, c, heard.Advice())
	failed := t.Failed()
	err := c.wait(ctx, db)
	if failed && p.keepCommit(ctx, t, c) {
		return
	}
	if err == nil {
		err = c.reset(ctx, heard)
	}
	if err == nil {
		p.give(c)
		return
	}
	t.Errorf("the test's database of %s: %v", c.template.module, err)
	if err := p.discard(ctx, c); err != nil {
		t.Errorf("drop the test's database of %s: %v", c.template.module, err)
	}
}

// patience is for what a test has begun and is about to end.
const patience = 2 * time.Second

// wait returns when nobody is connected any more.
func (c *clone) wait(ctx context.Context, db *postgres.DB) error {
	closed := make(chan struct{})
	go func() { db.Close(); close(closed) }() // waits for connections that are in use
	until := time.After(patience)
	select {
	case <-closed:
	case <-until:
		until = time.After(0)
	}
	for {
		left, err := c.connected(ctx)
		if err != nil || left == "" {
			return err
		}
		select {
		case <-until:
			return fmt.Errorf("the test left a transaction, rows or a connection open: close rows, end transactions and wait for goroutines.\n%s", left)
		case <-time.After(time.Millisecond): // the server needs a moment to see that a connection is closed
		}
	}
}

// connected describes who else is connected, by what they did last.
func (c *clone) connected(ctx context.Context) (string, error) {
	const others = `
SELECT coalesce(string_agg(format('connection of %s, %s: %s', application_name, state, left(query, 2000)), E'\n'), '') FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'`
	var left string
	if err := c.conn.QueryRow(ctx, others).Scan(&left); err != nil {
		return "", fmt.Errorf("look who is connected: %w", err)
	}
	return left, nil
}

// reset brings the rows and the sequences back, in one round trip. A schema that is
// not as it was cannot be brought back.
func (c *clone) reset(ctx context.Context, heard *changes) error {
	const begin = "SET lock_timeout = '2s'; BEGIN; SET LOCAL session_replication_role = replica;\n"
	answers, err := c.conn.PgConn().Exec(ctx, begin+c.seed.Reset+"COMMIT; RESET lock_timeout;"+fingerprint).ReadAll()
	if err == nil && string(answers[len(answers)-1].Rows[0][0]) == c.seed.Fingerprint {
		return nil
	}
	if changed, lookErr := c.changed(ctx); lookErr == nil && changed {
		return fmt.Errorf("the test changed the schema, which belongs into a migration: %s", heard)
	}
	if err != nil {
		return fmt.Errorf("bring the rows back: %w", explain(err))
	}
	return errors.New("it is not as it was")
}

// changed reports whether the schema is another.
func (c *clone) changed(ctx context.Context) (bool, error) {
	if c.conn.PgConn().TxStatus() != 'I' {
		if err := c.conn.PgConn().Exec(ctx, "ROLLBACK").Close(); err != nil {
			return false, err
		}
	}
	var now string
	err := c.conn.QueryRow(ctx, fingerprint).Scan(&now)
	return now != c.seed.Fingerprint, err
}
