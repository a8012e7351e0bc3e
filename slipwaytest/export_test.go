package slipwaytest

import "net/http"

// CardNumber is a card's number that belongs to nobody.
func CardNumber() string { return cardNumber() }

// Sabotaged puts a handler in front of the module's process, for mistakes that no
// module can make.
func Sabotaged(f func(http.Handler) http.Handler) Fixture {
	return func(u *universal) { u.sabotage = f }
}
