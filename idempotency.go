package slipway

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/postgres"
)

// idempotency keeps answers in the schema of the module whose routes they are.
type idempotency struct{ db *postgres.DB }

func newIdempotency(db *postgres.DB) *idempotency { return &idempotency{db} }

var _ api.IdempotencyStore = (*idempotency)(nil)

// claim inserts the key, or takes it over when its lease has ended with no
// answer; otherwise it changes nothing and returns no row.
const claimKey = `
INSERT INTO idempotency AS i (principal, route, key, fingerprint, lease_until)
VALUES ($1, $2, $3, $4, now() + $5)
ON CONFLICT (principal, route, key) DO UPDATE
   SET attempt = i.attempt + 1, lease_until = excluded.lease_until
 WHERE i.status IS NULL AND i.lease_until < now() AND i.fingerprint = excluded.fingerprint
RETURNING attempt`

// Begin implements api.IdempotencyStore.
func (s *idempotency) Begin(ctx context.Context, k api.IdempotencyRequest) (api.IdempotencyClaim, error) {
	c := api.IdempotencyClaim{Request: k}
	err := s.db.QueryRow(ctx, claimKey, k.Principal, k.Route, k.Key, k.Fingerprint[:], k.Lease).Scan(&c.Attempt)
	if err == nil {
		return c, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return c, fmt.Errorf("claim: %w", err)
	}
	return s.look(ctx, c)
}

// look reads the key that another request holds or has answered.
func (s *idempotency) look(ctx context.Context, c api.IdempotencyClaim) (api.IdempotencyClaim, error) {
	var fingerprint []byte
	var status *int
	var contentType *string
	k := c.Request
	err := s.db.QueryRow(ctx, `SELECT fingerprint, status, content_type, body FROM idempotency WHERE principal = $1 AND route = $2 AND key = $3`,
		k.Principal, k.Route, k.Key).Scan(&fingerprint, &status, &contentType, &c.Answer.Body)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		c.State = api.KeyInFlight // released this very moment; the client's retry will have it
		return c, nil
	case err != nil:
		return c, fmt.Errorf("look up: %w", err)
	case string(fingerprint) != string(k.Fingerprint[:]):
		c.State = api.KeyMismatch
	case status == nil:
		c.State = api.KeyInFlight
	default:
		c.State, c.Answer.Status = api.KeyAnswered, *status
		if contentType != nil {
			c.Answer.ContentType = *contentType
		}
	}
	return c, nil
}

// Finish implements api.IdempotencyStore.
func (s *idempotency) Finish(ctx context.Context, c api.IdempotencyClaim, a api.StoredAnswer) error {
	k := c.Request
	_, err := s.db.Exec(ctx, `
UPDATE idempotency SET status = $5, content_type = $6, body = $7, lease_until = NULL
 WHERE principal = $1 AND route = $2 AND key = $3 AND attempt = $4 AND status IS NULL`,
		k.Principal, k.Route, k.Key, c.Attempt, a.Status, a.ContentType, a.Body)
	return wrapf(err, "keep the answer")
}

// Release implements api.IdempotencyStore.
func (s *idempotency) Release(ctx context.Context, c api.IdempotencyClaim) error {
	k := c.Request
	_, err := s.db.Exec(ctx, `DELETE FROM idempotency WHERE principal = $1 AND route = $2 AND key = $3 AND attempt = $4 AND status IS NULL`,
		k.Principal, k.Route, k.Key, c.Attempt)
	return wrapf(err, "release the key")
}

// keptFor is how long an answer is replayed.
const keptFor = 24 * time.Hour

// sweep deletes answers that are past their time, now and then, until ctx is done.
func (s *idempotency) sweep(ctx context.Context) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			_, _ = s.db.Exec(ctx, `DELETE FROM idempotency WHERE created_at < now() - $1::interval`, keptFor) // the next tick tries again
		}
	}
}

func wrapf(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
