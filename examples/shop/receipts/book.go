package receipts

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/examples/shop/receipts/receiptsapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/postgres"
)

// A book holds all receipts, in the database.
type book struct{ db *postgres.DB }

const columns = `number, payment_id, payable_id, amount, currency, paid_at`

func scan(row pgx.Row, more ...any) (receiptsapi.Receipt, error) {
	var r receiptsapi.Receipt
	err := row.Scan(append([]any{&r.Number, &r.PaymentID, &r.PayableID, &r.Amount.Amount, &r.Amount.Currency, &r.PaidAt}, more...)...)
	return r, err
}

// write gives a payment the next number. A transaction that does not commit gives it back;
// others wait until it has ended one way or the other.
func (b book) write(ctx context.Context, tx postgres.Tx, p acquiringapi.PaymentCaptured) error {
	var number int64
	if err := tx.QueryRow(ctx, `UPDATE numbering SET last = last + 1 RETURNING last`).Scan(&number); err != nil {
		return fmt.Errorf("take the next number: %w", err)
	}
	_, err := tx.Exec(ctx, `INSERT INTO receipts (number, payment_id, owner, payable_id, amount, currency, paid_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		number, p.PaymentID, p.Owner, p.PayableID, p.Amount.Amount, p.Amount.Currency, p.CapturedAt)
	if err != nil {
		return fmt.Errorf("write receipt %d: %w", number, err)
	}
	return nil
}

// has reports whether a payment has a receipt.
func (b book) has(ctx context.Context, payment uuid.UUID) (bool, error) {
	var yes bool
	if err := b.db.QueryRow(ctx, `SELECT EXISTS (SELECT FROM receipts WHERE payment_id = $1)`, payment).Scan(&yes); err != nil {
		return false, fmt.Errorf("look for the receipt: %w", err)
	}
	return yes, nil
}

// find returns a receipt and whose it is; of none it is nobody's.
func (b book) find(ctx context.Context, number int64) (r receiptsapi.Receipt, owner string, err error) {
	r, err = scan(b.db.QueryRow(ctx, `SELECT `+columns+`, owner FROM receipts WHERE number = $1`, number), &owner)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return r, "", fmt.Errorf("load the receipt: %w", err)
	}
	return r, owner, nil
}

// of returns the latest receipts of an owner, those before a number if it is given.
func (b book) of(ctx context.Context, owner string, before int64) ([]receiptsapi.Receipt, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := b.db.Query(ctx, `SELECT `+columns+` FROM receipts WHERE owner = $1 AND number < $2 ORDER BY number DESC LIMIT $3`,
		owner, before, receiptsapi.MaxPage)
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (receiptsapi.Receipt, error) { return scan(row) })
	if err != nil {
		return nil, fmt.Errorf("list receipts: %w", err)
	}
	return all, nil
}
