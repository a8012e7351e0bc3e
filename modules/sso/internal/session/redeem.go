package session

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/postgres"
)

// A Redemption is one request that presents a refresh token.
type Redemption struct {
	Token  string
	Client string
	// Arrived is when the request came, by time.Now: before another one's answer was
	// complete means that the two raced, after means that the answer was lost. Only how
	// long ago it was counts, since no two processes have the same clock.
	Arrived time.Time
}

// burst is how long a token that several redeemed at once is not redeemed
// again, since the rest of them may be on their way still; and how long an
// answer may take before it counts as lost with its process.
const burst = 2 * time.Second

// Redeem returns the token's session and its next refresh token. The rules are
// those of the package; an error other than the package's four is of the database.
func (s *Store) Redeem(ctx context.Context, r Redemption) (Session, string, error) {
	t, err := s.find(ctx, r)
	if err != nil {
		return Session{}, "", err
	}
	child := newToken(refreshPrefix)
	switch verdict := t.verdict(); verdict {
	case redeem, redeemAgain:
		err = s.rotate(ctx, t, verdict, child)
	case over:
		err = ErrOver
	case raced:
		err = cmp.Or(contest(ctx, s.db, t), ErrRaced)
	case replayed:
		err = cmp.Or(s.endFamily(ctx, s.db, t), ErrReplayed)
	}
	if err != nil {
		return Session{}, "", err
	}
	return t.session, child, nil
}

// A token is a row of refresh_tokens, as this request found it. Its times are by the
// database's clock, which is the one that all processes share.
type token struct {
	hash        []byte
	session     Session
	ended       bool
	expiresAt   time.Time
	usedAt      *time.Time
	answeredAt  *time.Time
	replacedAt  *time.Time
	contestedAt *time.Time
	foundAt     time.Time
	arrivedAt   time.Time
}

// ago is how many seconds have passed since then when the statement is sent that it is
// an argument of: what that waits for a connection counts.
type ago struct {
	now  func() time.Time
	then time.Time
}

// Value implements driver.Valuer.
func (a ago) Value() (driver.Value, error) { return a.now().Sub(a.then).Seconds(), nil }

func (s *Store) find(ctx context.Context, r Redemption) (token, error) {
	t := token{hash: digest(r.Token)}
	err := s.db.QueryRow(ctx, `
		SELECT `+columns+`, s.ended_at IS NOT NULL, r.expires_at, r.used_at, r.answered_at, r.replaced_at, r.contested_at, clock_timestamp(), clock_timestamp() - make_interval(secs => $3)
		FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id
		WHERE r.hash = $1 AND s.client_id = $2`, t.hash, r.Client, ago{s.now, r.Arrived}).
		Scan(append(t.session.fields(), &t.ended, &t.expiresAt, &t.usedAt, &t.answeredAt, &t.replacedAt, &t.contestedAt, &t.foundAt, &t.arrivedAt)...)
	if errors.Is(err, pgx.ErrNoRows) {
		return token{}, ErrUnknown
	}
	if err != nil {
		return token{}, fmt.Errorf("look up a refresh token: %w", err)
	}
	return t, nil
}

type verdict int

const (
	redeem      verdict = iota // it was never redeemed
	redeemAgain                // it was, and the answer may have been lost
	over                       // it or its session has ended
	raced                      // it is redeemed by another request right now
	replayed                   // it is a copy
)

func (t token) verdict() verdict {
	switch {
	case t.ended || !t.foundAt.Before(t.session.ExpiresAt) || !t.foundAt.Before(t.expiresAt):
		return over
	case t.replacedAt != nil:
		return replayed
	case t.usedAt == nil:
		return redeem
	case !t.arrivedAt.After(t.answered()), t.contestedAt != nil && t.foundAt.Before(t.contestedAt.Add(burst)):
		return raced
	}
	return redeemAgain
}

