package cart

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/postgres"
)

// baskets are all carts, in the database.
type baskets struct{ db *postgres.DB }

func (s baskets) create(ctx context.Context, owner, currency string) (*basket, error) {
	b := &basket{ID: uuid.New(), Owner: owner, Currency: currency, Status: cartapi.Open}
	_, err := s.db.Exec(ctx, `INSERT INTO carts (id, owner, currency, status) VALUES ($1, $2, $3, $4)`, b.ID, b.Owner, b.Currency, b.Status)
	return b, wrap(err, "create the cart")
}

func (s baskets) get(ctx context.Context, id uuid.UUID) (*basket, error) {
	return load(ctx, s.db, id, "")
}

// change lets f change a basket whose row is locked, and stores it if f agrees.
func (s baskets) change(ctx context.Context, id uuid.UUID, f func(context.Context, postgres.Tx, *basket) error) (*basket, error) {
	var b *basket
	err := s.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		b, err = s.changeIn(ctx, tx, id, f)
		return err
	})
	return b, err
}

// changeIn does so in a transaction that is under way.
func (s baskets) changeIn(ctx context.Context, tx postgres.Tx, id uuid.UUID, f func(context.Context, postgres.Tx, *basket) error) (*basket, error) {
	b, err := load(ctx, tx, id, "FOR UPDATE")
	if err != nil {
		return nil, err
	}
	if err := f(ctx, tx, b); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `UPDATE carts SET status = $2, payment_id = $3, items = $4, updated_at = now() WHERE id = $1`,
		b.ID, b.Status, b.PaymentID, b.Items)
	return b, wrap(err, "store the cart")
}

// load reads a basket; lock is "" or FOR UPDATE.
func load(ctx context.Context, tx postgres.Querier, id uuid.UUID, lock string) (*basket, error) {
	b := &basket{ID: id}
	err := tx.QueryRow(ctx, `SELECT owner, currency, status, payment_id, items FROM carts WHERE id = $1 `+lock, id).
		Scan(&b.Owner, &b.Currency, &b.Status, &b.PaymentID, &b.Items)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noCart(id)
	}
	return b, wrap(err, "load the cart")
}

// settled reports whether a payment was settled before.
func settled(ctx context.Context, tx postgres.Tx, payment uuid.UUID) (bool, error) {
	var yes bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM settlements WHERE payment_id = $1)`, payment).Scan(&yes)
	return yes, wrap(err, "look for the settlement")
}

func keepSettlement(ctx context.Context, tx postgres.Tx, cart, payment uuid.UUID, outcome string) error {
	_, err := tx.Exec(ctx, `INSERT INTO settlements (payment_id, cart_id, outcome) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, payment, cart, outcome)
	return wrap(err, "keep the settlement")
}

func wrap(err error, doing string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}
