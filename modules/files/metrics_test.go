package files

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/telemetry/metricstest"
)

func TestMetrics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ada, registry := w.As("customer"), prometheus.NewRegistry()
	w.service.metrics = newMetrics(registry)

	lost := sendFile(t, ada, "documents", "hello.txt", hello)
	send(ada, "documents", filePart("hello.txt", "#!/bin/sh\necho hello\n"), end).Want(http.StatusUnprocessableEntity)
	complete(ada, w.arrive(t, ada, "documents", "others.txt", "others")).Want(http.StatusAccepted)
	w.exec(t, `UPDATE files SET expires_at = now() WHERE name = 'others.txt'`)
	w.tick(t)
	w.RunJobs()
	w.lose(t, lost.ID)
	w.put(t, contentKey(uuid.New()), "hello")
	w.service.cfg.Grace = 0
	if _, err := w.service.reconcileDaily(t.Context(), jobs.Delivery[jobs.Slot]{}); err != nil {
		t.Fatal(err)
	}
	w.service.metrics.change(record{}, record{State: filesapi.StateRejected, Reason: "made up"})

	for _, want := range []string{
		`slipway_files_total{state="stored"} 2`, `slipway_files_total{state="rejected"} 2`, `slipway_files_total{state="deleted"} 2`,
		`slipway_files_rejected_total{reason="script"} 1`, `slipway_files_rejected_total{reason="other"} 1`, `slipway_files_rejected_total{reason="empty"} 0`,
		`slipway_files_taken_bytes_total{} 41`,
		`slipway_files_reconciled_total{found="unwanted"} 1`, `slipway_files_reconciled_total{found="lost"} 1`, `slipway_files_reconcile_refused_total{} 0`,
	} {
		metricstest.Want(t, registry, want)
	}
}
