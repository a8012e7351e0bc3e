package acquiring_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/modules/acquiring"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

func TestCreate_refusesBeforeAnythingHappens(t *testing.T) {
	t.Parallel()
	p := newPayable(t)
	p.refusal = problem.Internal("the payable should not be asked")

	for name, in := range map[string]struct {
		amount, card string
		code         string
	}{
		"nothing to pay":      {`{"amount":0,"currency":"EUR"}`, simulator.CardApproved, "invalid_amount"},
		"a negative amount":   {`{"amount":-1,"currency":"EUR"}`, simulator.CardApproved, "invalid_amount"},
		"a fraction":          {`{"amount":12.5,"currency":"EUR"}`, simulator.CardApproved, "validation_failed"},
		"an overflow":         {`{"amount":9223372036854775808,"currency":"EUR"}`, simulator.CardApproved, "validation_failed"},
		"an unknown currency": {`{"amount":1,"currency":"XQQ"}`, simulator.CardApproved, "validation_failed"},
		"a mistyped card":     {`{"amount":1,"currency":"EUR"}`, "4242424242424241", "invalid_card"},
		"no card":             {`{"amount":1,"currency":"EUR"}`, "", "validation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			body := fmt.Sprintf(`{"cart_id":%q,"amount":%s,"card":%q}`, p.id, in.amount, in.card)
			got := p.buyer.In(t).JSON(http.MethodPost, "/payments", body, slipwaytest.Key(name)).WantCode(422, in.code)
			if in.card != "" && strings.Contains(string(got.Raw), in.card) {
				t.Errorf("the answer repeats the card: %s", got.Raw)
			}
		})
	}
	t.Run("no key", func(t *testing.T) {
		slipwaytest.Do(p.buyer.In(t), acquiringapi.Create, p.order(simulator.CardApproved)).WantCode(400, "missing_idempotency_key")
	})
	if asked := p.claims.Inputs(); len(asked) != 0 {
		t.Errorf("the payable was asked: %v", asked)
	}
}

func TestCreate_whenThePayableDoesNotAgree(t *testing.T) {
	t.Parallel()

	t.Run("passes its refusal on", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		for _, refusal := range []*problem.Error{
			problem.NotFound("there is no such cart"),
			problem.Conflict("the total is another").WithCode(acquiringapi.CodeTotalChanged),
		} {
			p.refusal = refusal
			got := p.pay(refusal.Code(), simulator.CardApproved).WantCode(refusal.Status(), refusal.Code())
			if got.Problem.Detail != refusal.Detail() {
				t.Errorf("detail = %q, want the payable's words", got.Problem.Detail)
			}
		}
	})

	t.Run("can be asked again under the same key after a conflict", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.refusal = problem.Conflict("another payment is at work").WithCode(acquiringapi.CodeInProgress)
		p.pay("key", simulator.CardApproved).Want(409)
		p.refusal = nil
		p.pay("key", simulator.CardApproved).Want(201)
	})

	t.Run("does not pass on what is our own mistake", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.refusal = problem.Unprocessable("this does not fit").WithCode("validation_failed")
		p.pay("key", simulator.CardApproved).WantCode(500, "internal")
	})

	t.Run("charges nothing for another owner or total", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.says = acquiringapi.Claimed{Owner: "somebody", Total: p.total}
		p.pay("key-1", simulator.CardApproved).Want(500)
		p.says = acquiringapi.Claimed{Owner: p.buyer.Subject(), Total: money.Money{Amount: 1, Currency: "EUR"}}
		p.pay("key-2", simulator.CardApproved).Want(500)
	})

	t.Run("can be asked again under the same key after it was down", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.refusal = problem.Unavailable("down")
		p.pay("key", simulator.CardApproved).Want(503)
		p.refusal = nil
		p.pay("key", simulator.CardApproved).Want(201)
		p.wantSettled(acquiringapi.OutcomeCaptured)
	})
}

