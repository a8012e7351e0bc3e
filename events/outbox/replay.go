package outbox

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
)

// A Selection says which published events are wanted once more. Its conditions add up;
// one that is left zero asks for nothing.
type Selection struct {
	IDs     []uuid.UUID
	Type    string // cart.checked_out
	Version int    // the major version
	// Events emitted from From on and before To. Default of To: when the reading begins.
	From, To time.Time
}

var errSelectsAll = errors.New("no event is chosen: give their type, their ids, or since when they were emitted")

func (s Selection) check() error {
	switch {
	case len(s.IDs) == 0 && s.Type == "" && s.From.IsZero():
		return errSelectsAll
	case !s.To.IsZero() && !s.From.Before(s.To):
		return fmt.Errorf("no event was emitted from %s on and before %s: expected the earlier time first", s.From.Format(time.RFC3339), s.To.Format(time.RFC3339))
	}
	return nil
}

const selected = `SELECT * FROM kit_outbox
	WHERE published_at IS NOT NULL AND seq > $1
	AND (cardinality($2::uuid[]) = 0 OR id = ANY ($2)) AND ($3 = '' OR type = $3) AND ($4 = 0 OR version = $4)
	AND created_at >= $5 AND created_at < $6
	ORDER BY seq LIMIT $7`

// Published reads the chosen events in the order of their emission, in batches of no
// more than [events.MaxBatch]. Events that are not published yet come by themselves,
// and those older than [Retention] are gone.
func (o *Outbox) Published(ctx context.Context, s Selection) iter.Seq2[[]events.Message, error] {
	return func(yield func([]events.Message, error) bool) {
		if err := s.check(); err != nil {
			yield(nil, err)
			return
		}
		if s.To.IsZero() {
			s.To = time.Now() // what is emitted meanwhile is no part of it
		}
		for after := int64(0); ; {
			p, err := o.page(ctx, bounded(selected), after, notNil(s.IDs), s.Type, s.Version, s.From, s.To, events.MaxBatch)
			if err != nil {
				yield(nil, fmt.Errorf("read published events of %s: %w", o.Module(), err))
				return
			}
			if len(p.seqs) == 0 || !yield(p.messages, nil) || p.isLast(events.MaxBatch) {
				return
			}
			after = p.last()
		}
	}
}

// notNil gives a missing list a length.
func notNil(ids []uuid.UUID) []uuid.UUID { return append([]uuid.UUID{}, ids...) }
