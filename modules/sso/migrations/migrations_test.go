package migrations_test

import (
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/dbtest"
	"github.com/slipway-go/slipway/modules/sso/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func TestMigrations_DownLeavesNothing(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t)
	for range 2 {
		if err := db.Down(t.Context(), migrations.Files, 0); err != nil {
			t.Fatalf("Down() = %v", err)
		}
		var left []string
		err := db.QueryRow(t.Context(), `SELECT coalesce(array_agg(tablename::text), '{}') FROM pg_tables WHERE schemaname = current_schema() AND tablename <> 'migrations'`).Scan(&left)
		if err != nil || len(left) > 0 {
			t.Errorf("tables %v are left, %v", left, err)
		}
		if err := db.Up(t.Context(), nil, migrations.Files); err != nil {
			t.Fatalf("Up() = %v", err)
		}
	}
}
