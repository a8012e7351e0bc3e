package sso

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

// claim gives an account to who has read a code that was mailed to its e-mail, which
// nobody had confirmed: somebody else may have registered with it and wait for the owner
// to come. Whatever they left that lets them in ends. The owner is told of a password,
// which was perhaps their own.
func (s *service) claim(ctx context.Context, tx postgres.Tx, found account, news change) error {
	if err := s.accounts.clear(ctx, tx, found.id); err != nil {
		return err
	}
	if err := s.sessions.EndAll(ctx, tx, found.id, uuid.Nil, "the e-mail was confirmed for the first time, by a code that was mailed there"); err != nil {
		return err
	}
	s.logger.InfoContext(ctx, "account claimed by the owner of its e-mail", "user_id", found.id)
	if found.passwordHash == "" || news == "" {
		return nil
	}
	return s.codes.tell(ctx, tx, found, found.email, news)
}

// clear takes every way to log in from the account, also those that are about to be
// added, and notes that its e-mail is confirmed. The row of the user has to be locked.
func (a accounts) clear(ctx context.Context, tx postgres.Tx, id uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		WITH made AS (DELETE FROM passkeys WHERE user_id = $1), begun AS (DELETE FROM passkey_ceremonies WHERE user_id = $1),
			linked AS (DELETE FROM identities WHERE user_id = $1), linking AS (DELETE FROM social_attempts WHERE link_to = $1),
			asked AS (DELETE FROM challenges WHERE user_id = $1)
		UPDATE users SET password_hash = NULL, phone = NULL, email_confirmed_at = $2, updated_at = $2 WHERE id = $1`, id, time.Now())
	if err != nil {
		return fmt.Errorf("clear an account: %w", err)
	}
	return nil
}

// inSession has change add to the ways by which the user logs in. The row of the user is
// locked, and the session goes on that asks for it: its access token is believed for
// seconds after its end, in which who was put out must not let themselves in again.
func (a accounts) inSession(ctx context.Context, user, session uuid.UUID, change func(context.Context, postgres.Tx) error) error {
	return a.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := a.hold(ctx, tx, user, session); err != nil {
			return err
		}
		return change(ctx, tx)
	})
}

// hold locks the row of the user, and refuses a session that has ended.
func (a accounts) hold(ctx context.Context, tx postgres.Tx, user, session uuid.UUID) error {
	if err := a.lock(ctx, tx, user); err != nil {
		return err
	}
	var ended bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM sessions WHERE id = $1 AND ended_at IS NOT NULL)`, session).Scan(&ended); err != nil {
		return fmt.Errorf("look up session %s: %w", session, err)
	}
	if ended {
		return problem.Unauthorized("the session has ended; log in again").WithCode("session_ended")
	}
	return nil
}

func (accounts) lock(ctx context.Context, tx postgres.Tx, user uuid.UUID) error {
	if _, err := tx.Exec(ctx, `SELECT FROM users WHERE id = $1 FOR UPDATE`, user); err != nil {
		return fmt.Errorf("lock user %s: %w", user, err)
	}
	return nil
}