// answered is when the client can have had the answer to the last redemption.
func (t token) answered() time.Time {
	if t.answeredAt == nil {
		return t.usedAt.Add(burst)
	}
	return *t.answeredAt
}

// An outcome is an error that must not undo its transaction.
type outcome struct{ err error }

// rotate consumes the token and makes its child.
func (s *Store) rotate(ctx context.Context, t token, v verdict, child string) error {
	var out outcome
	err := s.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		out, err = s.rotateIn(ctx, tx, t, v, child)
		return err
	})
	if err != nil {
		return fmt.Errorf("redeem a refresh token: %w", err)
	}
	if out.err == nil {
		s.answer(ctx, t)
	}
	return out.err
}

// hold is how long the winner's answer is kept back, so that whoever races with
// it arrives before it. A refresh happens once in minutes and can wait so long.
const hold = 100 * time.Millisecond

// answer notes when the answer goes out: whoever arrived before cannot have had
// it. When the note fails, the answer counts as under way for a burst's time.
func (s *Store) answer(ctx context.Context, t token) {
	select {
	case <-time.After(hold):
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), burst)
	defer cancel()
	_, _ = s.db.Exec(ctx, `UPDATE refresh_tokens SET answered_at = clock_timestamp() WHERE hash = $1`, t.hash)
}

func (s *Store) rotateIn(ctx context.Context, tx postgres.Tx, t token, v verdict, child string) (outcome, error) {
	won, err := consume(ctx, tx, t)
	if err != nil {
		return outcome{}, err
	}
	if !won {
		return outcome{ErrRaced}, contest(ctx, tx, t)
	}
	if v == redeemAgain {
		replaced, err := replaceChild(ctx, tx, t)
		if err != nil {
			return outcome{}, err
		}
		if !replaced {
			return outcome{ErrReplayed}, s.endFamily(ctx, tx, t)
		}
	}
	return s.insertChild(ctx, tx, t, child)
}

// An execer is a transaction, or the database itself.
type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// consume marks the token as redeemed, provided that nobody has done so since
// it was found: used_at IS NULL for one that was never redeemed. The row lock
// makes all but one of any number of requests come too late.
func consume(ctx context.Context, tx postgres.Tx, t token) (bool, error) {
	var one int
	err := tx.QueryRow(ctx, `
		UPDATE refresh_tokens SET used_at = clock_timestamp(), answered_at = NULL
		WHERE hash = $1 AND used_at IS NOT DISTINCT FROM $2 AND replaced_at IS NULL
		RETURNING 1`, t.hash, t.usedAt).Scan(&one)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// replaceChild kills the child that never was used. There is none when it was.
func replaceChild(ctx context.Context, tx execer, t token) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE refresh_tokens SET replaced_at = clock_timestamp()
		WHERE parent = $1 AND used_at IS NULL AND replaced_at IS NULL`, t.hash)
	return err == nil && tag.RowsAffected() > 0, err
}

func (s *Store) insertChild(ctx context.Context, tx execer, t token, child string) (outcome, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO refresh_tokens (hash, session_id, parent, expires_at)
		SELECT $1, id, $3, $4 FROM sessions WHERE id = $2 AND ended_at IS NULL`,
		digest(child), t.session.ID, t.hash, s.tokenExpiry(t.session, s.now()))
	if err == nil && tag.RowsAffected() == 0 {
		return outcome{ErrOver}, nil // it ended a moment ago
	}
	return outcome{}, err
}

// contest notes that several redeem the token at once.
func contest(ctx context.Context, q execer, t token) error {
	if _, err := q.Exec(ctx, `UPDATE refresh_tokens SET contested_at = clock_timestamp() WHERE hash = $1`, t.hash); err != nil {
		return fmt.Errorf("note a contested refresh token: %w", err)
	}
	return nil
}

func (s *Store) endFamily(ctx context.Context, q postgres.Querier, t token) error {
	return s.end(ctx, q, t.session.ID, "a refresh token was redeemed again after its successor")
}
