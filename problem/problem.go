package problem

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// An Error is what the client is told. Make one with the function of its kind.
type Error struct {
	status  int
	code    string
	detail  string
	fields  []Field
	headers http.Header
	cause   error
}

// A Field says what is wrong with one part of the request: "body.quantity",
// "path.id".
type Field struct {
	Location string `json:"location"`
	Message  string `json:"message"`
}

func newError(status int, code, format string, args []any) *Error {
	return &Error{status: status, code: code, detail: fmt.Sprintf(format, args...)}
}

// BadRequest is 400: the request could not be read.
func BadRequest(format string, args ...any) *Error {
	return newError(http.StatusBadRequest, "bad_request", format, args)
}

// Unauthorized is 401: who asks is unknown.
func Unauthorized(format string, args ...any) *Error {
	return newError(http.StatusUnauthorized, "unauthorized", format, args)
}

// PaymentRequired is 402: a payment was declined.
func PaymentRequired(format string, args ...any) *Error {
	return newError(http.StatusPaymentRequired, "payment_required", format, args)
}

// Forbidden is 403: who asks is known and may not.
func Forbidden(format string, args ...any) *Error {
	return newError(http.StatusForbidden, "forbidden", format, args)
}

// NotFound is 404: there is no such thing, or it is not for whoever asks.
func NotFound(format string, args ...any) *Error {
	return newError(http.StatusNotFound, "not_found", format, args)
}

// MethodNotAllowed is 405; see [NotAllowed] for one with the Allow header.
func MethodNotAllowed(format string, args ...any) *Error {
	return newError(http.StatusMethodNotAllowed, "method_not_allowed", format, args)
}

// NotAcceptable is 406: no form of the answer is one that the client takes.
func NotAcceptable(format string, args ...any) *Error {
	return newError(http.StatusNotAcceptable, "not_acceptable", format, args)
}

// Conflict is 409: the thing is in a state that does not allow this.
func Conflict(format string, args ...any) *Error {
	return newError(http.StatusConflict, "conflict", format, args)
}

// Gone is 410: the thing was there and will not be again.
func Gone(format string, args ...any) *Error {
	return newError(http.StatusGone, "gone", format, args)
}

// TooLarge is 413: the body is larger than the route takes.
func TooLarge(format string, args ...any) *Error {
	return newError(http.StatusRequestEntityTooLarge, "too_large", format, args)
}

// UnsupportedMediaType is 415: the body is of a type that the route does not read.
func UnsupportedMediaType(format string, args ...any) *Error {
	return newError(http.StatusUnsupportedMediaType, "unsupported_media_type", format, args)
}

// Unprocessable is 422: the request can be read but makes no sense.
func Unprocessable(format string, args ...any) *Error {
	return newError(http.StatusUnprocessableEntity, "unprocessable", format, args)
}

// TooManyRequests is 429: a limit is reached; say when to come back with the
// header Retry-After.
func TooManyRequests(format string, args ...any) *Error {
	return newError(http.StatusTooManyRequests, "too_many_requests", format, args)
}

// Internal is 500: a defect of ours. Handlers need it seldom; any error that is
// no problem becomes one.
func Internal(format string, args ...any) *Error {
	return newError(http.StatusInternalServerError, "internal", format, args)
}

// BadGateway is 502: a neighbour gave an answer that could not be understood.
func BadGateway(format string, args ...any) *Error {
	return newError(http.StatusBadGateway, "bad_gateway", format, args)
}

// Unavailable is 503: something that is needed is down for now.
func Unavailable(format string, args ...any) *Error {
	return newError(http.StatusServiceUnavailable, "unavailable", format, args)
}

// Timeout is 504: the work took longer than it may.
func Timeout(format string, args ...any) *Error {
	return newError(http.StatusGatewayTimeout, "timeout", format, args)
}

// WithCode sets the code that clients branch on.
func (e *Error) WithCode(code string) *Error {
	c := *e
	c.code = code
	return &c
}

// WithField adds what is wrong with one part of the request.
func (e *Error) WithField(location, message string) *Error {
	c := *e
	c.fields = append(slices.Clip(e.fields), Field{Location: location, Message: message})
	return &c
}

// WithHeader adds a header of the answer.
func (e *Error) WithHeader(key, value string) *Error {
	c := *e
	c.headers = maps.Clone(e.headers)
	if c.headers == nil {
		c.headers = http.Header{}
	}
	c.headers.Set(key, value)
	return &c
}

// Wrap keeps the cause for the log and the report; the client never sees it.
func (e *Error) Wrap(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Status returns the HTTP status.
func (e *Error) Status() int { return e.status }

// Code returns the stable code.
func (e *Error) Code() string { return e.code }

// Detail returns the text for the person who reads it.
func (e *Error) Detail() string { return e.detail }

// Fields returns what is wrong with parts of the request.
func (e *Error) Fields() []Field { return slices.Clone(e.fields) }

// Headers returns the answer's headers; not to be changed.
func (e *Error) Headers() http.Header { return e.headers }

// Expected reports whether the client caused the problem (4xx): it is answered,
// not reported.
func (e *Error) Expected() bool { return e.status < http.StatusInternalServerError }

// Error returns the detail, and the cause for those who may see it.
func (e *Error) Error() string {
	if e.cause == nil {
		return e.detail
	}
	return e.detail + ": " + e.cause.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.cause }

// statusClientClosed is what the log says when the client went away; nobody is
// left to read it.
const statusClientClosed = 499

// From returns the problem that err is: the first in its chain; a timeout, a
// cancellation or a body over its limit; or a 500 that says nothing and keeps err.
func From(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge("the body is larger than the %d bytes that this route takes", e.Limit).Wrap(err)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout("the request took too long; try again").Wrap(err)
	case errors.Is(err, context.Canceled):
		return newError(statusClientClosed, "client_closed_request", "the client went away", nil).Wrap(err)
	}
	return Internal("something went wrong on our side; it has been noted").Wrap(err)
}

// Status returns the HTTP status with which err is answered.
func Status(err error) int { return From(err).status }

// Code returns the code with which err is answered.
func Code(err error) string { return From(err).code }

// Expected reports whether the client caused err.
func Expected(err error) bool { return From(err).Expected() }
