package files

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/telemetry"
)

// metrics count what becomes of files. A change is counted with its transaction, before it
// commits. How many files wait for their checks and for their variants the jobs tell.
type metrics struct {
	became   map[filesapi.State]prometheus.Counter
	rejected map[filesapi.Reason]prometheus.Counter
	taken    prometheus.Counter // bytes
	unwanted prometheus.Counter
	lost     prometheus.Counter
	refused  prometheus.Counter
}

// countedReasons are those of a rejection. The label has no other values than these and other.
var countedReasons = []filesapi.Reason{
	filesapi.ReasonEmpty, filesapi.ReasonTooLarge, filesapi.ReasonSize, filesapi.ReasonName, filesapi.ReasonType, filesapi.ReasonMismatch,
	filesapi.ReasonExecutable, filesapi.ReasonScript, filesapi.ReasonMacro, filesapi.ReasonPolyglot, filesapi.ReasonBomb, filesapi.ReasonUnsafe,
	filesapi.ReasonCorrupt, filesapi.ReasonEncrypted, filesapi.ReasonPixels, filesapi.ReasonTakesTooLong,
	filesapi.ReasonInfected, filesapi.ReasonNotScanned,
	filesapi.ReasonNotUploaded, filesapi.ReasonNotChecked, otherReason,
}

const otherReason filesapi.Reason = "other"

// newMetrics registers all counters at once, so that each is there, as 0, before its first time.
func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		became: map[filesapi.State]prometheus.Counter{}, rejected: map[filesapi.Reason]prometheus.Counter{},
		taken: telemetry.Register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "slipway_files_taken_bytes_total", Help: "Bytes of files that came in, whatever became of them.",
		})),
		refused: telemetry.Register(r, prometheus.NewCounter(prometheus.CounterOpts{
			Name: "slipway_files_reconcile_refused_total", Help: "Times at which store and rows differed by more than the limit, so that nothing was changed.",
		})),
	}
	became := telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slipway_files_total", Help: "Files by what became of them: stored, rejected, expired (their content is still to be removed) or deleted.",
	}, []string{"state"}))
	for _, state := range []filesapi.State{filesapi.StateStored, filesapi.StateRejected, filesapi.StateExpired, filesapi.StateDeleted} {
		m.became[state] = became.WithLabelValues(string(state))
	}
	rejected := telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slipway_files_rejected_total", Help: "Files that were rejected, by reason.",
	}, []string{"reason"}))
	for _, reason := range countedReasons {
		m.rejected[reason] = rejected.WithLabelValues(string(reason))
	}
	found := telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "slipway_files_reconciled_total", Help: "What did not fit when the store was compared with the rows each night: unwanted (objects without a row) or lost (rows without an object).",
	}, []string{"found"}))
	m.unwanted, m.lost = found.WithLabelValues("unwanted"), found.WithLabelValues("lost")
	return m
}

// change counts what a file has become.
func (m *metrics) change(before, after record) {
	if counter := m.became[after.State]; counter != nil && before.State != after.State {
		counter.Inc()
	}
	if after.State != filesapi.StateRejected {
		return
	}
	counter := m.rejected[after.Reason]
	if counter == nil {
		counter = m.rejected[otherReason]
	}
	counter.Inc()
}

func (m *metrics) reconciled(f findings) {
	m.unwanted.Add(float64(f.Orphans))
	m.lost.Add(float64(f.Lost + f.LostVariants))
	if f.OverLimit {
		m.refused.Inc()
	}
}
