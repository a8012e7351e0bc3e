package sso

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
)

// Profile returns what clients may know of the user, or false when the account is
// closed or gone.
func (a accounts) Profile(ctx context.Context, user uuid.UUID) (grant.Profile, bool, error) {
	var p grant.Profile
	err := a.db.QueryRow(ctx, `
		SELECT name, coalesce(updated_at, created_at), email, email_confirmed_at IS NOT NULL, coalesce(phone, '')
		FROM users WHERE id = $1 AND disabled_at IS NULL`, user).
		Scan(&p.Name, &p.UpdatedAt, &p.Email, &p.EmailConfirmed, &p.Phone)
	if errors.Is(err, pgx.ErrNoRows) {
		return grant.Profile{}, false, nil
	}
	if err != nil {
		return grant.Profile{}, false, fmt.Errorf("look up the profile of %s: %w", user, err)
	}
	return p, true, nil
}
