package outbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// strangersInterval is how often a relay looks for events of topics that it does not know.
const strangersInterval = 5 * time.Second

// strangers are events that stay in the outbox, since this version of the module does not
// declare their topics.
type strangers struct {
	looked time.Time
	told   map[string]bool // topics that were logged
}

const strangeRows = "SELECT " + topic + ", count(*), max(seq) FROM kit_outbox WHERE published_at IS NULL AND " + topic + " <> ALL ($1) GROUP BY 1"

// lookForStrangers tells once of each topic that is not declared. The relay does not look at
// their rows again and again: it has just seen all that it knows itself, and goes on behind.
func (r *Relay) lookForStrangers(ctx context.Context) error {
	if r.cfg.Topics == nil || time.Since(r.strange.looked) < strangersInterval {
		return nil
	}
	r.strange.looked = time.Now()
	rows, err := r.cfg.Outbox.db.Query(ctx, strangeRows, r.cfg.Topics)
	if err != nil {
		return fmt.Errorf("look for undeclared events of %s: %w", r.cfg.Outbox.Module(), err)
	}
	found := map[string]int64{}
	var name string
	var n, last int64
	_, err = pgx.ForEachRow(rows, []any{&name, &n, &last}, func() error {
		found[name] = n
		r.seen.published(last)
		return nil
	})
	if err != nil {
		return fmt.Errorf("look for undeclared events of %s: %w", r.cfg.Outbox.Module(), err)
	}
	r.tellOfStrangers(ctx, found)
	return nil
}

func (r *Relay) tellOfStrangers(ctx context.Context, found map[string]int64) {
	maps.DeleteFunc(r.strange.told, func(topic string, _ bool) bool { _, still := found[topic]; return !still })
	if r.strange.told == nil {
		r.strange.told = map[string]bool{}
	}
	var count int64
	var topics []string
	for _, topic := range slices.Sorted(maps.Keys(found)) {
		if !r.strange.told[topic] {
			r.strange.told[topic] = true
			topics, count = append(topics, topic), count+found[topic]
		}
	}
	if count > 0 {
		r.cfg.Logger.WarnContext(ctx, "events stay in the outbox, for a version of the module that declares them: does this one declare them with slipway.Emits?",
			"count", count, "topics", strings.Join(topics, ", "))
	}
}
