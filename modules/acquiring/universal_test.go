package acquiring_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestUniversal(t *testing.T) {
	order := func(*slipwaytest.Kit) acquiringapi.CreateInput {
		return acquiringapi.CreateInput{Body: acquiringapi.Order{
			CartID: uuid.New(), Amount: money.Money{Amount: 2500, Currency: "EUR"}, Card: simulator.CardApproved,
		}}
	}
	slipwaytest.Universal(t, acquiring.New(simulator.Adapter()),
		slipwaytest.World(func(k *slipwaytest.Kit) {
			slipwaytest.Serve(k, acquiringapi.Claim, agree)
			slipwaytest.Reply(k, acquiringapi.Release, api.Empty{})
		}),
		slipwaytest.Example(acquiringapi.Create, order),
		slipwaytest.Example(acquiringapi.Get, func(k *slipwaytest.Kit) acquiringapi.GetInput {
			return acquiringapi.GetInput{ID: slipwaytest.Do(k, acquiringapi.Create, order(k), slipwaytest.Key("key")).Want(201).Body.ID}
		}),
	)
}

// agree is a payable that lets whoever asks pay whatever they are about to.
func agree(ctx context.Context, in acquiringapi.ClaimInput) (acquiringapi.Claimed, error) {
	who, _ := auth.PrincipalFrom(ctx) // the contract asks for a user
	return acquiringapi.Claimed{Owner: who.Subject, Total: in.Body.Amount}, nil
}
