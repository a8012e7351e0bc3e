package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
)

const hold = `WITH found AS (SELECT seq FROM kit_outbox WHERE id = ANY ($2)),
	held AS (INSERT INTO kit_outbox_held (subscriber, seq) SELECT $1, seq FROM found ON CONFLICT DO NOTHING)
	SELECT count(*) FROM found`

// Hold remembers that a subscriber could not take these events.
func (o *Outbox) Hold(ctx context.Context, subscriber string, ids []uuid.UUID) error {
	var found int
	if err := o.db.QueryRow(ctx, hold, subscriber, ids).Scan(&found); err != nil {
		return fmt.Errorf("hold events of %s for %s: %w", o.Module(), subscriber, err)
	}
	if wanted := distinct(ids); found < wanted {
		return fmt.Errorf("hold events of %s for %s: %d of %d are not in its outbox", o.Module(), subscriber, wanted-found, wanted)
	}
	return nil
}

func distinct(ids []uuid.UUID) int {
	set := map[uuid.UUID]struct{}{}
	for _, id := range ids {
		set[id] = struct{}{}
	}
	return len(set)
}

const held = `SELECT o.* FROM kit_outbox_held h JOIN kit_outbox o USING (seq) WHERE h.subscriber = $1 ORDER BY h.seq LIMIT $2`

// Held returns the first events that are held for a subscriber, in the order of their
// emission: as many as the limit, or fewer if they are large.
func (o *Outbox) Held(ctx context.Context, subscriber string, limit int) ([]events.Message, error) {
	p, err := o.page(ctx, bounded(held), subscriber, limit)
	if err != nil {
		return nil, fmt.Errorf("read the events of %s held for %s: %w", o.Module(), subscriber, err)
	}
	return p.messages, nil
}

// Release forgets that these events were held for a subscriber, which has them now.
func (o *Outbox) Release(ctx context.Context, subscriber string, ids []uuid.UUID) error {
	const release = "DELETE FROM kit_outbox_held h USING kit_outbox o WHERE h.subscriber = $1 AND h.seq = o.seq AND o.id = ANY ($2)"
	if _, err := o.db.Exec(ctx, release, subscriber, ids); err != nil {
		return fmt.Errorf("release events of %s held for %s: %w", o.Module(), subscriber, err)
	}
	return nil
}

// Forget drops everything that is held for a subscriber that is gone for good, and
// returns how much that was.
func (o *Outbox) Forget(ctx context.Context, subscriber string) (dropped int64, err error) {
	tag, err := o.db.Exec(ctx, "DELETE FROM kit_outbox_held WHERE subscriber = $1", subscriber)
	if err != nil {
		return 0, fmt.Errorf("drop the events of %s held for %s: %w", o.Module(), subscriber, err)
	}
	return tag.RowsAffected(), nil
}

const unhold = `WITH released AS (DELETE FROM kit_outbox_held RETURNING seq)
	UPDATE kit_outbox SET published_at = NULL WHERE seq IN (SELECT seq FROM released)`

// Unhold makes everything that is held unpublished again, and returns how many events
// that were. Every subscriber gets them then, those that had them already as well.
func (o *Outbox) Unhold(ctx context.Context) (unheld int64, err error) {
	tag, err := o.db.Exec(ctx, unhold)
	if err != nil {
		return 0, fmt.Errorf("publish again what %s holds for others: %w", o.Module(), err)
	}
	return tag.RowsAffected(), nil
}
