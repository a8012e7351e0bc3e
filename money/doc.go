// Package money counts money exactly: a number of minor units (cents, or yen)
// and an ISO 4217 currency.
//
//	price, err := money.New(1250, "EUR") // 12.50 EUR
//	line, err := price.Mul(3)
//	total, err := total.Add(line)
//
// # Guaranteed
//
//   - Nothing is rounded and nothing wraps around: a result beyond [MaxAmount]
//     is [ErrOverflow].
//   - Amounts of different currencies never meet: [ErrCurrency].
//   - What is read from JSON is valid: a whole number within bounds, and a
//     currency that exists. On the wire it is {"amount":1250,"currency":"EUR"}.
//
// # Not guaranteed
//
// A Money that was written as a literal may be invalid; [Money.Check] tells.
// Exchange rates, taxes and shares are not here: they need rules for rounding,
// which belong to whoever knows the business.
package money