func TestCreate(t *testing.T) {
	t.Parallel()

	t.Run("declines and gives the payable back", func(t *testing.T) {
		t.Parallel()
		for card, reason := range map[string]string{
			simulator.CardDeclined: "do_not_honor", simulator.CardInsufficientFunds: "insufficient_funds", "378282246310005": "not_a_test_card",
		} {
			p := newPayable(t)
			got := p.pay("key", card).WantCode(402, "card_declined")
			if !strings.Contains(got.Problem.Detail, reason) {
				t.Errorf("detail = %q, want %s in it", got.Problem.Detail, reason)
			}
			p.wantSettled(acquiringapi.OutcomeFailed)
		}
	})

	t.Run("is pending when the acquirer's answer is lost", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		got := p.pay("key", simulator.CardAnswerLost).Want(201).Body
		if got.Status != acquiringapi.Pending {
			t.Errorf("status = %s, want pending", got.Status)
		}
		p.wantSettled()
	})

	t.Run("captures, once for a key", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		first := p.pay("key", "4242 4242 4242 4242").Want(201).Body
		want := acquiringapi.Payment{ID: first.ID, CartID: p.id, Status: acquiringapi.Captured, Amount: p.total, CardLast4: "4242"}
		if first != want {
			t.Errorf("payment = %+v, want %+v", first, want)
		}
		if again := p.pay("key", "4242 4242 4242 4242").Want(201).Body; again != first {
			t.Errorf("again = %+v, want %+v", again, first)
		}
		p.wantSettled(acquiringapi.OutcomeCaptured)
		if asked := p.claims.Count(); asked != 1 {
			t.Errorf("the payable was asked %d times, want once", asked)
		}
	})
}

func TestGet(t *testing.T) {
	t.Parallel()
	p := newPayable(t)
	made := p.pay("key", simulator.CardApproved).Want(201).Body
	in := acquiringapi.GetInput{ID: made.ID}

	slipwaytest.Do(p.kit.As("customer"), acquiringapi.Get, in).Want(404)
	slipwaytest.Do(p.buyer, acquiringapi.Get, acquiringapi.GetInput{ID: uuid.New()}).Want(404)
	if got := slipwaytest.Do(p.buyer, acquiringapi.Get, in).Want(200).Body; got != made {
		t.Errorf("payment = %+v, want %+v", got, made)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	_, err := config.Load[acquiring.Config](config.New(map[string]string{
		"ACQUIRING_CHARGE_TIMEOUT": "1h", "ACQUIRING_LOOK_EVERY": "0s", "ACQUIRING_LOST_AFTER": "1s",
	}), "ACQUIRING_")
	for _, variable := range []string{"ACQUIRING_CHARGE_TIMEOUT", "ACQUIRING_LOOK_EVERY", "ACQUIRING_LOST_AFTER"} {
		if err == nil || !strings.Contains(err.Error(), variable) {
			t.Errorf("Load = %v, want %s in it", err, variable)
		}
	}
}

// A payable is the neighbour of a test, and somebody who pays for it.
type payable struct {
	t       *testing.T
	kit     *slipwaytest.Kit
	buyer   *slipwaytest.Kit
	id      uuid.UUID
	total   money.Money
	refusal *problem.Error // or nil
	says    acquiringapi.Claimed
	claims  *slipwaytest.Received[acquiringapi.ClaimInput]
	settled *slipwaytest.Received[acquiringapi.SettleInput]
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
	p.settled = slipwaytest.Reply(k, acquiringapi.Settle, api.Empty{})
	return p
}

func (p *payable) order(card string) acquiringapi.CreateInput {
	return acquiringapi.CreateInput{Body: acquiringapi.Order{CartID: p.id, Amount: p.total, Card: card}}
}

func (p *payable) pay(key, card string) *slipwaytest.Answer[acquiringapi.Payment] {
	p.t.Helper()
	return slipwaytest.Do(p.buyer, acquiringapi.Create, p.order(card), slipwaytest.Key(key))
}

// wantSettled checks what the payable was told, in order.
func (p *payable) wantSettled(outcomes ...acquiringapi.Outcome) {
	p.t.Helper()
	var told []acquiringapi.Outcome
	for _, in := range p.settled.Inputs() {
		told = append(told, in.Body.Outcome)
	}
	if !slices.Equal(told, outcomes) {
		p.t.Errorf("the payable was told %v, want %v", told, outcomes)
	}
}
