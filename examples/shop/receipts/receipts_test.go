package receipts_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/examples/shop/receipts"
	"github.com/slipway-go/slipway/examples/shop/receipts/receiptsapi"
	"github.com/slipway-go/slipway/modules/acquiring/acquiringapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/slipwaytest"
)

func TestMain(m *testing.M) { slipwaytest.Main(m) }

// paid is what acquiring says of a payment.
func paid(by *slipwaytest.Kit) acquiringapi.PaymentCaptured {
	return acquiringapi.PaymentCaptured{
		PaymentID: uuid.New(), PayableID: uuid.New(), Owner: by.Subject(), Amount: money.Money{Amount: 2500, Currency: "EUR"},
		CapturedAt: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
	}
}

func pay(k *slipwaytest.Kit, p acquiringapi.PaymentCaptured) {
	slipwaytest.Deliver(k, acquiringapi.Captured, p.PaymentID.String(), p)
}

func numbers(k *slipwaytest.Kit, before int64) (all []int64) {
	for _, r := range slipwaytest.Do(k, receiptsapi.List, receiptsapi.ListInput{Before: before}).Want(200).Body.Receipts {
		all = append(all, r.Number)
	}
	return all
}

func TestWriteReceipt(t *testing.T) {
	t.Parallel()

	t.Run("writes no second one for a payment", func(t *testing.T) {
		t.Parallel()
		ada := slipwaytest.Tx(t, receipts.New()).As("customer")
		p := paid(ada)
		pay(ada, p)
		pay(ada, p) // an event of its own, that says the same
		if got := numbers(ada, 0); len(got) != 1 {
			t.Errorf("the receipts are %v, want one", got)
		}
	})

	t.Run("gives a number back that came to nothing", func(t *testing.T) {
		t.Parallel()
		ada := slipwaytest.Tx(t, receipts.New()).As("customer")
		failed := ada.LetJobsFail()
		broken := paid(ada)
		broken.Amount.Amount = -1 // which the table refuses, once the number is taken
		pay(ada, broken)
		if errs := failed.All(); len(errs) != 1 {
			t.Errorf("the job failed with %v, want one error", errs)
		}
		pay(ada, paid(ada))
		if got := numbers(ada, 0); len(got) != 1 || got[0] != 1 {
			t.Errorf("the receipts are %v, want the one with number 1", got)
		}
	})

	t.Run("counts without gaps, however many are written at once", func(t *testing.T) {
		t.Parallel()
		k := slipwaytest.Commit(t, receipts.New())
		ada := k.As("customer")
		var all sync.WaitGroup
		for range 12 {
			all.Go(func() { pay(ada, paid(ada)) })
		}
		all.Wait()
		got := numbers(ada, 0)
		for i, n := range got {
			if n != int64(len(got)-i) {
				t.Fatalf("the receipts are %v, want 12 to 1", got)
			}
		}
		if len(got) != 12 {
			t.Errorf("the receipts are %v, want 12 to 1", got)
		}
	})
}

func TestGet(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, receipts.New())
	ada, eve := k.As("customer"), k.As("customer")
	pay(k, paid(ada))

	t.Run("tells another's receipt from none by nothing", func(t *testing.T) {
		another := slipwaytest.Do(eve.In(t), receiptsapi.Get, receiptsapi.GetInput{Number: 1}).Want(404).Golden().Problem
		none := slipwaytest.Do(eve.In(t), receiptsapi.Get, receiptsapi.GetInput{Number: 2}).Want(404).Problem
		if another.Code != none.Code {
			t.Errorf("another's receipt: %s, none: %s; want no difference", another.Code, none.Code)
		}
	})

	t.Run("shows what was paid", func(t *testing.T) {
		slipwaytest.Do(ada.In(t), receiptsapi.Get, receiptsapi.GetInput{Number: 1}).Want(200).Golden()
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	k := slipwaytest.Tx(t, receipts.New())
	ada, bob := k.As("customer"), k.As("customer")
	for range receiptsapi.MaxPage + 1 {
		pay(k, paid(ada))
	}
	pay(k, paid(bob))

	t.Run("shows nobody those of another", func(t *testing.T) {
		if got := numbers(bob.In(t), 0); len(got) != 1 || got[0] != receiptsapi.MaxPage+2 {
			t.Errorf("Bob's receipts are %v, want his one", got)
		}
	})

	t.Run("goes back page by page", func(t *testing.T) {
		first := numbers(ada.In(t), 0)
		if len(first) != receiptsapi.MaxPage || first[0] != receiptsapi.MaxPage+1 {
			t.Fatalf("the first page is %v, want the latest %d", first, receiptsapi.MaxPage)
		}
		if rest := numbers(ada.In(t), first[len(first)-1]); len(rest) != 1 || rest[0] != 1 {
			t.Errorf("the second page is %v, want the first receipt", rest)
		}
	})

	t.Run("shows a list also where there is none", func(t *testing.T) {
		slipwaytest.Do(k.In(t).As("customer"), receiptsapi.List, receiptsapi.ListInput{}).Want(200).Golden()
	})
}
