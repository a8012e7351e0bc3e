package problem

import (
	"strconv"
	"strings"
)

// NoRoute is the 404 of a path that nothing serves.
func NoRoute(method, path string) *Error {
	return NotFound("nothing here answers %s %s", word(method), quoted(path)).WithCode("no_route")
}

// NotAllowed is the 405 of a path that is served under other methods; they stand
// in its header Allow.
func NotAllowed(method string, allowed ...string) *Error {
	list := strings.Join(allowed, ", ")
	e := MethodNotAllowed("%s is not possible here", word(method))
	if list != "" {
		e = MethodNotAllowed("%s is not possible here; this address takes %s", word(method), list)
	}
	return e.WithHeader("Allow", list) // RFC 9110 wants the header even when it is empty
}

const (
	maxWord = 20
	maxPath = 200
)

// word repeats a method of the client's choosing.
func word(s string) string { return cut(s, maxWord) }

// quoted repeats a path of the client's choosing: short, in quotes, and with
// whatever could deceive the eye or a terminal escaped.
func quoted(s string) string { return strconv.Quote(cut(s, maxPath)) }
