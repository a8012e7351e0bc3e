package acquiring

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/postgres"
)

// lease is how long a payment belongs to whoever took it up. It outlasts the
// time in which a request works on it, and ends before the kit lets a repeated
// key through.
const lease = acquiringapi.Timeout + time.Second

// A ledger keeps payments. Every change of a payment is one statement that
// names the attempt which makes it, so whoever was overtaken changes nothing; what the
// change has to say to others is in the same transaction.
type ledger struct {
	db       *postgres.DB
	provider string
}

var (
	// errOvertaken says that somebody else has taken the payment up.
	errOvertaken = errors.New("the payment was taken up by somebody else")
	// errActive says that another payment is charging or has charged for the same payable.
	errActive = errors.New("the payable has another payment")
)

const columns = `id, owner, cart_id, amount, currency, card_last4, status, reason, attempt, looks,
	coalesce(now() - charged_at, '0'), settled_at IS NOT NULL`

func scan(row pgx.Row) (payment, error) {
	var p payment
	err := row.Scan(&p.ID, &p.Owner, &p.CartID, &p.Amount.Amount, &p.Amount.Currency, &p.CardLast4,
		&p.Status, &p.Reason, &p.Attempt, &p.Looks, &p.Waiting, &p.Settled)
	return p, err
}

// create writes a payment down, or returns pgx.ErrNoRows when the key has one.
func (l ledger) create(ctx context.Context, o order) (payment, error) {
	p, err := scan(l.db.QueryRow(ctx, `
INSERT INTO payments (id, owner, key_sha256, cart_id, amount, currency, card_last4, provider, status, due_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10)
ON CONFLICT (owner, key_sha256) WHERE status <> 'failed' DO NOTHING
RETURNING `+columns,
		uuid.New(), o.Owner, digest(o.Key), o.CartID, o.Amount.Amount, o.Amount.Currency, o.Card.Last4(), l.provider, acquiringapi.StatusCreated, lease))
	return p, wrap(err, "write the payment down")
}

// find returns the payment that a key has, or pgx.ErrNoRows.
func (l ledger) find(ctx context.Context, owner, key string) (payment, error) {
	p, err := scan(l.db.QueryRow(ctx, `SELECT `+columns+` FROM payments WHERE owner = $1 AND key_sha256 = $2 AND status <> 'failed'`, owner, digest(key)))
	return p, wrap(err, "find the payment of the key")
}

// get returns a payment, or pgx.ErrNoRows.
func (l ledger) get(ctx context.Context, id uuid.UUID) (payment, error) {
	p, err := scan(l.db.QueryRow(ctx, `SELECT `+columns+` FROM payments WHERE id = $1`, id))
	return p, wrap(err, "get the payment")
}

// takeUp makes a payment a request's, unless somebody works on it. The request
// will ask the acquirer again for a pending one, so the wait begins anew:
// counted from an earlier request, this charge could be given up while it is
// still on its way.
func (l ledger) takeUp(ctx context.Context, id uuid.UUID) (payment, error) {
	p, err := change(ctx, l.db, `
UPDATE payments SET attempt = attempt + 1, due_at = now() + $2,
       charged_at = CASE WHEN status = $3 THEN now() ELSE charged_at END
 WHERE id = $1 AND due_at <= now() RETURNING `+columns, id, lease, acquiringapi.StatusPending)
	return p, wrap(err, "take the payment up")
}

// takeUpDue takes up payments that are not finished and that nobody works on.
func (l ledger) takeUpDue(ctx context.Context, limit int) ([]payment, error) {
	rows, err := l.db.Query(ctx, `
UPDATE payments SET attempt = attempt + 1, due_at = now() + $1
 WHERE id IN (SELECT id FROM payments WHERE settled_at IS NULL AND due_at <= now() ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING `+columns, lease, limit)
	if err != nil {
		return nil, wrap(err, "take up what is due")
	}
	due, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (payment, error) { return scan(row) })
	return due, wrap(err, "take up what is due")
}

// move is the one way in which a payment's status changes, for the request and
// for the collector. Whoever wants to know of a captured one learns of it by the event,
// its payable too: it is settled by that.
func (l ledger) move(ctx context.Context, p payment, e event, reason string) (payment, error) {
	to, err := next(p.Status, e)
	if err != nil {
		return p, err
	}
	// Who refused is told too, at once by the collector: an earlier attempt at the
	// same claim may arrive yet, and would lock the payable for a dead payment.
	var moved payment
	err = l.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		moved, err = change(ctx, tx, `
UPDATE payments
   SET status = $4, reason = $5, looks = 0,
       charged_at = CASE WHEN $6 THEN now() ELSE charged_at END,
       due_at = CASE WHEN $7 THEN now() ELSE due_at END,
       settled_at = CASE WHEN $8 THEN now() ELSE settled_at END
 WHERE id = $1 AND attempt = $2 AND status = $3 RETURNING `+columns,
			p.ID, p.Attempt, p.Status, to, reason, e == claimed, e == refused, to == acquiringapi.StatusCaptured)
		if err != nil || to != acquiringapi.StatusCaptured {
			return err
		}
		return acquiringapi.Captured.Emit(ctx, tx, moved.ID.String(), moved.captured())
	})
	if postgres.IsUniqueViolation(err, "payments_active") {
		return p, errActive
	}
	return moved, wrap(err, "note that the payment was "+string(e))
}

const settle = `
UPDATE payments SET settled_at = now() WHERE id = $1 AND attempt = $2 AND settled_at IS NULL RETURNING ` + columns

// settle notes that the payable knows that the payment has come to nothing.
func (l ledger) settle(ctx context.Context, p payment) (payment, error) {
	p, err := change(ctx, l.db, settle, p.ID, p.Attempt)
	return p, wrap(err, "note that the payment is settled")
}

// announce emits what [ledger.move] would have emitted of a captured payment, which an
// earlier version noted and was to tell its payable by a call. When the money came is
// not known: no earlier than its request set out to ask for it.
func (l ledger) announce(ctx context.Context, p payment) (settled payment, err error) {
	said := p.captured()
	said.CapturedAt = said.CapturedAt.Add(-p.Waiting)
	err = l.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		if settled, err = change(ctx, tx, settle, p.ID, p.Attempt); err != nil {
			return err
		}
		return acquiringapi.Captured.Emit(ctx, tx, p.ID.String(), said)
	})
	return settled, wrap(err, "tell that the payment was captured")
}

// leave gives a payment back, to be looked at again after a pause.
func (l ledger) leave(ctx context.Context, p payment, pause time.Duration) error {
	_, err := l.db.Exec(ctx, `UPDATE payments SET looks = looks + 1, due_at = now() + $3 WHERE id = $1 AND attempt = $2`,
		p.ID, p.Attempt, pause)
	return wrap(err, "leave the payment")
}

// change runs a statement that changes one payment, or none when it is no
// longer the caller's.
func change(ctx context.Context, tx postgres.Querier, sql string, args ...any) (payment, error) {
	p, err := scan(tx.QueryRow(ctx, sql, args...))
	if errors.Is(err, pgx.ErrNoRows) {
		return p, errOvertaken
	}
	return p, err
}

// digest is what is kept of a client's Idempotency-Key. The kit keeps an HMAC
// of the request's body under that key, and the body holds the card's number. A
// card has few digits that are not known from elsewhere: whoever had the key
// could try them all. The database alone must not give it away.
func digest(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
