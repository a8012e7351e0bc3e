package session

import (
	"context"
	"fmt"
	"time"
)

// InBrowser returns the session whose cookie holds the secret, if it goes on, and notes
// that it is used.
func (s *Store) InBrowser(ctx context.Context, secret string) (Session, bool, error) {
	found, ok, err := one(s.query(ctx, `cookie_hash = $2`, digest(secret)))
	now := s.now()
	if err != nil || !ok || now.Sub(found.UsedAt) < min(noteEvery, s.cfg.Idle/10) {
		return found, ok, err
	}
	found.UsedAt = now
	if _, err := s.db.Exec(ctx, `UPDATE sessions SET used_at = $2 WHERE id = $1`, found.ID, now); err != nil {
		return Session{}, false, fmt.Errorf("note the use of session %s: %w", found.ID, err)
	}
	return found, true, nil
}

// noteEvery spares a write for each of a browser's requests.
const noteEvery = time.Hour

// Renew makes the browser's session that of a new login by the same user, and returns
// it with its new secret: the old one is worth nothing from then on. Clients that it has
// let in stay. It returns false when the session has ended meanwhile, or the login comes
// too late as in [ErrRefused].
func (s *Store) Renew(ctx context.Context, old Session, l Login) (Session, string, bool, error) {
	renewed, secret := s.begin(l), newToken(cookiePrefix)
	renewed.ID, renewed.BegunAt = old.ID, old.BegunAt
	tag, err := s.db.Exec(ctx, `
		UPDATE sessions SET cookie_hash = $3, method = $4, address = $5, user_agent = $6, auth_time = $7, used_at = $7, expires_at = $8
		FROM (SELECT users.id`+ofOpenAccount(`$10`)+`) account
		WHERE sessions.id = $1 AND user_id = account.id AND ended_at IS NULL AND expires_at > $9`,
		old.ID, l.User, digest(secret), string(renewed.Method), renewed.Device.Address, renewed.Device.UserAgent,
		renewed.AuthTime, renewed.ExpiresAt, s.now(), l.PasswordHash)
	if err != nil {
		return Session{}, "", false, fmt.Errorf("renew session %s: %w", old.ID, err)
	}
	return renewed, secret, tag.RowsAffected() == 1, nil
}
