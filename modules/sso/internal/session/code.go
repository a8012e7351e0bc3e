package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// Why an authorization code is not redeemed.
var (
	ErrCodeUnknown  = errors.New("the code is not known here, has expired, or was issued to another client, for another redirect_uri or for another code_verifier")
	ErrCodeReplayed = errors.New("the code was redeemed before; the session that came of it has been ended, since one of the two holders is not its owner")
)

// An AuthorizationCode lets a client begin a session as the child of a browser's.
type AuthorizationCode struct {
	Parent      uuid.UUID // the browser's session
	Client      string
	RedirectURI string
	Challenge   string // of PKCE, by S256
	Nonce       string // for the ID token; "" for none
	Scope       []string
}

// codeLife is how long a browser may take to hand a code over (RFC 6749: at most 10 minutes).
const codeLife = time.Minute

// IssueCode returns a code that can be redeemed once, within a minute.
func (s *Store) IssueCode(ctx context.Context, c AuthorizationCode) (string, error) {
	code := newToken(codePrefix)
	_, err := s.db.Exec(ctx, `
		INSERT INTO codes (hash, session_id, parent_id, client_id, redirect_uri, challenge, nonce, scope, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, clock_timestamp() + $9::interval)`,
		digest(code), uuid.New(), c.Parent, c.Client, c.RedirectURI, c.Challenge, c.Nonce, c.Scope, codeLife)
	if err != nil {
		return "", fmt.Errorf("issue a code: %w", err)
	}
	return code, nil
}

// A CodeRedemption is one request that presents a code. All but the last field must
// be as they were when the code was issued.
type CodeRedemption struct {
	Code, Client, RedirectURI, Challenge string
	// Continued asks for a refresh token too.
	Continued bool
}

// Redeemed is what came of a code.
type Redeemed struct {
	Session      Session
	RefreshToken string // "" for none
	Nonce        string
}

// RedeemCode begins the session that the code stands for. Of several requests that
// redeem one code, one wins; any other ends the session, with [ErrCodeReplayed]. A
// code that is presented with something wrong beside it stays good for its owner.
func (s *Store) RedeemCode(ctx context.Context, r CodeRedemption) (Redeemed, error) {
	var redeemed Redeemed
	var out outcome
	err := s.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		redeemed, out, err = s.redeemCodeIn(ctx, tx, r)
		return err
	})
	if err != nil {
		return Redeemed{}, fmt.Errorf("redeem a code: %w", err)
	}
	return redeemed, out.err
}

func (s *Store) redeemCodeIn(ctx context.Context, tx postgres.Tx, r CodeRedemption) (Redeemed, outcome, error) {
	var id uuid.UUID
	c := AuthorizationCode{Client: r.Client}
	err := tx.QueryRow(ctx, `
		UPDATE codes SET used_at = clock_timestamp()
		WHERE hash = $1 AND used_at IS NULL AND expires_at > clock_timestamp() AND client_id = $2 AND redirect_uri = $3 AND challenge = $4
		RETURNING session_id, parent_id, nonce, scope`,
		digest(r.Code), r.Client, r.RedirectURI, r.Challenge).Scan(&id, &c.Parent, &c.Nonce, &c.Scope)
	if errors.Is(err, pgx.ErrNoRows) {
		out, err := s.unredeemed(ctx, tx, r)
		return Redeemed{}, out, err
	}
	if err != nil {
		return Redeemed{}, outcome{}, err
	}
	parent, alive, err := s.holdParent(ctx, tx, c.Parent)
	if err != nil || !alive {
		return Redeemed{}, outcome{ErrOver}, err
	}
	begun := s.begin(Login{User: parent.User, Client: c.Client, Device: parent.Device, Parent: &parent, Scope: c.Scope})
	begun.ID = id
	token, err := s.beginChild(ctx, tx, begun, r.Continued)
	return Redeemed{Session: begun, RefreshToken: token, Nonce: c.Nonce}, outcome{}, err
}

// unredeemed tells a code that was redeemed before, and ends what came of it, from
// one that is not good.
func (s *Store) unredeemed(ctx context.Context, tx postgres.Tx, r CodeRedemption) (outcome, error) {
	var id uuid.UUID
	err := tx.QueryRow(ctx, `SELECT session_id FROM codes WHERE hash = $1 AND used_at IS NOT NULL`, digest(r.Code)).Scan(&id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return outcome{ErrCodeUnknown}, nil
	case err != nil:
		return outcome{}, err
	}
	return outcome{ErrCodeReplayed}, s.end(ctx, tx, id, "its code was redeemed again")
}

// holdParent returns the browser's session if it goes on, which cannot end before
// the transaction has: so its end finds every child.
func (s *Store) holdParent(ctx context.Context, tx postgres.Tx, id uuid.UUID) (Session, bool, error) {
	var parent Session
	err := tx.QueryRow(ctx, `SELECT `+columns+` FROM sessions s WHERE id = $1 AND ended_at IS NULL AND expires_at > $2 FOR SHARE`,
		id, s.now()).Scan(parent.fields()...)
	if errors.Is(err, pgx.ErrNoRows) {
		return Session{}, false, nil
	}
	return parent, err == nil, err
}

// beginChild begins a session that another one lets in, with a first refresh token if it
// is to have any.
func (s *Store) beginChild(ctx context.Context, q postgres.Querier, begun Session, continued bool) (string, error) {
	if err := s.makeRoom(ctx, q, begun); err != nil {
		return "", err
	}
	if !continued {
		_, err := q.Exec(ctx, insertSession, begun.row(nil)...)
		return "", err
	}
	token := newToken(refreshPrefix)
	_, err := q.Exec(ctx, insertContinued(insertSession), append(begun.row(nil), digest(token), s.tokenExpiry(begun, begun.BegunAt))...)
	return token, err
}

// insertContinued adds a first refresh token in the same statement: a session without one
// would be of no use.
func insertContinued(session string) string {
	return `
		WITH s AS (` + session + ` RETURNING id)
		INSERT INTO refresh_tokens (hash, session_id, expires_at) SELECT $13, id, $14 FROM s`
}
