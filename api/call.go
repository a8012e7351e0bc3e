package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

// A Caller reaches one neighbour, in this process or across the network.
// Package s2s implements it, and slipwaytest for tests.
type Caller interface {
	http.RoundTripper
	// ModuleName names the module at the other end.
	ModuleName() string
}

// Callable is an [Operation] or a [Need].
type Callable[In, Out any] interface {
	operation() *Operation[In, Out]
}

func (o *Operation[In, Out]) operation() *Operation[In, Out] { return o }

// Call sends in to the neighbour and returns its answer. The error of a call
// is a *[CallError]; [Refused] tells whether the neighbour refused the input.
func Call[In, Out any](ctx context.Context, c Caller, op Callable[In, Out], in In) (Out, error) {
	o := op.operation()
	var out Out
	pattern, err := o.call(ctx, c, reflect.ValueOf(&in).Elem(), &out)
	if err != nil {
		return out, &CallError{Neighbour: c.ModuleName(), Route: pattern, Err: err}
	}
	return out, nil
}

// NewRequest returns the request of an operation, as a client outside of the
// product would send it; the caller fills in the address and the token.
func NewRequest[In, Out any](ctx context.Context, op *Operation[In, Out], in In) (*http.Request, error) {
	return op.encoder.request(ctx, reflect.ValueOf(&in).Elem(), "")
}

func (o *Operation[In, Out]) call(ctx context.Context, c Caller, in reflect.Value, out *Out) (string, error) {
	prefix, err := o.prefix(c)
	pattern := o.patternBelow(prefix)
	if err != nil {
		return pattern, err
	}
	ctx = httpclient.WithRoute(ctx, pattern)
	if o.access.IsPublic() {
		ctx = auth.Anonymous(ctx)
	}
	r, err := o.encoder.request(ctx, in, prefix)
	if err != nil {
		return pattern, err
	}
	if o.idempotent {
		if err := setIdempotencyKey(ctx, r); err != nil {
			return pattern, err
		}
	}
	return pattern, roundTrip(c, r, out)
}

// prefix returns what stands before the declared path at the neighbour.
func (o *Operation[In, Out]) prefix(c Caller) (string, error) {
	if o.needed {
		return internalPath(c.ModuleName(), ""), nil
	}
	if c.ModuleName() != o.contract.name {
		return "", fmt.Errorf("the caller reaches module %s, but the route belongs to %s: pass the caller of %s", c.ModuleName(), o.contract.name, o.contract.name)
	}
	return "", nil
}

func roundTrip[Out any](c Caller, r *http.Request, out *Out) error {
	resp, err := c.RoundTrip(r)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return garbled(err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return &refusal{problem.Decode(resp.StatusCode, resp.Header, body), problem.IsProblem(resp.Header)}
	}
	if isEmpty(reflect.TypeFor[Out]()) {
		return nil
	}
	if err := json.Unmarshal(body, out); err != nil {
		return garbled(err)
	}
	return nil
}

func garbled(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err // it was the reading that took too long
	}
	return problem.BadGateway("a part of the service gave an answer that could not be understood; try again later").Wrap(err)
}

// unreachable makes a failed transport the neighbour's unavailability, unless
// the error already says more: a deadline, a cancellation, a problem.
func unreachable(err error) error {
	if _, ok := errors.AsType[*problem.Error](err); ok || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return err
	}
	if _, ok := errors.AsType[net.Error](err); ok || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return problem.Unavailable("a part of the service cannot be reached; try again later").WithHeader("Retry-After", "1").Wrap(err)
	}
	return err
}

// RouteOf returns the route that an operation or a need declares.
func RouteOf[In, Out any](op Callable[In, Out]) *Route { return op.operation().Route }

// PatternAt returns the method and path that a call of op to the module has: for
// an operation its own, for a need the one below /internal.
func PatternAt[In, Out any](op Callable[In, Out], module string) string {
	o := op.operation()
	if o.needed {
		return o.patternBelow(internalPath(module, ""))
	}
	return o.Pattern()
}

// A CallError says which neighbour and route failed. At the edge it becomes
// 503, 504 or 502 when the neighbour was down, late or unintelligible; a
// refusal that the caller did not expect is the caller's own defect, a 500.
type CallError struct {
	Neighbour string
	Route     string
	Err       error
}

func (e *CallError) Error() string {
	return fmt.Sprintf("call %s: %s: %v", e.Neighbour, e.Route, e.Err)
}

// Unwrap leads to the cause, but never to a neighbour's refusal: its 403 is
// not this module's 403.
func (e *CallError) Unwrap() error { return e.Err }

// A refusal is a neighbour's answer outside of 2xx.
type refusal struct {
	problem *problem.Error
	own     bool // the neighbour's own words, and not those of somebody on the way
}

func (r *refusal) Error() string { return r.problem.Error() }

// Unwrap translates what the neighbour could not do into what this module
// cannot do; what the neighbour would not do stays an unexpected error.
func (r *refusal) Unwrap() error {
	switch status := r.problem.Status(); {
	case status == http.StatusGatewayTimeout:
		return problem.Timeout("a part of the service took too long to answer; try again")
	case status == http.StatusBadGateway:
		return problem.BadGateway("a part of the service gave an answer that could not be understood; try again later")
	case status == http.StatusServiceUnavailable, status == http.StatusTooManyRequests:
		return problem.Unavailable("a part of the service is not available; try again later").WithHeader("Retry-After", "1")
	}
	return nil
}

// ReportedElsewhere tells [telemetry.ReportedElsewhere] that a neighbour which answers
// with a failure of its own has reported that itself.
func (r *refusal) ReportedElsewhere() bool { return r.own && !r.problem.Expected() }

// Refused returns the neighbour's answer when it refused the input (4xx), so
// that the caller can act on its code or pass it on.
func Refused(err error) (*problem.Error, bool) {
	r, ok := errors.AsType[*refusal](err)
	if !ok || !r.problem.Expected() || r.problem.Status() == http.StatusUnauthorized || r.problem.Status() == http.StatusTooManyRequests {
		return nil, false
	}
	return r.problem, true
}

func setBody(r *http.Request, b []byte) {
	r.ContentLength = int64(len(b))
	r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
	r.Body = io.NopCloser(bytes.NewReader(b))
}
