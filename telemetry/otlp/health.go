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
	told     bool
	since    time.Time
	dropped  uint64 // until then
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
	case err != nil && !h.failing:
		h.fail(ctx, err)
	case err == nil && h.failing:
		h.recover(ctx)
	}
}

func (h *health) fail(ctx context.Context, err error) {
	now := time.Now()
	h.failing, h.told, h.dropped = true, h.since.IsZero() || now.Sub(h.since) >= quiet, h.exporter.allDropped()
	if !h.told {
		return
	}
	h.since = now
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
