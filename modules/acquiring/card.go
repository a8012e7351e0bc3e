package acquiring

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// A Card is a card's number. It prints as its last four digits.
type Card struct{ number string }

var (
	_ fmt.Formatter  = Card{}
	_ slog.LogValuer = Card{}
)

var errCard = errors.New("this is not a card's number: expected 12 to 19 digits, of which the last is a check digit; look for a mistyped one")

// ParseCard reads a number as people write it, with or without spaces.
func ParseCard(s string) (Card, error) {
	number := strings.ReplaceAll(s, " ", "")
	if len(number) < 12 || len(number) > 19 || !luhn(number) {
		return Card{}, errCard
	}
	return Card{number}, nil
}

// luhn checks the last digit (ISO/IEC 7812-1): every second digit from the right
// is doubled, and the sum of all digits ends in 0.
func luhn(number string) bool {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if d > 9 {
			return false
		}
		if i%2 == 1 {
			d *= 2
		}
		sum += d/10 + d%10
	}
	return sum%10 == 0
}

// Number returns the whole number, for the provider.
func (c Card) Number() string { return c.number }

// Last4 returns what may be kept.
func (c Card) Last4() string { return c.number[max(0, len(c.number)-4):] }

// Format answers every verb alike.
func (c Card) Format(f fmt.State, _ rune) { _, _ = fmt.Fprint(f, "card …", c.Last4()) }

// LogValue implements slog.LogValuer.
func (c Card) LogValue() slog.Value { return slog.StringValue("…" + c.Last4()) }
