package session

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/modules/sso/internal/revocation"
	"github.com/slipway-go/slipway/postgres"
)

// Why a refresh token is not redeemed.
var (
	ErrUnknown  = errors.New("the refresh token is not known here, or not to this client")
	ErrOver     = errors.New("the session is over")
	ErrRaced    = errors.New("the refresh token was redeemed by another request at the same time; go on with that one's answer")
	ErrReplayed = errors.New("the refresh token was redeemed before and its successor is in use; the session has been ended, since one of the two holders is not its owner")
)

// ErrRefused says that a login came too late: its account was closed, or the password that
// it was by is not the account's any more.
var ErrRefused = errors.New("the account was closed a moment ago, or its password changed")

// A Method is how somebody proved who they are.
type Method string

// The methods.
const (
	Password Method = "password"
	Code     Method = "code"
	Passkey  Method = "passkey"
	Social   Method = "social"
)

// A Session is a login that goes on: somebody's own, in an app or a browser, or that
// of a client that a browser's session let in.
type Session struct {
	ID        uuid.UUID
	User      uuid.UUID
	Parent    uuid.UUID // the browser's session that let the client in; zero for none
	Client    string    // that the tokens are issued to
	Method    Method
	Scope     []string // what the client was granted; nil for everything that the user may
	Device    Device
	AuthTime  time.Time
	BegunAt   time.Time
	UsedAt    time.Time // by a browser, to the hour
	ExpiresAt time.Time // however often it is continued
}

// Family is the session that ends with all of its login: the browser's, or the session itself.
func (s Session) Family() uuid.UUID {
	if s.Parent != uuid.Nil {
		return s.Parent
	}
	return s.ID
}

// A Device is where a session was begun, for its owner to recognise.
type Device struct {
	Address   string
	UserAgent string
}

// A Login begins a session.
type Login struct {
	User   uuid.UUID
	Client string
	Method Method
	Device Device
	// PasswordHash is what the password was compared with, which must be the account's
	// still. "" for a login that was not by a password.
	PasswordHash string
	// Parent is the browser's session that lets the client in; its AuthTime,
	// Method and ExpiresAt are taken over and its end is the end of both. Nil for none.
	Parent *Session
	Scope  []string // see Session
}

// Config says how long sessions live.
type Config struct {
	// Idle is how long a refresh token waits to be redeemed, and a browser's session to
	// be used. Default: 720h.
	Idle time.Duration
	// Life is how long a session lasts however busy it is. Default: 2160h.
	Life time.Duration
}

// A Store keeps sessions. It is safe for concurrent use.
type Store struct {
	db  *postgres.DB
	cfg Config
	now func() time.Time // what this process believes, of which others may differ
}

// NewStore returns a store over the tables sessions and refresh_tokens.
func NewStore(db *postgres.DB, cfg Config) *Store {
	cfg.Idle = cmp.Or(cfg.Idle, 720*time.Hour)
	cfg.Life = cmp.Or(cfg.Life, 2160*time.Hour)
	return &Store{db: db, cfg: cfg, now: time.Now}
}

// Begin opens a session for who has just logged in, and returns it with its
// first refresh token; or [ErrRefused].
func (s *Store) Begin(ctx context.Context, l Login) (Session, string, error) {
	begun, token := s.begin(l), newToken(refreshPrefix)
	if err := s.makeRoom(ctx, s.db, begun); err != nil {
		return Session{}, "", fmt.Errorf("begin a session: %w", err)
	}
	tag, err := s.db.Exec(ctx, insertContinued(insertSession+ofOpenAccount(`$15`)),
		append(begun.row(nil), digest(token), s.tokenExpiry(begun, begun.BegunAt), l.PasswordHash)...)
	if err := refusedWithout(tag, err); err != nil {
		return Session{}, "", fmt.Errorf("begin a session: %w", err)
	}
	return begun, token, nil
}

func refusedWithout(tag pgconn.CommandTag, err error) error {
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrRefused
	}
	return err
}

