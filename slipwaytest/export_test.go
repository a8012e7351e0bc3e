package slipwaytest

import "net/http"

// Sabotaged puts a handler in front of the module's process, for mistakes that no
// module can make.
func Sabotaged(f func(http.Handler) http.Handler) Fixture {
	return func(u *universal) { u.sabotage = f }
}
