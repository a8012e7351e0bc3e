package main

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/modules/acquiring/simulator"
	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// Whatever process dies at whatever moment of a payment: the retry under the same
// key ends well, the card is charged once, the cart is closed and one receipt is written.
func TestFault_killedAtAnyMoment(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		for round, dice := range slipwaytest.Rounds(t) {
			s.survives(fmt.Sprint("key-", round), deathIn(round, dice))
		}
		s.wantBookComplete()
	})
}

// A death is the end of a process in the middle of a payment.
type death struct {
	victim string
	card   string
	after  time.Duration // since the request was sent
	booked bool          // wait until the acquirer has booked the charge instead
}

func (d death) String() string {
	if d.booked {
		return fmt.Sprintf("%s died when card %s had been charged", d.victim, d.card)
	}
	return fmt.Sprintf("%s died %s after a payment with card %s began", d.victim, d.after, d.card)
}

// deathIn comes in the first round when it hurts most: the money is taken, and
// nobody has heard of it. In the others it comes by chance.
func deathIn(round int, dice *rand.Rand) death {
	if round == 0 {
		return death{victim: "acquiring", card: simulator.CardSlow, booked: true}
	}
	return death{
		victim: []string{"acquiring", "cart", "receipts"}[dice.IntN(3)],
		card:   []string{simulator.CardApproved, simulator.CardSlow, simulator.CardAnswerLost}[dice.IntN(3)],
		after:  time.Duration(dice.IntN(60)) * time.Millisecond,
	}
}

// survives pays, lets a process die meanwhile, and asks again as a client would.
func (s *shop) survives(key string, d death) {
	s.t.Helper()
	ada := s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		s.tryPay(ada, c, d.card, key)
	}()
	if d.booked {
		s.eventually("the acquirer has booked the charge", func() bool { return s.charges(c.ID) == 1 })
	}
	time.Sleep(d.after) // the moment is the point: it may be before, in and after everything
	s.kit.Kill(d.victim)
	<-asked
	s.kit.Restart(d.victim)

	s.eventually(d.String()+": the retry ends well", func() bool {
		got := s.pay(ada, c, d.card, key)
		if got.Status >= 500 && got.Status != 503 {
			s.t.Fatalf("%s: answer = %d %s", d, got.Status, got.Raw)
		}
		return got.Status == 201 && (got.Body.Status == acquiringapi.StatusCaptured || got.Body.Status == acquiringapi.StatusPending)
	})
	s.eventually(d.String()+": the cart is closed", func() bool { return s.cart(ada, c.ID).Status == cartapi.Paid })
	s.eventually(d.String()+": the receipt is written", func() bool { return s.receipts(c.ID) == 1 })
	if got := s.charges(c.ID); got != 1 {
		s.t.Errorf("%s: charges = %d, want 1", d, got)
	}
}
