package problem

import "strings"

// NoRoute is the 404 of a path that nothing serves.
func NoRoute(method, path string) *Error {
	return NotFound("there is no %s %s here", cut(method), cut(path)).WithCode("no_route")
}

// NotAllowed is the 405 of a path that exists under other methods.
func NotAllowed(method string, allowed ...string) *Error {
	list := strings.Join(allowed, ", ")
	return MethodNotAllowed("%s is not possible here; this address takes %s", cut(method), list).WithHeader("Allow", list)
}
