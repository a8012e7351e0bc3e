package sso

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/sso/internal/keys"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
)

const (
	codeLife  = 5 * time.Minute
	codeTries = 5
)

// A purpose is what a code is for. It is good for nothing else.
type purpose string

const (
	forLogin   purpose = "login"
	forConfirm purpose = "confirm" // the e-mail of a new account
	forReset   purpose = "reset"   // of a password
	forEmail   purpose = "email"   // a new one
	forPhone   purpose = "phone"   // a new one
)

// A challenge asks somebody for the code that was sent to an address.
type challenge struct {
	id      uuid.UUID
	purpose purpose
	user    uuid.UUID // nobody's: uuid.Nil
	channel Channel
	target  string // the address
	tries   int    // that the code has when it is sent; codeTries at most
}

// challenges are the rows of that table.
type challenges struct {
	db     *postgres.DB
	sealer *keys.Sealer
	key    []byte // of the codes' MAC: without it six digits are hashed back in no time
}

func newChallenges(db *postgres.DB, sealer *keys.Sealer) (challenges, error) {
	targets, err := sealer.For("challenges")
	if err != nil {
		return challenges{}, err
	}
	key, err := sealer.Derive("codes")
	return challenges{db: db, sealer: targets, key: key}, err
}

// begin writes the challenge down and returns its code.
func (c challenges) begin(ctx context.Context, tx postgres.Tx, ch challenge) (string, error) {
	code, now := newCode(), time.Now()
	_, err := tx.Exec(ctx, `
		INSERT INTO challenges (id, purpose, user_id, channel, target, code_hash, created_at, expires_at, tries)
		VALUES ($1, $2, nullif($3::uuid, '00000000-0000-0000-0000-000000000000'), $4, $5, $6, $7, $8, $9)`,
		ch.id, string(ch.purpose), ch.user, string(ch.channel), c.sealer.Seal(ch.id.String(), []byte(ch.target)),
		c.mac(ch.id, ch.purpose, code), now, now.Add(codeLife), codeTries-ch.tries)
	if err != nil {
		return "", fmt.Errorf("begin a challenge: %w", err)
	}
	return code, nil
}

// newCode returns six random digits.
func newCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails
	return fmt.Sprintf("%06d", n)
}

func (c challenges) mac(id uuid.UUID, p purpose, code string) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(id[:])
	h.Write([]byte(string(p) + "\x00" + code))
	return h.Sum(nil)
}

// A try is one look at a code.
type try struct {
	challenge uuid.UUID
	purpose   purpose
	code      string
}

// codeWrong is all that is told, whatever was wrong.
const codeWrong = "wrong_code"

func wrongCode() error {
	return problem.Unprocessable("the code is wrong, used, or older than 5 minutes, or it was tried too often; ask for another").
		WithCode(codeWrong).WithField("body.code", "is not, or no longer, the one that was sent")
}

var errWrongCode = errors.New("the code is wrong")

// redeem counts the try and, when the code is right, uses it up and has effect do what
// it is for, in one transaction. errWrongCode stands for every other outcome.
func (c challenges) redeem(ctx context.Context, t try, effect func(context.Context, postgres.Tx, challenge) error) error {
	right := false
	err := c.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		found, ok, err := c.take(ctx, tx, t)
		if right = ok; err != nil || !ok {
			return err // nil for a wrong try, which counts
		}
		return effect(ctx, tx, found)
	})
	if err == nil && !right {
		return errWrongCode
	}
	return err
}

// take is one statement, so that of any number of tries at once no more than five are
// looked at and one wins. Comparing MACs takes no constant time: who does not know the
// key cannot choose what is compared.
func (c challenges) take(ctx context.Context, q postgres.Querier, t try) (challenge, bool, error) {
	found := challenge{id: t.challenge, purpose: t.purpose}
	var right bool
	var target []byte
	now := time.Now()
	err := q.QueryRow(ctx, `
		UPDATE challenges SET tries = tries + 1, used_at = CASE WHEN code_hash = $3 AND user_id IS NOT NULL THEN $4::timestamptz END
		WHERE id = $1 AND purpose = $2 AND used_at IS NULL AND tries < $5 AND expires_at > $4
		RETURNING used_at IS NOT NULL, coalesce(user_id, '00000000-0000-0000-0000-000000000000'), channel, target`,
		t.challenge, string(t.purpose), c.mac(t.challenge, t.purpose, t.code), now, codeTries).
		Scan(&right, &found.user, (*string)(&found.channel), &target)
	if errors.Is(err, pgx.ErrNoRows) {
		return challenge{}, false, nil
	}
	if err != nil {
		return challenge{}, false, fmt.Errorf("look at a code: %w", err)
	}
	if !right {
		return challenge{}, false, nil
	}
	address, err := c.sealer.Open(t.challenge.String(), target)
	if err != nil {
		return challenge{}, false, fmt.Errorf("open the address of a challenge: %w", err)
	}
	found.target = string(address)
	return found, true, nil
}

func (c challenges) sweep(ctx context.Context) error {
	if _, err := c.db.Exec(ctx, `DELETE FROM challenges WHERE expires_at < $1`, time.Now().Add(-time.Hour)); err != nil {
		return fmt.Errorf("sweep challenges: %w", err)
	}
	return nil
}
