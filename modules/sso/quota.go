package sso

import (
	"context"
	"fmt"
	"time"

	"github.com/slipway-go/slipway/postgres"
)

// A quota allows so many of something in each window of time, by all processes together,
// and then no more until the next: where a [brake] slows one down, it bounds what all cost.
type quota struct {
	name   string
	limit  int
	window time.Duration
}

// take counts n, or refuses when that is more than is left. With n = 0 it counts nothing
// and asks whether there is one left. It is one statement, so that of many at once
// none slips past, and part of a transaction: what comes to nothing costs nothing.
func (q quota) take(ctx context.Context, tx postgres.Tx, who string, n int) error {
	now := time.Now().UTC()
	start := now.Truncate(q.window)
	tag, err := tx.Exec(ctx, `
		INSERT INTO throttles AS t (bucket, failures, updated_at) VALUES ($1, $2, $3)
		ON CONFLICT (bucket) DO UPDATE SET failures = t.failures + $2, updated_at = $3
		WHERE t.failures + greatest($2, 1) <= $4`,
		bucket(q.name, who, start.Format(time.RFC3339)), n, now, q.limit)
	if err != nil {
		return fmt.Errorf("charge the quota %s: %w", q.name, err)
	}
	if tag.RowsAffected() == 0 {
		return tooMany(start.Add(q.window).Sub(now))
	}
	return nil
}