// BeginInBrowser opens a session for who has just logged in in a browser, and returns
// it with the secret that its cookie holds; or [ErrRefused].
func (s *Store) BeginInBrowser(ctx context.Context, l Login) (Session, string, error) {
	begun, secret := s.begin(l), newToken(cookiePrefix)
	if err := s.makeRoom(ctx, s.db, begun); err != nil {
		return Session{}, "", fmt.Errorf("begin a session in a browser: %w", err)
	}
	tag, err := s.db.Exec(ctx, insertSession+ofOpenAccount(`$13`), append(begun.row(digest(secret)), l.PasswordHash)...)
	if err := refusedWithout(tag, err); err != nil {
		return Session{}, "", fmt.Errorf("begin a session in a browser: %w", err)
	}
	return begun, secret, nil
}

func (s *Store) begin(l Login) Session {
	now := s.now()
	begun := Session{
		ID: uuid.New(), User: l.User, Client: l.Client, Method: l.Method, Scope: l.Scope, Device: l.Device,
		AuthTime: now, BegunAt: now, UsedAt: now, ExpiresAt: now.Add(s.cfg.Life),
	}
	begun.Device.UserAgent = cut(begun.Device.UserAgent)
	if p := l.Parent; p != nil {
		begun.Parent, begun.AuthTime, begun.Method, begun.ExpiresAt = p.ID, p.AuthTime, p.Method, p.ExpiresAt
	}
	return begun
}

// maxUserAgent is what of a browser's description of itself is worth keeping.
const maxUserAgent = 200

func cut(userAgent string) string {
	return strings.ToValidUTF8(userAgent[:min(len(userAgent), maxUserAgent)], "")
}

const insertSession = `
	INSERT INTO sessions (id, user_id, parent_id, client_id, method, scope, address, user_agent, auth_time, begun_at, expires_at, cookie_hash)
	SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12`

// ofOpenAccount has a statement find one row if user $2 may log in at this moment, by the
// password of that hash if it is not empty. A change of the account that is under way is
// waited for, and one to come waits: so what ends the account's sessions finds this one.
func ofOpenAccount(hash string) string {
	return ` FROM users WHERE users.id = $2 AND disabled_at IS NULL AND (` + hash + ` = '' OR password_hash = ` + hash + `) FOR SHARE`
}

func (s Session) row(cookieHash []byte) []any {
	parent := &s.Parent
	if s.Parent == uuid.Nil {
		parent = nil
	}
	return []any{
		s.ID, s.User, parent, s.Client, string(s.Method), s.Scope, s.Device.Address, s.Device.UserAgent,
		s.AuthTime, s.BegunAt, s.ExpiresAt, cookieHash,
	}
}

// Find returns the session if it goes on.
func (s *Store) Find(ctx context.Context, id uuid.UUID) (Session, bool, error) {
	return one(s.query(ctx, `id = $2`, id))
}

// OfUser returns the user's sessions that go on, the latest login first.
func (s *Store) OfUser(ctx context.Context, user uuid.UUID) ([]Session, error) {
	return s.query(ctx, `user_id = $2`, user)
}

func one(found []Session, err error) (Session, bool, error) {
	if err != nil || len(found) == 0 {
		return Session{}, false, err
	}
	return found[0], true, nil
}

func (s *Store) query(ctx context.Context, where string, arg any) ([]Session, error) {
	now := s.now()
	rows, err := s.db.Query(ctx, `SELECT `+columns+` FROM sessions s WHERE ended_at IS NULL AND expires_at > $1 AND `+where+
		` AND (cookie_hash IS NULL OR coalesce(used_at, begun_at) > $3) ORDER BY begun_at DESC, id`, now, arg, now.Add(-s.cfg.Idle))
	if err != nil {
		return nil, fmt.Errorf("look up sessions: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Session, error) {
		var one Session
		err := row.Scan(one.fields()...)
		return one, err
	})
	if err != nil {
		return nil, fmt.Errorf("look up sessions: %w", err)
	}
	return found, nil
}

const columns = `s.id, s.user_id, coalesce(s.parent_id, '00000000-0000-0000-0000-000000000000'), s.client_id, s.method, s.scope,
	s.address, s.user_agent, s.auth_time, s.begun_at, coalesce(s.used_at, s.begun_at), s.expires_at`

// fields are where the columns go.
func (s *Session) fields() []any {
	return []any{
		&s.ID, &s.User, &s.Parent, &s.Client, (*string)(&s.Method), &s.Scope,
		&s.Device.Address, &s.Device.UserAgent, &s.AuthTime, &s.BegunAt, &s.UsedAt, &s.ExpiresAt,
	}
}

