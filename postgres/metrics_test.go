package postgres_test

import (
	"context"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry/metricstest"
)

func TestDB_Register(t *testing.T) {
	t.Parallel()
	db, r := open(t), prometheus.NewRegistry()
	db.Register(r)
	err := db.InTx(t.Context(), func(context.Context, postgres.Tx) error {
		metricstest.Want(t, r, `db_client_connections{state="used"} 1`)
		metricstest.Want(t, r, "db_client_connection_max{} 8")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	metricstest.Want(t, r, `db_client_connections{state="used"} 0`)
	metricstest.Want(t, r, `db_client_connections{state="idle"} 1`)
}
