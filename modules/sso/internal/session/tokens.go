package session

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/postgres"
)

// RenewTokens has the access tokens of the user's sessions refused that were issued before:
// the sessions go on, with what the user may do now.
func (s *Store) RenewTokens(ctx context.Context, q postgres.Querier, user uuid.UUID) error {
	now := s.now()
	_, err := q.Exec(ctx, `
		INSERT INTO revocations (key, before, until)
		SELECT sha256(convert_to('sid:' || id, 'UTF8')), $2, $3 FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2`,
		user, now, revocation.Until(now))
	if err != nil {
		return fmt.Errorf("renew the tokens of %s: %w", user, err)
	}
	return nil
}
