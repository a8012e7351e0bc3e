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
// key ends well, the card is charged once and the cart is closed.
func TestFault_killedAtAnyMoment(t *testing.T) {
	inEveryDeployment(t, func(t *testing.T, s *shop) {
		for round, dice := range slipwaytest.Rounds(t) {
			s.killIn(t, round, dice)
		}
	})
}

func (s *shop) killIn(t *testing.T, round int, dice *rand.Rand) {
	ada := s.kit.As("customer")
	c := s.fill(ada, "mug-blue", 1)
	card := []string{simulator.CardApproved, simulator.CardSlow, simulator.CardAnswerLost}[dice.IntN(3)]
	victim := []string{"acquiring", "cart"}[dice.IntN(2)]
	moment := time.Duration(dice.IntN(60)) * time.Millisecond
	key := fmt.Sprint("key-", round)

	asked := make(chan struct{})
	go func() {
		defer close(asked)
		s.tryPay(ada, c, card, key)
	}()
	time.Sleep(moment) // the moment is the point: it may be before, in and after everything
	s.kit.Kill(victim)
	<-asked
	s.kit.Restart(victim)

	s.eventually(fmt.Sprintf("round %d, %s killed after %s: the retry ends well", round, victim, moment), func() bool {
		got := s.pay(ada, c, card, key)
		if got.Status >= 500 && got.Status != 503 {
			t.Fatalf("answer = %d %s", got.Status, got.Raw)
		}
		return got.Status == 201
	})
	s.eventually("the cart is closed", func() bool { return s.cart(ada, c.ID).Status == cartapi.Paid })
	if got := s.charges(c.ID); got != 1 {
		t.Errorf("round %d, %s killed after %s: charges = %d, want 1", round, victim, moment, got)
	}
	again := s.pay(ada, c, card, key).Want(201).Body
	if again.Status != acquiringapi.Captured && again.Status != acquiringapi.Pending {
		t.Errorf("round %d: the payment is %s", round, again.Status)
	}
}
