package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// Why a refresh token is not redeemed.
var (
	ErrUnknown  = errors.New("the refresh token is not known here, or not to this client")
	ErrOver     = errors.New("the session is over")
	ErrRaced    = errors.New("the refresh token was redeemed by another request at the same time; go on with that one's answer")
	ErrReplayed = errors.New("the refresh token was redeemed before and its successor is in use; the session has been ended, since one of the two holders is not its owner")
)

// A Session is a login that goes on.
type Session struct {
	ID        uuid.UUID
	User      uuid.UUID
	Client    string // that the tokens are issued to
	AuthTime  time.Time
	ExpiresAt time.Time // however often it is continued
}

// Config says how long sessions live.
type Config struct {
	// Idle is how long a refresh token waits to be redeemed. Default: 720h.
	Idle time.Duration
	// Life is how long a session lasts however busy it is. Default: 2160h.
	Life time.Duration
}

// A Store keeps sessions. It is safe for concurrent use.
type Store struct {
	db  *postgres.DB
	cfg Config
}

// NewStore returns a store over the tables sessions and refresh_tokens.
func NewStore(db *postgres.DB, cfg Config) *Store {
	cfg.Idle = cmp.Or(cfg.Idle, 720*time.Hour)
	cfg.Life = cmp.Or(cfg.Life, 2160*time.Hour)
	return &Store{db: db, cfg: cfg}
}

// Begin opens a session for who has just logged in, and returns it with its
// first refresh token.
func (s *Store) Begin(ctx context.Context, user uuid.UUID, client string) (Session, string, error) {
	now := time.Now()
	begun := Session{ID: uuid.New(), User: user, Client: client, AuthTime: now, ExpiresAt: now.Add(s.cfg.Life)}
	token := newToken()
	// One statement: a session without a token would be of no use.
	_, err := s.db.Exec(ctx, `
		WITH s AS (
			INSERT INTO sessions (id, user_id, client_id, auth_time, expires_at) VALUES ($1, $2, $3, $4, $5) RETURNING id
		)
		INSERT INTO refresh_tokens (hash, session_id, expires_at) SELECT $6, id, $7 FROM s`,
		begun.ID, begun.User, begun.Client, begun.AuthTime, begun.ExpiresAt, digest(token), s.tokenExpiry(begun, now))
	if err != nil {
		return Session{}, "", fmt.Errorf("begin a session: %w", err)
	}
	return begun, token, nil
}

// Alive reports whether the session goes on.
func (s *Store) Alive(ctx context.Context, id uuid.UUID) (bool, error) {
	var alive bool
	err := s.db.QueryRow(ctx, `SELECT ended_at IS NULL AND expires_at > $2 FROM sessions WHERE id = $1`, id, time.Now()).Scan(&alive)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up session %s: %w", id, err)
	}
	return alive, nil
}

// End ends the session and every refresh token of it; why is for who reads the table.
func (s *Store) End(ctx context.Context, id uuid.UUID, why string) error {
	_, err := s.db.Exec(ctx, endSession, id, time.Now(), why)
	if err != nil {
		return fmt.Errorf("end session %s: %w", id, err)
	}
	return nil
}

const endSession = `UPDATE sessions SET ended_at = $2, ended_why = $3 WHERE id = $1 AND ended_at IS NULL`

// Sweep deletes sessions that have been over for a while.
func (s *Store) Sweep(ctx context.Context) error {
	_, err := s.db.Exec(ctx, `DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1`, time.Now().Add(-keepEnded))
	if err != nil {
		return fmt.Errorf("sweep sessions: %w", err)
	}
	return nil
}

// keepEnded is how long one can still see why a session ended.
const keepEnded = 7 * 24 * time.Hour

// tokenExpiry is when a token issued now goes stale.
func (s *Store) tokenExpiry(of Session, now time.Time) time.Time {
	expiry := now.Add(s.cfg.Idle)
	if of.ExpiresAt.Before(expiry) {
		return of.ExpiresAt
	}
	return expiry
}

// newToken returns a refresh token. The prefix lets people and secret scanners
// recognise one.
func newToken() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return "slr_" + base64.RawURLEncoding.EncodeToString(b)
}

func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
