package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// A DB is a module's view of its database. It is safe for concurrent use.
type DB struct {
	cfg  Config
	conn *pgx.ConnConfig
	backend
	signalled signals
}

// backend is where statements run: a pool, or one connection for a test.
type backend interface {
	Querier
	// once runs fn in one transaction, without repetition.
	once(ctx context.Context, fn func(context.Context, *scope) error) error
	ping(ctx context.Context) error
	close()
}

// Open returns a DB that connects when it is first used.
func Open(cfg Config) (*DB, error) {
	cfg = cfg.withDefaults()
	settings, err := cfg.parse()
	if err != nil {
		return nil, err
	}
	// The context is for the pool's first connections, of which there are none.
	pool, err := pgxpool.NewWithConfig(context.Background(), settings)
	if err != nil {
		return nil, fmt.Errorf("open the pool of schema %s: %w", cfg.Schema, err)
	}
	return &DB{cfg: cfg, conn: settings.ConnConfig, backend: &pooled{pool: pool, patient: cfg.ConnectTimeout}}, nil
}

// Schema returns the name of the module's schema.
func (d *DB) Schema() string { return d.cfg.Schema }

// Address tells databases apart: the server and the name of the database, without a
// password. It is "" for a virtual one.
func (d *DB) Address() string {
	if d.conn == nil {
		return ""
	}
	return fmt.Sprintf("%s@%s:%d/%s", d.conn.User, d.conn.Host, d.conn.Port, d.conn.Database)
}

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.ping(ctx); err != nil {
		return fmt.Errorf("ping the database of schema %s: %w", d.cfg.Schema, explain(ctx, err))
	}
	return nil
}

// Close waits for the connections that are in use and closes all. The connection of
// a virtual DB stays its owner's.
func (d *DB) Close() { d.close() }
