package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// NewVirtual returns a DB for one test: all that happens through it happens in
// one transaction on conn, which Rollback undoes.
func NewVirtual(ctx context.Context, conn *pgx.Conn, schema string) (*DB, error) {
	return nil, errSkeleton
}

// Rollback undoes all that a virtual DB did.
func (db *DB) Rollback(ctx context.Context) error { return errSkeleton }
