package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// A transaction commits when its function returns nil.
func ExampleDB_InTx() {
	db, done := exampleDB()
	defer done()
	ctx := context.Background()

	move := func(amount int) error {
		return db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			var left int
			if err := tx.QueryRow(ctx, "UPDATE purse SET cents = cents - $1 RETURNING cents", amount).Scan(&left); err != nil {
				return fmt.Errorf("take from the purse: %w", err)
			}
			if left < 0 {
				return problem.Conflict("the purse does not hold %d cents", amount)
			}
			return nil
		})
	}
	fmt.Println(move(70))
	fmt.Println(move(70))

	var left int
	fmt.Println(db.QueryRow(ctx, "SELECT cents FROM purse").Scan(&left), left)
	// Output:
	// <nil>
	// the purse does not hold 70 cents
	// <nil> 30
}

// exampleDB starts a PostgreSQL of its own; a module gets its DB from slipway.Setup.
func exampleDB() (db *postgres.DB, done func()) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "slipway-example-")
	if err != nil {
		panic(err)
	}
	private, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: dir})
	if err != nil {
		panic(err)
	}
	db, err = postgres.Open(postgres.Config{URL: config.Secret(private.URL()), Schema: "example"})
	if err != nil {
		panic(err)
	}
	if err := db.Up(ctx, nil, ladder("CREATE TABLE purse (cents integer); INSERT INTO purse VALUES (100);", "DROP TABLE purse;")); err != nil {
		panic(err)
	}
	return db, func() {
		db.Close()
		if err := errors.Join(private.Close(), os.RemoveAll(dir)); err != nil {
			panic(err)
		}
	}
}
