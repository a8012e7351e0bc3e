package ladder

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

//go:embed snapshot.sql
var snapshotQuery string

// bookkeeping are the tables in which package postgres notes what it has applied.
func bookkeeping() []string { return []string{"migrations", "kit_migrations"} }

// object is one thing in a schema.
type object struct {
	Kind, Name string
	Parents    []string // the keys of those that take it along when they are dropped
	Definition string
	Removal    string // the statement that drops it
}

// key tells it from all others, and people what it is: "column carts.note".
func (o object) key() string { return o.Kind + " " + o.Name }

// snapshot is all that a schema holds, by key, but for rows.
type snapshot map[string]object

func take(ctx context.Context, db *postgres.DB) (snapshot, error) {
	rows, err := db.Query(ctx, snapshotQuery, bookkeeping())
	if err != nil {
		return nil, fmt.Errorf("read the catalog of schema %s: %w", db.Schema(), err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[object])
	if err != nil {
		return nil, fmt.Errorf("read the catalog of schema %s: %w", db.Schema(), err)
	}
	s := snapshot{}
	for _, o := range all {
		s[o.key()] = o
	}
	return s, nil
}
