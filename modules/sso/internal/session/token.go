package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
)

// OfToken returns the session of a refresh token, whatever became of the token, and
// whether it can be redeemed now. A token that nobody gave out has no session: its ID
// is zero.
func (s *Store) OfToken(ctx context.Context, refreshToken string) (of Session, good bool, err error) {
	now := s.now()
	err = s.db.QueryRow(ctx, `
		SELECT `+columns+`, s.ended_at IS NULL AND s.expires_at > $2 AND r.expires_at > $2 AND r.used_at IS NULL AND r.replaced_at IS NULL
		FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id WHERE r.hash = $1`, digest(refreshToken), now).
		Scan(append(of.fields(), &good)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, false, nil
	}
	if err != nil {
		return Session{}, false, fmt.Errorf("look up the session of a refresh token: %w", err)
	}
	return of, good, nil
}

// RevokeToken has one access token believed by nobody any more.
func (s *Store) RevokeToken(ctx context.Context, tokenID string, expires time.Time) error {
	return revocation.RevokeToken(ctx, s.db, tokenID, expires)
}

// Believes reports whether the principal's token is good still: neither it nor its
// client was revoked, and the session that it has goes on.
func (s *Store) Believes(ctx context.Context, p *auth.Principal) (bool, error) {
	keys := [][]byte{}
	for _, key := range []auth.RevocationKey{auth.TokenKey(p.TokenID), auth.ClientKey(p.ClientID), auth.SessionKey(p.SessionID)} {
		keys = append(keys, key[:])
	}
	id, err := uuid.Parse(p.SessionID)
	if err != nil && !p.IsService() {
		return false, nil // a user's token is always of a session
	}
	var good bool
	err = s.db.QueryRow(ctx, `
		SELECT NOT EXISTS (SELECT FROM revocations WHERE key = ANY($1) AND until > $2 AND (before IS NULL OR before > $3))
			AND ($4 OR EXISTS (SELECT FROM sessions WHERE id = $5 AND ended_at IS NULL AND expires_at > $2))`,
		keys, s.now(), p.IssuedAt, p.IsService(), id).Scan(&good)
	if err != nil {
		return false, fmt.Errorf("look for what a token was revoked by: %w", err)
	}
	return good, nil
}
