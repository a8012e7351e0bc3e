package money_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/money"
)

func TestNew(t *testing.T) {
	t.Parallel()

	t.Run("refuses what is no currency", func(t *testing.T) {
		t.Parallel()
		for _, code := range []string{"", "eur", "EURO", "XQQ", "E R"} {
			if _, err := money.New(1, code); !errors.Is(err, money.ErrUnknown) {
				t.Errorf("New(1, %q) = %v, want ErrUnknown", code, err)
			}
		}
	})

	t.Run("refuses what a JSON reader could not hold", func(t *testing.T) {
		t.Parallel()
		for _, amount := range []int64{money.MaxAmount + 1, -money.MaxAmount - 1, math.MaxInt64, math.MinInt64} {
			if _, err := money.New(amount, "EUR"); !errors.Is(err, money.ErrOverflow) {
				t.Errorf("New(%d) = %v, want ErrOverflow", amount, err)
			}
		}
	})
}

func TestMoney_Add(t *testing.T) {
	t.Parallel()

	t.Run("refuses another currency", func(t *testing.T) {
		t.Parallel()
		if _, err := eur(1).Add(money.Money{Amount: 1, Currency: "USD"}); !errors.Is(err, money.ErrCurrency) {
			t.Errorf("EUR + USD = %v, want ErrCurrency", err)
		}
	})

	t.Run("refuses a literal out of range", func(t *testing.T) {
		t.Parallel()
		if _, err := eur(math.MaxInt64).Add(eur(math.MaxInt64)); !errors.Is(err, money.ErrOverflow) {
			t.Errorf("max + max = %v, want ErrOverflow", err)
		}
	})

	t.Run("is exact or an error", rapid.MakeCheck(func(t *rapid.T) {
		a, b := amounts(t, "a"), amounts(t, "b")
		got, err := eur(a).Add(eur(b))
		exactOrOverflow(t, got, err, new(big.Int).Add(big.NewInt(a), big.NewInt(b)))
	}))
}

func TestMoney_Mul(t *testing.T) {
	t.Parallel()

	t.Run("refuses a literal in no currency", func(t *testing.T) {
		t.Parallel()
		if got, err := (money.Money{Amount: 1}).Mul(2); !errors.Is(err, money.ErrUnknown) {
			t.Errorf("Mul() = %v, %v; want ErrUnknown", got, err)
		}
	})

	t.Run("is exact or an error", rapid.MakeCheck(func(t *rapid.T) {
		a, n := amounts(t, "a"), rapid.Int64().Draw(t, "n")
		got, err := eur(a).Mul(n)
		exactOrOverflow(t, got, err, new(big.Int).Mul(big.NewInt(a), big.NewInt(n)))
	}))
}

func TestMoney_String(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]money.Money{
		"12.50 EUR":            eur(1250),
		"-0.05 EUR":            eur(-5),
		"1250 JPY":             {Amount: 1250, Currency: "JPY"},
		"1.250 KWD":            {Amount: 1250, Currency: "KWD"},
		`7 of currency "nope"`: {Amount: 7, Currency: "nope"},
	} {
		if got := m.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

func TestMoney_JSON(t *testing.T) {
	t.Parallel()

	t.Run("refuses fractions, texts, overflows and unknown currencies", func(t *testing.T) {
		t.Parallel()
		for _, in := range []string{
			`{"amount":12.5,"currency":"EUR"}`, `{"amount":"12","currency":"EUR"}`, `{"amount":1e400,"currency":"EUR"}`,
			`{"amount":9223372036854775808,"currency":"EUR"}`, `{"amount":9007199254740992,"currency":"EUR"}`,
			`{"amount":1,"currency":"eur"}`, `{"amount":1}`, `[]`, `12`,
		} {
			var m money.Money
			if err := json.Unmarshal([]byte(in), &m); err == nil {
				t.Errorf("Unmarshal(%s) = %v, want an error", in, m)
			}
		}
	})

	t.Run("reads what it writes", rapid.MakeCheck(func(t *rapid.T) {
		want := eur(rapid.Int64Range(-money.MaxAmount, money.MaxAmount).Draw(t, "amount"))
		b, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got money.Money
		if err := json.Unmarshal(b, &got); err != nil || got != want {
			t.Fatalf("Unmarshal(%s) = %v, %v; want %v", b, got, err, want)
		}
	}))
}

func eur(amount int64) money.Money { return money.Money{Amount: amount, Currency: "EUR"} }

// amounts draws valid amounts, often near the bounds.
func amounts(t *rapid.T, label string) int64 {
	return rapid.OneOf(
		rapid.Int64Range(-money.MaxAmount, money.MaxAmount),
		rapid.Int64Range(money.MaxAmount-3, money.MaxAmount),
		rapid.Int64Range(-money.MaxAmount, -money.MaxAmount+3),
		rapid.Int64Range(-3, 3),
	).Draw(t, label)
}

func exactOrOverflow(t *rapid.T, got money.Money, err error, want *big.Int) {
	t.Helper()
	if new(big.Int).Abs(want).Cmp(big.NewInt(money.MaxAmount)) > 0 {
		if !errors.Is(err, money.ErrOverflow) {
			t.Fatalf("got %v, %v; want ErrOverflow for %s", got, err, want)
		}
		return
	}
	if err != nil || got != eur(want.Int64()) {
		t.Fatalf("got %v, %v; want %s", got, err, want)
	}
}
