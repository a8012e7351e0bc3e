package outbox

import (
	"context"
	"fmt"
	"time"
)

// Retention is how long published events are kept, to be delivered again if somebody
// asks for it.
const Retention = 14 * 24 * time.Hour

const (
	sweepInterval = time.Hour
	firstSweep    = time.Minute // of a process that may not live for an hour
	sweepRows     = 1000        // small enough to hold up nobody
)

// sweep does so now and then. All processes do, as it costs next to nothing.
func (r *Relay) sweep(ctx context.Context) {
	for pause := firstSweep; ; pause = sweepInterval {
		select {
		case <-time.After(jitter(pause)):
		case <-ctx.Done():
			return
		}
		if _, err := r.cfg.Outbox.Sweep(ctx, time.Now().Add(-Retention)); err != nil && ctx.Err() == nil {
			r.cfg.Logger.WarnContext(ctx, "old events stay in the outbox", "error", err)
		}
	}
}

// SKIP LOCKED, as other processes may be at it. What is held was published, but
// somebody waits for it.
const deleteOld = `DELETE FROM kit_outbox WHERE seq IN (
	SELECT seq FROM kit_outbox o
	WHERE published_at < $1 AND NOT EXISTS (SELECT FROM kit_outbox_held h WHERE h.seq = o.seq)
	ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED)`

// Sweep deletes the events that were published before a time and that no subscriber
// waits for, and returns how many.
func (o *Outbox) Sweep(ctx context.Context, before time.Time) (deleted int64, err error) {
	for {
		tag, err := o.db.Exec(ctx, deleteOld, before, sweepRows)
		if err != nil {
			return deleted, fmt.Errorf("delete old events of %s: %w", o.Module(), err)
		}
		deleted += tag.RowsAffected()
		if tag.RowsAffected() < sweepRows {
			return deleted, nil
		}
	}
}
