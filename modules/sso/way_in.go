package sso

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// keepAWayIn takes a way to log in from the user, unless it is the last. The row of the
// user is locked: of two who take the last two at once, one is refused.
func (a accounts) keepAWayIn(ctx context.Context, user uuid.UUID, take func(context.Context, postgres.Tx) error) error {
	return a.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := a.lock(ctx, tx, user); err != nil {
			return err
		}
		if err := take(ctx, tx); err != nil {
			return err
		}
		var left bool
		err := tx.QueryRow(ctx, `
			SELECT coalesce(password_hash, '') <> '' OR EXISTS (SELECT FROM passkeys WHERE user_id = $1) OR EXISTS (SELECT FROM identities WHERE user_id = $1)
			FROM users WHERE id = $1`, user).Scan(&left)
		if err != nil {
			return fmt.Errorf("look up how user %s may log in: %w", user, err)
		}
		if !left {
			return problem.Conflict("this is the last way to log in to the account; set a password or add a passkey first").WithCode("last_way_in")
		}
		return nil
	})
}
