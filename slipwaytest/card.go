package slipwaytest

import (
	"fmt"
	"math/rand/v2"
)

// cardNumber makes the number of a card that nobody has, with the right check
// digit. No two are likely to be the same.
func cardNumber() string {
	const most = 1_000_000_000
	digits := fmt.Sprintf("411111%09d", rand.IntN(most)) //nolint:gosec // it keeps no secret
	return digits + string(checkDigit(digits))
}

// checkDigit is Luhn's for digits, of which the last is doubled.
func checkDigit(digits string) rune {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return rune('0' + (10-sum%10)%10)
}
