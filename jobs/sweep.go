package jobs

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

const (
	keptFor       = 14 * 24 * time.Hour
	sweepInterval = time.Hour
	sweepBatch    = 1000
)

// What is dead has no done_at: it stays until a person has looked at it.
const deleteOld = `
DELETE FROM kit_delivery WHERE id = ANY (ARRAY(
       SELECT id FROM kit_delivery WHERE done_at < now() - $1::interval ORDER BY done_at LIMIT $2))`

// sweep deletes what was finished long ago, now and then, until ctx is done.
func (w *Worker) sweep(ctx context.Context) {
	for sleep(ctx, rand.N(sweepInterval)) { //nolint:gosec // jitter is no secret
		if err := errors.Join(w.purge(ctx), w.purgeAside(ctx)); err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "old deliveries are not deleted at the moment", "error", err)
		}
	}
}

// purge deletes in batches, so that nobody waits for it.
func (w *Worker) purge(ctx context.Context) error {
	for {
		tag, err := w.cfg.DB.Exec(ctx, deleteOld, keptFor, sweepBatch)
		if err != nil || tag.RowsAffected() < sweepBatch {
			return err
		}
	}
}
