package acquiring_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

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

	for name, in := range map[string]struct{ amount, card string }{
		"nothing to pay":      {`{"amount":0,"currency":"EUR"}`, simulator.CardApproved},
		"a negative amount":   {`{"amount":-1,"currency":"EUR"}`, simulator.CardApproved},
		"a fraction":          {`{"amount":12.5,"currency":"EUR"}`, simulator.CardApproved},
		"an overflow":         {`{"amount":9223372036854775808,"currency":"EUR"}`, simulator.CardApproved},
		"an unknown currency": {`{"amount":1,"currency":"XQQ"}`, simulator.CardApproved},
		"a mistyped card":     {`{"amount":1,"currency":"EUR"}`, "4242424242424241"},
		"no card":             {`{"amount":1,"currency":"EUR"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			body := fmt.Sprintf(`{"cart_id":%q,"amount":%s,"card":%q}`, p.id, in.amount, in.card)
			got := p.buyer.In(t).JSON(http.MethodPost, "/payments", body, slipwaytest.Key(name)).Want(422).Golden()
			if in.card != "" && strings.Contains(string(got.Raw), in.card) {
				t.Errorf("the answer repeats the card: %s", got.Raw)
			}
		})
	}
	t.Run("no key", func(t *testing.T) {
		slipwaytest.Do(p.buyer.In(t), acquiringapi.Create, p.order(simulator.CardApproved)).Want(400).Golden()
	})
	if asked := p.claims.Inputs(); len(asked) != 0 {
		t.Errorf("the payable was asked: %v", asked)
	}
}

func TestCreate_whenThePayableDoesNotAgree(t *testing.T) {
	t.Parallel()

	t.Run("passes its refusal on, in its words", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		for _, refusal := range []*problem.Error{
			problem.NotFound("there is no such cart"),
			problem.Conflict("the total is another").WithCode(acquiringapi.CodeTotalChanged),
		} {
			p.refusal = refusal
			p.pay(refusal.Code(), simulator.CardApproved).Want(refusal.Status()).Golden()
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
		p.pay("key", simulator.CardApproved).Want(500).Golden()
	})

	t.Run("charges nothing for another owner or total", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.says = acquiringapi.Claimed{Owner: "somebody", Total: p.total}
		p.pay("key-1", simulator.CardApproved).Want(500)
		p.says = acquiringapi.Claimed{Owner: p.buyer.Subject(), Total: money.Money{Amount: 1, Currency: "EUR"}}
		p.pay("key-2", simulator.CardApproved).Want(500)
		if got := p.charges(); got != 0 {
			t.Errorf("charges = %d, want none", got)
		}
	})

	t.Run("can be asked again under the same key after it was down", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.refusal = problem.Unavailable("down")
		p.pay("key", simulator.CardApproved).Want(503).Golden()
		p.refusal = nil
		p.pay("key", simulator.CardApproved).Want(201)
		p.wantCaptured()
	})
}

func TestCreate(t *testing.T) {
	t.Parallel()

	t.Run("declines and gives the payable back", func(t *testing.T) {
		t.Parallel()
		for name, card := range map[string]string{
			"by the bank": simulator.CardDeclined, "for insufficient funds": simulator.CardInsufficientFunds, "a real card": "378282246310005",
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				p := newPayable(t)
				p.pay("key", card).Want(402).Golden()
				p.wantReleased(1)
				if got := p.charges(); got != 0 {
					t.Errorf("charges = %d, want none", got)
				}
			})
		}
	})

	t.Run("refuses a key that belongs to another payment", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.pay("key", simulator.CardApproved).Want(201)
		p.total.Amount++
		p.pay("key", simulator.CardApproved).Want(422).Golden()
	})

	t.Run("refuses a second payment for what is paid for", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t) // which would agree to another payment
		p.pay("key-1", simulator.CardApproved).Want(201)
		p.pay("key-2", simulator.CardApproved).Want(409).Golden()
		if got := p.charges(); got != 1 {
			t.Errorf("charges = %d, want 1", got)
		}
	})

	t.Run("is pending when the acquirer's answer is lost", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.pay("key", simulator.CardAnswerLost).Want(201).Golden()
		p.wantReleased(0)
	})

	t.Run("is pending when the acquirer was not reached", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.pay("key", simulator.CardRequestLost).Want(201).Golden()
		p.wantReleased(0)
		if got := p.charges(); got != 0 {
			t.Errorf("charges = %d, want none", got)
		}
	})

	t.Run("captures, once for a key", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		p.pay("key", "4242 4242 4242 4242").Want(201).Golden()
		p.pay("key", "4242 4242 4242 4242").Want(201).Golden()
		p.wantCaptured()
		if asked, charged := p.claims.Count(), p.charges(); asked != 1 || charged != 1 {
			t.Errorf("the payable was asked %d times and the card charged %d times, want each once", asked, charged)
		}
	})
}

func TestGet(t *testing.T) {
	t.Parallel()

	t.Run("tells another's payment from none by nothing", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		made := p.pay("key", simulator.CardApproved).Want(201).Body.ID
		eve := p.kit.As("customer")
		another := slipwaytest.Do(eve, acquiringapi.Get, acquiringapi.GetInput{ID: made}).Want(404).Golden().Problem.Detail
		none := slipwaytest.Do(eve, acquiringapi.Get, acquiringapi.GetInput{ID: uuid.Nil}).Want(404).Problem.Detail
		if strings.ReplaceAll(another, made.String(), uuid.Nil.String()) != none {
			t.Errorf("another's payment: %q, none: %q; want no difference", another, none)
		}
	})

	t.Run("shows how a payment stands", func(t *testing.T) {
		t.Parallel()
		p := newPayable(t)
		pending := p.pay("key", simulator.CardAnswerLost).Want(201).Body.ID
		slipwaytest.Do(p.buyer, acquiringapi.Get, acquiringapi.GetInput{ID: pending}).Want(200).Golden()
	})
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
