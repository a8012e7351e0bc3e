package problem

import (
	"context"
	"net/http"
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

// NoRouteHandler answers every request with [NoRoute]. TraceID finds the trace
// in the request's context; it may be nil.
func NoRouteHandler(traceID func(context.Context) string) http.Handler {
	return handler(traceID, func(r *http.Request) *Error { return NoRoute(r.Method, r.URL.Path) })
}

// NotAllowedHandler answers every request with [NotAllowed]. TraceID finds the
// trace in the request's context; it may be nil.
func NotAllowedHandler(traceID func(context.Context) string, allowed ...string) http.Handler {
	return handler(traceID, func(r *http.Request) *Error { return NotAllowed(r.Method, allowed...) })
}

func handler(traceID func(context.Context) string, of func(*http.Request) *Error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var id string
		if traceID != nil {
			id = traceID(r.Context())
		}
		Write(w, of(r), id)
	})
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
