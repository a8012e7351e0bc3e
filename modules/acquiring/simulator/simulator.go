package simulator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/postgres"
)

// The cards.
const (
	CardApproved          = "4242424242424242"
	CardDeclined          = "4000000000000002"
	CardInsufficientFunds = "4000000000009995"
	CardAnswerLost        = "4000000000000341"
	CardRequestLost       = "4000000000000358"
	CardSlow              = "4000000000000366"
)

// Delay is how long the answer to [CardSlow] takes.
const Delay = 3 * time.Second

// Adapter returns the adapter.
func Adapter() acquiring.Adapter {
	return acquiring.Adapter{Name: "simulator", TestMoney: true, Open: open}
}

func open(m *slipway.Setup) (acquiring.Provider, error) {
	m.Announce("Test card", CardApproved+" is approved, "+CardDeclined+" is declined")
	return &simulator{books: m.DB()}, nil
}

type simulator struct{ books *postgres.DB }

var _ acquiring.Provider = (*simulator)(nil)

var (
	errAnswerLost  = errors.New("the connection broke before the answer")
	errRequestLost = errors.New("the connection broke before the request")
)

// Charge implements acquiring.Provider.
func (s *simulator) Charge(ctx context.Context, c acquiring.Charge) (acquiring.Result, error) {
	if c.Card.Number() == CardRequestLost {
		return acquiring.Result{}, errRequestLost
	}
	fresh, err := s.book(ctx, c, judge(c.Card))
	if err != nil {
		return acquiring.Result{}, err
	}
	if fresh {
		if err := mishap(ctx, c.Card); err != nil {
			return acquiring.Result{}, err
		}
	}
	return s.Lookup(ctx, c.Key)
}

// Lookup implements acquiring.Provider.
func (s *simulator) Lookup(ctx context.Context, key uuid.UUID) (acquiring.Result, error) {
	var r acquiring.Result
	var approved bool
	err := s.books.QueryRow(ctx, `SELECT approved, reason FROM simulated_charges WHERE key = $1`, key).Scan(&approved, &r.Reason)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		r.Outcome = acquiring.NotFound
		return r, nil
	case err != nil:
		return r, fmt.Errorf("look the charge up: %w", err)
	case approved:
		r.Outcome = acquiring.Approved
	default:
		r.Outcome = acquiring.Declined
	}
	return r, nil
}

// judge decides on a card.
func judge(c acquiring.Card) acquiring.Result {
	switch c.Number() {
	case CardApproved, CardAnswerLost, CardSlow:
		return acquiring.Result{Outcome: acquiring.Approved}
	case CardInsufficientFunds:
		return acquiring.Result{Outcome: acquiring.Declined, Reason: "insufficient_funds"}
	case CardDeclined:
		return acquiring.Result{Outcome: acquiring.Declined, Reason: "do_not_honor"}
	}
	return acquiring.Result{Outcome: acquiring.Declined, Reason: "not_a_test_card"}
}

// book writes the charge down, unless the key has one; it reports whether it did.
func (s *simulator) book(ctx context.Context, c acquiring.Charge, r acquiring.Result) (bool, error) {
	tag, err := s.books.Exec(ctx, `
INSERT INTO simulated_charges (key, reference, amount, currency, card_last4, approved, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO NOTHING`,
		c.Key, c.Reference, c.Amount.Amount, c.Amount.Currency, c.Card.Last4(), r.Outcome == acquiring.Approved, r.Reason)
	if err != nil {
		return false, fmt.Errorf("book the charge: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// mishap is what goes wrong after the charge.
func mishap(ctx context.Context, c acquiring.Card) error {
	switch c.Number() {
	case CardAnswerLost:
		return errAnswerLost
	case CardSlow:
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(Delay):
		}
	}
	return nil
}
