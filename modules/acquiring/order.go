package acquiring

import (
	"context"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
)

// An order is a checked request for a payment.
type order struct {
	Owner  string
	Key    string // the client's Idempotency-Key: never stored, see digest
	CartID uuid.UUID
	Amount money.Money
	Card   Card
}

func newOrder(ctx context.Context, in acquiringapi.Order) (order, error) {
	who, ok := auth.PrincipalFrom(ctx)
	if !ok {
		return order{}, problem.Unauthorized("a payment needs a payer")
	}
	key, ok := api.IdempotencyKey(ctx)
	if !ok {
		return order{}, problem.BadRequest("a payment needs the header Idempotency-Key: any text that is new for a new payment and the same when this one is sent again").
			WithCode("missing_idempotency_key")
	}
	if in.Amount.Amount < 1 {
		return order{}, problem.Unprocessable("there is nothing to pay: the amount is %s", in.Amount).
			WithCode("invalid_amount").WithField("body.amount.amount", "expected 1 or more")
	}
	card, err := ParseCard(in.Card)
	if err != nil {
		return order{}, problem.Unprocessable("%v", err).WithCode("invalid_card").WithField("body.card", err.Error())
	}
	return order{Owner: who.Subject, Key: key, CartID: in.CartID, Amount: in.Amount, Card: card}, nil
}
