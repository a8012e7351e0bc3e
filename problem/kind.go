package problem

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// newError takes its arguments as Printf does, so that go vet checks the calls
// of every kind.
func newError(status int, format string, args ...any) *Error {
	return &Error{status: status, detail: cut(fmt.Sprintf(format, args...), maxDetail)}
}

// BadRequest is 400: the request could not be read.
func BadRequest(format string, args ...any) *Error {
	return newError(http.StatusBadRequest, format, args...)
}

// Unauthorized is 401: who asks is unknown.
func Unauthorized(format string, args ...any) *Error {
	return newError(http.StatusUnauthorized, format, args...)
}

// PaymentRequired is 402: a payment was declined.
func PaymentRequired(format string, args ...any) *Error {
	return newError(http.StatusPaymentRequired, format, args...)
}

// Forbidden is 403: who asks is known and may not.
func Forbidden(format string, args ...any) *Error {
	return newError(http.StatusForbidden, format, args...)
}

// NotFound is 404: there is no such thing, or it is not for whoever asks. See
// [NoRoute] for a path that nothing serves.
func NotFound(format string, args ...any) *Error {
	return newError(http.StatusNotFound, format, args...)
}

// MethodNotAllowed is 405; [NotAllowed] makes one with the Allow header that it
// needs.
func MethodNotAllowed(format string, args ...any) *Error {
	return newError(http.StatusMethodNotAllowed, format, args...)
}

// NotAcceptable is 406: no form of the answer is one that the client takes.
func NotAcceptable(format string, args ...any) *Error {
	return newError(http.StatusNotAcceptable, format, args...)
}

// RequestTimeout is 408: the request took too long to arrive.
func RequestTimeout(format string, args ...any) *Error {
	return newError(http.StatusRequestTimeout, format, args...)
}

// Conflict is 409: the thing is in a state that does not allow this.
func Conflict(format string, args ...any) *Error {
	return newError(http.StatusConflict, format, args...)
}

// Gone is 410: the thing was there and will not be again.
func Gone(format string, args ...any) *Error {
	return newError(http.StatusGone, format, args...)
}

// PreconditionFailed is 412: the thing is another than the request was made for.
func PreconditionFailed(format string, args ...any) *Error {
	return newError(http.StatusPreconditionFailed, format, args...)
}

// TooLarge is 413: the body is larger than the route takes.
func TooLarge(format string, args ...any) *Error {
	return newError(http.StatusRequestEntityTooLarge, format, args...)
}

// UnsupportedMediaType is 415: the body is of a type that the route does not read.
func UnsupportedMediaType(format string, args ...any) *Error {
	return newError(http.StatusUnsupportedMediaType, format, args...)
}

// RangeNotSatisfiable is 416: the part that was asked for is not there. Say how long the
// whole is with the header Content-Range.
func RangeNotSatisfiable(format string, args ...any) *Error {
	return newError(http.StatusRequestedRangeNotSatisfiable, format, args...)
}

// Unprocessable is 422: the request can be read but makes no sense.
func Unprocessable(format string, args ...any) *Error {
	return newError(http.StatusUnprocessableEntity, format, args...)
}

// TooManyRequests is 429: a limit is reached. Say when to come back with the
// header Retry-After.
func TooManyRequests(format string, args ...any) *Error {
	return newError(http.StatusTooManyRequests, format, args...)
}

// Internal is 500: a defect of ours. Handlers need it seldom, since any error
// that is no problem becomes one. The client sees the status and the code; the
// detail goes to the log only.
func Internal(format string, args ...any) *Error {
	return newError(http.StatusInternalServerError, format, args...)
}

// BadGateway is 502: a neighbour gave an answer that could not be understood.
func BadGateway(format string, args ...any) *Error {
	return newError(http.StatusBadGateway, format, args...)
}

// Unavailable is 503: something that is needed is down for now.
func Unavailable(format string, args ...any) *Error {
	return newError(http.StatusServiceUnavailable, format, args...)
}

// Timeout is 504: the work took longer than it may.
func Timeout(format string, args ...any) *Error {
	return newError(http.StatusGatewayTimeout, format, args...)
}

// statusClientClosed is what the log says when the client went away; nobody is
// left to read the answer.
const statusClientClosed = 499

// defaultCode returns the code of a status when nobody gave another: the name of
// its kind in snake case.
func defaultCode(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "too_large"
	case http.StatusRequestedRangeNotSatisfiable:
		return "range_not_satisfiable"
	case http.StatusUnprocessableEntity:
		return "unprocessable"
	case http.StatusInternalServerError:
		return "internal"
	case http.StatusServiceUnavailable:
		return "unavailable"
	case http.StatusGatewayTimeout:
		return "timeout"
	}
	return snake(title(status))
}

func snake(text string) string {
	separator := func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
	return strings.Join(strings.FieldsFunc(strings.ToLower(text), separator), "_")
}

// title returns the status in words.
func title(status int) string {
	if status == statusClientClosed {
		return "Client Closed Request"
	}
	if text := http.StatusText(status); text != "" {
		return text
	}
	return "Status " + strconv.Itoa(status)
}

// cut shortens a text to about so many bytes.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	const mark = "…"
	return strings.ToValidUTF8(s[:limit-len(mark)], "") + mark
}
