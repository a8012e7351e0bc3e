package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

var errSkeleton = errors.New("postgres: not yet written")

// DB is the pool of one module.
type DB struct{ cfg Config }

// Open returns the pool; it connects when first used.
func Open(cfg Config) (*DB, error) { return &DB{cfg}, nil }

// Schema returns the module's schema.
func (db *DB) Schema() string { return db.cfg.Schema }

// Close ends every connection.
func (db *DB) Close() {}

// Ping reports whether the database answers.
func (db *DB) Ping(ctx context.Context) error { return errSkeleton }

// Exec runs a statement.
func (db *DB) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	return pgconn.CommandTag{}, errSkeleton
}

// Query runs a statement that returns rows; close them.
func (db *DB) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return nil, errSkeleton
}

// QueryRow runs a statement that returns one row; its error comes from Scan.
func (db *DB) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row { return nil }

// SendBatch sends many statements at once; close the results.
func (db *DB) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults { return nil }
