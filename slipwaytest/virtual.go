package slipwaytest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// virtual returns a module's database as a transaction of this test, which tells
// tracer of its statements; nil is nobody.
func virtual(ctx context.Context, t testing.TB, m slipway.Module, tracer pgx.QueryTracer) (*postgres.DB, error) {
	t.Helper()
	conn, err := connections.take(ctx, m)
	if err != nil {
		return nil, err
	}
	following := tracerOf(conn)
	following.Follow(tracer)
	db, err := postgres.NewVirtual(ctx, conn, m.Name())
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		following.Follow(nil)
		ctx := context.WithoutCancel(ctx) // the test's own is done by now
		if err := db.Rollback(ctx); err != nil {
			t.Errorf("roll back: %v", err)
			_ = conn.Close(ctx) // it is of no use to anyone
			return
		}
		connections.give(m, conn)
	})
	return db, nil
}

// connections are those of this process to the databases of its modules, kept
// from test to test: connecting takes longer than many a test.
var connections connectionPool

type connectionPool struct {
	mu        sync.Mutex
	addresses map[string]string // module → database
	idle      map[string][]*pgx.Conn
}

func (p *connectionPool) take(ctx context.Context, m slipway.Module) (*pgx.Conn, error) {
	address, conn, err := p.reserve(ctx, m)
	if err != nil || conn != nil {
		return conn, err
	}
	// The connection outlives the test that makes it.
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	cfg.Tracer = &testdb.Tracer{}
	conn, err = pgx.ConnectConfig(context.WithoutCancel(ctx), cfg)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

// tracerOf returns the tracer that take gave the connection.
func tracerOf(conn *pgx.Conn) *testdb.Tracer {
	t, _ := conn.Config().Tracer.(*testdb.Tracer)
	return t
}

// reserve returns an idle connection, or the address for a new one.
func (p *connectionPool) reserve(ctx context.Context, m slipway.Module) (string, *pgx.Conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if idle := p.idle[m.Name()]; len(idle) > 0 {
		p.idle[m.Name()] = idle[:len(idle)-1]
		return "", idle[len(idle)-1], nil
	}
	address, err := p.migrated(ctx, m)
	return address, nil, err
}

func (p *connectionPool) give(m slipway.Module, conn *pgx.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = map[string][]*pgx.Conn{}
	}
	p.idle[m.Name()] = append(p.idle[m.Name()], conn)
}

// migrated returns a database of this process in which the module's schema is
// up to date.
func (p *connectionPool) migrated(ctx context.Context, m slipway.Module) (string, error) {
	if address, ok := p.addresses[m.Name()]; ok {
		return address, nil
	}
	address, err := database(ctx, uniqueName(m.Name()))
	if err != nil {
		return "", err
	}
	db, err := postgres.Open(postgres.Config{URL: config.Secret(address), Schema: m.Name()})
	if err != nil {
		return "", err
	}
	defer db.Close()
	if err := m.Migrate(ctx, db); err != nil {
		return "", err
	}
	if p.addresses == nil {
		p.addresses = map[string]string{}
	}
	p.addresses[m.Name()] = address
	return address, nil
}
