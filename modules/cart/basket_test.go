package cart

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/modules/cart/cartapi"
	"github.com/slipway-go/slipway/money"
	"github.com/slipway-go/slipway/problem"
)

func TestBasket_add(t *testing.T) {
	t.Parallel()

	t.Run("refuses another currency", func(t *testing.T) {
		t.Parallel()
		err := open().add(cartapi.Quotation{SKU: "gift-card", Price: money.Money{Amount: 2000, Currency: "USD"}}, 1)
		wantProblem(t, err, 409, "currency_mismatch")
	})

	t.Run("refuses more of one SKU than a cart takes", func(t *testing.T) {
		t.Parallel()
		b := open(mug(98))
		wantProblem(t, b.add(mugQuote(1250), 2), 422, "too_many")
	})

	t.Run("refuses more SKUs than a cart takes", func(t *testing.T) {
		t.Parallel()
		b := open()
		for i := range cartapi.MaxItems {
			if err := b.add(quote(fmt.Sprintf("sku-%d", i), 1), 1); err != nil {
				t.Fatal(err)
			}
		}
		wantProblem(t, b.add(quote("one-more", 1), 1), 422, "too_many")
	})

	t.Run("refuses a total that no one could write down", func(t *testing.T) {
		t.Parallel()
		wantProblem(t, open().add(mugQuote(money.MaxAmount), 2), 422, "too_many")
		wantProblem(t, open().add(mugQuote(math.MaxInt64), 1), 422, "too_many")
	})

	t.Run("refuses while the cart is being paid for and after", func(t *testing.T) {
		t.Parallel()
		b := claimedBy(t, uuid.New())
		wantProblem(t, b.add(mugQuote(1250), 1), 409, "payment_in_progress")
		b.Status = cartapi.Paid
		wantProblem(t, b.add(mugQuote(1250), 1), 409, "already_paid")
	})

	t.Run("adds up, at the latest price", func(t *testing.T) {
		t.Parallel()
		b := open(mug(1))
		if err := b.add(mugQuote(1300), 2); err != nil {
			t.Fatal(err)
		}
		wantTotal(t, b, 3*1300)
	})
}

func TestBasket_remove(t *testing.T) {
	t.Parallel()

	t.Run("refuses while the cart is being paid for", func(t *testing.T) {
		t.Parallel()
		wantProblem(t, claimedBy(t, uuid.New()).remove("mug"), 409, "payment_in_progress")
	})

	t.Run("takes a SKU out, and none that is not there", func(t *testing.T) {
		t.Parallel()
		b := open(mug(2))
		for _, sku := range []string{"teapot", "mug", "mug"} {
			if err := b.remove(sku); err != nil {
				t.Fatal(err)
			}
		}
		wantTotal(t, b, 0)
	})
}

func TestBasket_reprice(t *testing.T) {
	t.Parallel()

	t.Run("refuses prices that do not add up", func(t *testing.T) {
		t.Parallel()
		b := open(mug(1))
		wantProblem(t, b.reprice([]cartapi.Quotation{{SKU: "mug", Price: money.Money{Amount: 1, Currency: "USD"}}}), 409, "currency_mismatch")
	})

	t.Run("leaves a total alone that was agreed to", func(t *testing.T) {
		t.Parallel()
		b := claimedBy(t, uuid.New())
		if err := b.reprice([]cartapi.Quotation{mugQuote(1)}); err != nil {
			t.Fatal(err)
		}
		wantTotal(t, b, 1250)
	})

	t.Run("puts new prices on an open cart", func(t *testing.T) {
		t.Parallel()
		b, quotes := open(mug(2)), []cartapi.Quotation{mugQuote(1300)}
		if !b.outdated(quotes) {
			t.Error("outdated() = false before, want true")
		}
		if err := b.reprice(quotes); err != nil {
			t.Fatal(err)
		}
		if b.outdated(quotes) {
			t.Error("outdated() = true after, want false")
		}
		wantTotal(t, b, 2600)
	})
}

func TestBasket_claim(t *testing.T) {
	t.Parallel()

	t.Run("refuses for nothing", func(t *testing.T) {
		t.Parallel()
		wantProblem(t, open().claim(uuid.New(), eur(0)), 409, "cart_empty")
	})

	t.Run("refuses another amount or currency", func(t *testing.T) {
		t.Parallel()
		b := open(mug(2))
		for _, amount := range []int64{-2500, 0, 1, 2499, 2501, math.MaxInt64} {
			wantProblem(t, b.claim(uuid.New(), eur(amount)), 409, "total_changed")
		}
		wantProblem(t, b.claim(uuid.New(), money.Money{Amount: 2500, Currency: "USD"}), 409, "currency_mismatch")
	})

	t.Run("refuses a second payment", func(t *testing.T) {
		t.Parallel()
		b := claimedBy(t, uuid.New())
		wantProblem(t, b.claim(uuid.New(), eur(1250)), 409, "payment_in_progress")
		b.Status = cartapi.Paid
		wantProblem(t, b.claim(uuid.New(), eur(1250)), 409, "already_paid")
	})

	t.Run("agrees again to the payment that has claimed it", func(t *testing.T) {
		t.Parallel()
		payment := uuid.New()
		if err := claimedBy(t, payment).claim(payment, eur(1250)); err != nil {
			t.Error(err)
		}
	})
}

