package otlp

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// health tells the log when the export begins to fail, and when it works again.
type health struct {
	exporter *Exporter
	failing  bool
	told     bool      // that it fails
	since    time.Time // when it began to
	spoke    time.Time // when a failure was told last
	dropped  uint64    // until it began
}

// quiet is how long nothing is said of a failure after the last, so that a receiver which
// takes every other batch does not fill the log.
const quiet = time.Minute

func (h *health) note(ctx context.Context, o outcome) {
	err := o.err
	if err == nil && o.rejected > 0 {
		err = fmt.Errorf("the receiver rejects %d spans of a batch: %s", o.rejected, o.said)
	}
	switch {
	case err != nil:
		h.fail(ctx, err)
	case h.failing:
		h.recover(ctx)
	}
}

// fail tells of a failure once, if need be when it has gone on until quiet is over.
func (h *health) fail(ctx context.Context, err error) {
	now := time.Now()
	if !h.failing {
		h.failing, h.told, h.since, h.dropped = true, false, now, h.exporter.allDropped()
	}
	if h.told || !h.spoke.IsZero() && now.Sub(h.spoke) < quiet {
		return
	}
	h.told, h.spoke = true, now
	h.exporter.logger.LogAttrs(ctx, slog.LevelWarn, "spans cannot be exported",
		slog.String("error", err.Error()), slog.String("server.address", h.exporter.address.Host),
		slog.String("fix", "see that OTEL_EXPORTER_OTLP_ENDPOINT is the address of a receiver; the service goes on, and spans are dropped when the queue is full"))
}

func (h *health) recover(ctx context.Context) {
	h.failing = false
	if !h.told {
		return
	}
	h.exporter.logger.LogAttrs(ctx, slog.LevelWarn, "spans are exported again",
		slog.Uint64("dropped", h.exporter.allDropped()-h.dropped), slog.Float64("duration_s", time.Since(h.since).Seconds()))
}

func (e *Exporter) allDropped() uint64 {
	var all uint64
	for r := range reasons {
		all += e.Dropped(r)
	}
	return all
}
