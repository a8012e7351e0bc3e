package session

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/postgres"
)

// RenewTokens has the access tokens of these users' sessions refused that were issued
// before: the sessions go on, with what the users may do now.
func (s *Store) RenewTokens(ctx context.Context, q postgres.Querier, users []uuid.UUID) error {
	if len(users) == 0 {
		return nil
	}
	now := s.now()
	_, err := q.Exec(ctx, `
		INSERT INTO revocations (key, before, until)
		SELECT sha256(convert_to('sid:' || id, 'UTF8')), $2, $3 FROM sessions WHERE user_id = ANY($1) AND ended_at IS NULL AND expires_at > $2`,
		users, now, revocation.Until(now))
	if err != nil {
		return fmt.Errorf("renew the tokens of %v: %w", users, err)
	}
	return nil
}