func TestBasket_whosePricesDoNotAddUp(t *testing.T) {
	t.Parallel()
	stored := func() *basket { return open(item{SKU: "mug", Quantity: 2, Price: eur(money.MaxAmount)}) }

	t.Run("cannot be claimed", func(t *testing.T) {
		t.Parallel()
		b := stored()
		if err := b.claim(uuid.New(), eur(money.MaxAmount)); !errors.Is(err, money.ErrOverflow) || b.Status != cartapi.Open {
			t.Errorf("claim() = %v and the cart is %s, want ErrOverflow and it open", err, b.Status)
		}
	})

	t.Run("is not shown with a wrong total", func(t *testing.T) {
		t.Parallel()
		if c, err := stored().public(); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("public() = %+v, %v; want ErrOverflow", c, err)
		}
	})
}

func TestBasket_release(t *testing.T) {
	t.Parallel()

	t.Run("refuses to open what was paid for", func(t *testing.T) {
		t.Parallel()
		payment := uuid.New()
		b := claimedBy(t, payment)
		wantStatus(t, b, b.close(payment), cartapi.Paid)
		wantProblem(t, b.release(payment), 409, "already_paid")
	})

	t.Run("changes nothing for a payment of somebody else", func(t *testing.T) {
		t.Parallel()
		b := open(mug(1))
		wantStatus(t, b, b.release(uuid.New()), cartapi.Open)
		b = claimedBy(t, uuid.New())
		wantStatus(t, b, b.release(uuid.New()), cartapi.Paying)
	})

	t.Run("opens the cart again, and may be told so again", func(t *testing.T) {
		t.Parallel()
		payment := uuid.New()
		b := claimedBy(t, payment)
		wantStatus(t, b, b.release(payment), cartapi.Open)
		wantStatus(t, b, b.release(payment), cartapi.Open)
	})
}

func TestBasket_close(t *testing.T) {
	t.Parallel()

	t.Run("refuses a payment that has not claimed the cart", func(t *testing.T) {
		t.Parallel()
		for _, b := range []*basket{open(mug(1)), claimedBy(t, uuid.New())} {
			before := b.Status
			if err := b.close(uuid.New()); err == nil || b.Status != before {
				t.Errorf("close() = %v and the cart is %s, want an error and it %s", err, b.Status, before)
			}
		}
	})

	t.Run("closes the cart, and may be told so again", func(t *testing.T) {
		t.Parallel()
		payment := uuid.New()
		b := claimedBy(t, payment)
		wantStatus(t, b, b.close(payment), cartapi.Paid)
		wantStatus(t, b, b.close(payment), cartapi.Paid)
	})
}

// Whatever arrives in whatever order, one payment at most is accepted as paid,
// it paid the total, and after that nothing changes.
func TestBasket_isPaidOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b, payments := open(), []uuid.UUID{uuid.New(), uuid.New(), uuid.New()}
		agreed, paidBy, paid := map[uuid.UUID]int64{}, uuid.Nil, int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) { _ = b.add(mugQuote(rapid.Int64Range(1, 5).Draw(t, "price")), 1) },
			"claim": func(t *rapid.T) {
				p, amount := rapid.SampledFrom(payments).Draw(t, "payment"), rapid.Int64Range(0, 30).Draw(t, "amount")
				if b.Status == cartapi.Open && b.claim(p, eur(amount)) == nil {
					agreed[p] = amount
				}
			},
			"fail": func(t *rapid.T) {
				_ = b.release(rapid.SampledFrom(payments).Draw(t, "payment"))
			},
			"capture": func(t *rapid.T) {
				p := rapid.SampledFrom(payments).Draw(t, "payment")
				if b.close(p) != nil {
					return
				}
				if paidBy != uuid.Nil && paidBy != p {
					t.Fatalf("paid by %s and by %s", paidBy, p)
				}
				paidBy, paid = p, agreed[p]
			},
			"": func(t *rapid.T) {
				if total, err := b.total(); err != nil || paidBy != uuid.Nil && total != eur(paid) {
					t.Fatalf("total %v, %v after %d was paid", total, err, paid)
				}
			},
		})
	})
}

func open(items ...item) *basket {
	return &basket{ID: uuid.New(), Owner: "ada", Currency: "EUR", Status: cartapi.Open, Items: items}
}

func claimedBy(t *testing.T, payment uuid.UUID) *basket {
	t.Helper()
	b := open(mug(1))
	if err := b.claim(payment, eur(1250)); err != nil {
		t.Fatal(err)
	}
	return b
}

func wantStatus(t *testing.T, b *basket, err error, want cartapi.Status) {
	t.Helper()
	if err != nil || b.Status != want {
		t.Errorf("got %v and the cart is %s, want it %s", err, b.Status, want)
	}
}

func mug(quantity int64) item {
	return item{SKU: "mug", Name: "Mug", Quantity: quantity, Price: eur(1250)}
}

func mugQuote(amount int64) cartapi.Quotation { return quote("mug", amount) }

func quote(sku string, amount int64) cartapi.Quotation {
	return cartapi.Quotation{SKU: sku, Name: sku, Price: eur(amount)}
}

func eur(amount int64) money.Money { return money.Money{Amount: amount, Currency: "EUR"} }

func wantTotal(t *testing.T, b *basket, want int64) {
	t.Helper()
	if got, err := b.total(); err != nil || got != eur(want) {
		t.Errorf("total() = %v, %v; want %v", got, err, eur(want))
	}
}

func wantProblem(t *testing.T, err error, status int, code string) {
	t.Helper()
	if problem.Status(err) != status || problem.Code(err) != code {
		t.Errorf("got %d %s (%v), want %d %s", problem.Status(err), problem.Code(err), err, status, code)
	}
}
