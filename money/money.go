package money

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/bojanz/currency"
)

// MaxAmount bounds an amount in both directions. It is what every JSON reader
// can hold exactly, JavaScript's numbers included.
const MaxAmount = 1<<53 - 1

// The errors of this package.
var (
	ErrOverflow = errors.New("the amount is out of range")
	ErrCurrency = errors.New("the currencies differ")
	ErrUnknown  = errors.New("there is no such currency: expected an ISO 4217 code such as EUR")
	ErrForm     = errors.New(`expected money as {"amount":1250,"currency":"EUR"}, the amount in minor units, without fraction or exponent`)
)

// Money is an amount in minor units of a currency. Two are equal when == says so.
type Money struct {
	Amount   int64  `json:"amount" minimum:"-9007199254740991" maximum:"9007199254740991" doc:"In minor units: 1250 is 12.50 EUR, or 1250 JPY." example:"1250"`
	Currency string `json:"currency" format:"iso4217" pattern:"^[A-Z]{3}$" patternDescription:"an ISO 4217 code such as EUR" doc:"ISO 4217." example:"EUR"`
}

// New returns a valid Money, or says why there is none.
func New(amount int64, currency string) (Money, error) {
	m := Money{Amount: amount, Currency: currency}
	return m, m.Check()
}

// Check tells what is wrong with a Money that was not made by [New].
func (m Money) Check() error {
	if m.Currency == "" || !currency.IsValid(m.Currency) { // the library takes "" for valid
		return fmt.Errorf("currency %q: %w", m.Currency, ErrUnknown)
	}
	if m.Amount > MaxAmount || m.Amount < -MaxAmount {
		return fmt.Errorf("%d: %w", m.Amount, ErrOverflow)
	}
	return nil
}

// Add returns the sum.
func (m Money) Add(n Money) (Money, error) {
	if m.Currency != n.Currency {
		return Money{}, fmt.Errorf("%s and %s: %w", m, n, ErrCurrency)
	}
	if err := errors.Join(m.Check(), n.Check()); err != nil {
		return Money{}, err
	}
	return New(m.Amount+n.Amount, m.Currency) // two bounded amounts fit an int64
}

// Mul returns n times the amount.
func (m Money) Mul(n int64) (Money, error) {
	if err := m.Check(); err != nil {
		return Money{}, err
	}
	if m.Amount != 0 && (n > MaxAmount || n < -MaxAmount || abs(n) > MaxAmount/abs(m.Amount)) {
		return Money{}, fmt.Errorf("%d times %s: %w", n, m, ErrOverflow)
	}
	return Money{Amount: m.Amount * n, Currency: m.Currency}, nil
}

func abs(n int64) int64 { return max(n, -n) }

// String writes the amount for a person: "12.50 EUR".
func (m Money) String() string {
	a, err := currency.NewAmountFromInt64(m.Amount, m.Currency)
	if err != nil {
		return fmt.Sprintf("%d of currency %q", m.Amount, m.Currency)
	}
	return a.Number() + " " + m.Currency
}

// UnmarshalJSON refuses what [Money.Check] would complain of, so that no
// invalid amount comes in from outside.
func (m *Money) UnmarshalJSON(b []byte) error {
	type plain Money // without this method
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return ErrForm
	}
	*m = Money(p)
	return m.Check()
}
