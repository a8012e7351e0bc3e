package problem

import (
	"context"
	"errors"
	"net/http"
)

var errNone = errors.New("a problem was asked for where there was no error")

// From returns the problem that err is: the first *Error in its chain; what a
// timeout, a cancellation or a body over its limit means; and for anything else
// a 500 that keeps err for the log.
func From(err error) *Error {
	e, ok := errors.AsType[*Error](err)
	switch {
	case e != nil:
		return e
	case ok, err == nil:
		return (&Error{}).Wrap(errNone)
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return TooLarge("the body is larger than the %d bytes that this route takes", tooLarge.Limit).Wrap(err)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return Timeout("the request took too long; try again").Wrap(err)
	case errors.Is(err, context.Canceled):
		return newError(statusClientClosed, "the client went away before the answer").Wrap(err)
	}
	return (&Error{}).Wrap(err)
}

// Status returns the HTTP status with which err is answered.
func Status(err error) int { return From(err).Status() }

// Code returns the code with which err is answered.
func Code(err error) string { return From(err).Code() }

// Expected reports whether the client caused err.
func Expected(err error) bool { return From(err).Expected() }
