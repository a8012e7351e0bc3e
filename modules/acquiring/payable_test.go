package acquiring_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A payable is the neighbour of a test, and somebody who pays for it.
type payable struct {
	t        *testing.T
	kit      *slipwaytest.Kit
	buyer    *slipwaytest.Kit
	id       uuid.UUID
	total    money.Money
	refusal  *problem.Error // or nil
	says     acquiringapi.Claimed
	claims   *slipwaytest.Received[acquiringapi.ClaimInput]
	released *slipwaytest.Received[acquiringapi.ReleaseInput]
}

func newPayable(t *testing.T) *payable {
	t.Helper()
	k := slipwaytest.Tx(t, acquiring.New(simulator.Adapter()))
	p := &payable{t: t, kit: k, buyer: k.As("customer"), id: uuid.New(), total: money.Money{Amount: 2500, Currency: "EUR"}}
	p.says = acquiringapi.Claimed{Owner: p.buyer.Subject(), Total: p.total}
	p.claims = slipwaytest.Serve(k, acquiringapi.Claim, func(context.Context, acquiringapi.ClaimInput) (acquiringapi.Claimed, error) {
		if p.refusal != nil {
			return acquiringapi.Claimed{}, p.refusal
		}
		return p.says, nil
	})
	p.released = slipwaytest.Reply(k, acquiringapi.Release, api.Empty{})
	return p
}

func (p *payable) order(card string) acquiringapi.CreateInput {
	return acquiringapi.CreateInput{Body: acquiringapi.Order{CartID: p.id, Amount: p.total, Card: card}}
}

func (p *payable) pay(key, card string) *slipwaytest.Answer[acquiringapi.Payment] {
	p.t.Helper()
	return slipwaytest.Do(p.buyer, acquiringapi.Create, p.order(card), slipwaytest.Key(key))
}

// wantReleased checks how often the payable was given back, and that nobody was told
// that it is paid for.
func (p *payable) wantReleased(times int) {
	p.t.Helper()
	if got := p.released.Count(); got != times {
		p.t.Errorf("the payable was given back %d times, want %d", got, times)
	}
	slipwaytest.Unpublished(p.kit, acquiringapi.Captured)
}

// wantCaptured checks that everybody was told once that it is paid for.
func (p *payable) wantCaptured() {
	p.t.Helper()
	all := slipwaytest.Published(p.kit.In(p.t), acquiringapi.Captured)
	got := all[0]
	want := acquiringapi.PaymentCaptured{PaymentID: got.PaymentID, PayableID: p.id, Owner: p.buyer.Subject(), Amount: p.total, CapturedAt: got.CapturedAt}
	if len(all) != 1 || got != want || got.CapturedAt.IsZero() {
		p.t.Errorf("published was %+v, want it once, and %+v", all, want)
	}
	if got := p.released.Count(); got != 0 {
		p.t.Errorf("the payable was given back %d times, want it kept", got)
	}
}

// charges counts what the acquirer has booked for the payable.
func (p *payable) charges() int {
	p.t.Helper()
	var n int
	err := p.kit.DB("acquiring").QueryRow(p.t.Context(), `SELECT count(*) FROM simulated_charges WHERE reference = $1 AND approved`, p.id).Scan(&n)
	if err != nil {
		p.t.Fatal(err)
	}
	return n
}
