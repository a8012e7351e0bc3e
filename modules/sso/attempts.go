package sso

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/sso/internal/social"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// attempts are the logins under way at providers.
type attempts struct{ db *postgres.DB }

// attemptLife is how long somebody may take at the provider.
const attemptLife = 10 * time.Minute

// A way is what an attempt is for.
type way struct {
	provider string
	linkTo   *uuid.UUID // whose account; nil to log in
	returnTo string
}

// keep notes what the attempt is for.
func (a attempts) keep(ctx context.Context, at social.Attempt, w way) error {
	_, err := a.db.Exec(ctx, `INSERT INTO social_attempts (hash, provider, link_to, return_to, expires_at) VALUES ($1, $2, $3, $4, $5)`,
		at.Key(), w.provider, w.linkTo, w.returnTo, time.Now().Add(attemptLife))
	if err != nil {
		return fmt.Errorf("begin a login by a provider: %w", err)
	}
	return nil
}

// take returns what the attempt is for and takes it away: it is good for one answer, of
// that provider, in that browser.
func (a attempts) take(ctx context.Context, at social.Attempt, provider string) (way, error) {
	w := way{provider: provider}
	err := a.db.QueryRow(ctx, `DELETE FROM social_attempts WHERE hash = $1 AND provider = $2 AND expires_at > $3 RETURNING link_to, return_to`,
		at.Key(), provider, time.Now()).Scan(&w.linkTo, &w.returnTo)
	if errors.Is(err, pgx.ErrNoRows) {
		return way{}, problem.Forbidden("this login was not begun in this browser, or more than ten minutes ago, or was finished before; begin again").
			WithCode("foreign_login")
	}
	if err != nil {
		return way{}, fmt.Errorf("finish a login by a provider: %w", err)
	}
	return w, nil
}

func (a attempts) sweep(ctx context.Context) error {
	if _, err := a.db.Exec(ctx, `DELETE FROM social_attempts WHERE expires_at < $1`, time.Now()); err != nil {
		return fmt.Errorf("sweep logins by providers: %w", err)
	}
	return nil
}