// Alive reports whether the session goes on.
func (s *Store) Alive(ctx context.Context, id uuid.UUID) (bool, error) {
	var alive bool
	err := s.db.QueryRow(ctx, `SELECT ended_at IS NULL AND expires_at > $2 FROM sessions WHERE id = $1`, id, s.now()).Scan(&alive)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up session %s: %w", id, err)
	}
	return alive, nil
}

// End ends the session with every refresh token of it, and the sessions that it let
// in; why is for who reads the table. Their access tokens are revoked in the same
// statement.
func (s *Store) End(ctx context.Context, id uuid.UUID, why string) error {
	return s.end(ctx, s.db, id, why)
}

func (s *Store) end(ctx context.Context, q postgres.Querier, id uuid.UUID, why string) error {
	// Twice, since the first time may have waited for a code to be redeemed, whose
	// session it does not see. After it no code is.
	for range 2 {
		if _, err := q.Exec(ctx, endSessions(`id = $4 OR parent_id = $4`), s.endArgs(why, id)...); err != nil {
			return fmt.Errorf("end session %s: %w", id, err)
		}
	}
	return nil
}

// EndAll ends every session of the user but one with its family, which may be zero: the
// browser's session and all that it let in are one login.
func (s *Store) EndAll(ctx context.Context, q postgres.Querier, user, except uuid.UUID, why string) error {
	for range 2 { // as in End
		if _, err := q.Exec(ctx, endSessions(`user_id = $4 AND coalesce(parent_id, id) IS DISTINCT FROM (SELECT coalesce(parent_id, id) FROM sessions WHERE id = $5)`), s.endArgs(why, user, except)...); err != nil {
			return fmt.Errorf("end the sessions of %s: %w", user, err)
		}
	}
	return nil
}

// EndOfClient ends every session of the client.
func (s *Store) EndOfClient(ctx context.Context, q postgres.Querier, client, why string) error {
	if _, err := q.Exec(ctx, endSessions(`client_id = $4`), s.endArgs(why, client)...); err != nil {
		return fmt.Errorf("end the sessions of client %s: %w", client, err)
	}
	return nil
}

// endSessions ends those that the condition names. The key is that of auth.SessionKey.
func endSessions(where string) string {
	return `
		WITH ended AS (
			UPDATE sessions SET ended_at = $1, ended_why = $2 WHERE (` + where + `) AND ended_at IS NULL RETURNING id
		)
		INSERT INTO revocations (key, until) SELECT sha256(convert_to('sid:' || id, 'UTF8')), $3 FROM ended` + revocation.Once
}

func (s *Store) endArgs(why string, which ...any) []any {
	now := s.now()
	return append([]any{now, why, revocation.Until(now)}, which...)
}

// Sweep deletes sessions that have been over for a while.
func (s *Store) Sweep(ctx context.Context) error {
	_, err := s.db.Exec(ctx, `DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1`, s.now().Add(-keepEnded))
	if err != nil {
		return fmt.Errorf("sweep sessions: %w", err)
	}
	if _, err := s.db.Exec(ctx, `DELETE FROM codes WHERE expires_at < $1 OR used_at IS NULL AND expires_at < $2`, s.now().Add(-keepEnded), s.now().Add(-keepUnused)); err != nil {
		return fmt.Errorf("sweep codes: %w", err)
	}
	return nil
}

const (
	// keepEnded is how long one can still see why a session ended, and whether a code was
	// redeemed.
	keepEnded = 7 * 24 * time.Hour
	// keepUnused is how long a code stays that nobody has come with.
	keepUnused = time.Hour
)

// tokenExpiry is when a token issued now goes stale.
func (s *Store) tokenExpiry(of Session, now time.Time) time.Time {
	expiry := now.Add(s.cfg.Idle)
	if of.ExpiresAt.Before(expiry) {
		return of.ExpiresAt
	}
	return expiry
}

// The prefixes let people and secret scanners recognise what they see.
const (
	refreshPrefix = "slr_"
	cookiePrefix  = "slc_"
	codePrefix    = "sla_"
)

func newToken(prefix string) string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(b)
}

func digest(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
