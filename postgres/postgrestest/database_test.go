package postgrestest_test

import (
	"os"
	"testing"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

func TestOpen(t *testing.T) {
	t.Parallel()
	kit := os.DirFS("../../migrations")
	one, other := postgrestest.Open(t, kit), postgrestest.Open(t, kit, func(c *postgres.Config) { c.MaxConns = 1 })
	const add = "INSERT INTO kit_schedule (name, spec, next_run_at) VALUES ('a', '@daily', now())"
	for _, db := range []*postgres.DB{one, other} {
		if _, err := db.Exec(t.Context(), add); err != nil {
			t.Errorf("a table of the migrations: %v, want it to be there and the row to be new", err)
		}
	}
	if one.Schema() == other.Schema() {
		t.Errorf("two tests share the schema %s", one.Schema())
	}
}
