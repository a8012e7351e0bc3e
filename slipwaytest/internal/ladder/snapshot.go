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
	var all []object
	err := db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		all, err = catalog(ctx, tx, snapshotQuery, pgx.RowToStructByPos[object])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the catalog of schema %s: %w", db.Schema(), err)
	}
	s := snapshot{}
	for _, o := range all {
		s[o.key()] = o
	}
	return s, nil
}

// catalog reads the catalog with a query that is planned once: that takes about as
// long as to run it.
func catalog[T any](ctx context.Context, tx postgres.Querier, query string, row pgx.RowToFunc[T]) ([]T, error) {
	if _, err := tx.Exec(ctx, "SET LOCAL plan_cache_mode = force_generic_plan; SET LOCAL jit = off"); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, query, postgres.MigrationTables())
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, row)
}
