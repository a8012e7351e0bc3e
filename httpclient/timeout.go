package httpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

const (
	defaultTimeout        = 10 * time.Second
	defaultAttemptTimeout = 5 * time.Second
)

// A TimeoutError says which bound was reached. It is a
// context.DeadlineExceeded, so the client learns of it as 504.
type TimeoutError struct {
	// After is the bound.
	After time.Duration

	attempt bool
}

// Error names the bound and the setting that moves it.
func (e *TimeoutError) Error() string {
	if e.attempt {
		return fmt.Sprintf("an attempt took longer than %s (CALL_ATTEMPT_TIMEOUT)", e.After)
	}
	return fmt.Sprintf("the call with all its attempts took longer than %s (CALL_TIMEOUT)", e.After)
}

// Timeout reports that this is one.
func (e *TimeoutError) Timeout() bool { return true }

// kind tells a slow neighbour from a caller who has no more time.
func (e *TimeoutError) kind() failure {
	if e.attempt {
		return late
	}
	return nothing
}

// Is makes it a context.DeadlineExceeded.
func (e *TimeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// Deadline bounds a call with all its attempts and the reading of the answer. A
// context that ends earlier stays as it is. Default: 10s.
func Deadline(d time.Duration) Layer {
	if d <= 0 {
		d = defaultTimeout
	}
	bound := &TimeoutError{After: d}
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			at := time.Now().Add(d)
			if endsBefore(r.Context(), at) {
				return next.RoundTrip(r)
			}
			ctx := &callContext{Context: r.Context(), at: at, bound: bound}
			resp, err := next.RoundTrip(r.WithContext(ctx))
			return bound.keep(ctx, ctx.cancel, ctx.isArmed(), resp, err)
		})
	}
}

// AttemptTimeout bounds one attempt and the reading of its answer. A context
// that ends earlier stays as it is. Default: 5s.
func AttemptTimeout(d time.Duration) Layer {
	if d <= 0 {
		d = defaultAttemptTimeout
	}
	own := &TimeoutError{After: d, attempt: true}
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			parent, at, bound := r.Context(), time.Now().Add(d), own
			if call, ok := unarmed(parent); ok {
				parent = attemptContext{Context: call.Context, values: parent}
				if call.at.Before(at) {
					at, bound = call.at, call.bound
				}
			}
			if endsBefore(parent, at) {
				return next.RoundTrip(r)
			}
			ctx, cancel := context.WithDeadlineCause(parent, at, bound)
			resp, err := next.RoundTrip(r.WithContext(ctx))
			return bound.keep(ctx, cancel, true, resp, err)
		})
	}
}

func endsBefore(ctx context.Context, at time.Time) bool {
	end, ok := ctx.Deadline()
	return ok && !end.After(at)
}

// keep ends the context with the attempt that failed, or else with the body of
// the answer.
func (e *TimeoutError) keep(ctx context.Context, cancel context.CancelFunc, armed bool, resp *http.Response, err error) (*http.Response, error) {
	if err != nil {
		err = e.explain(ctx, err)
		cancel()
		return nil, err
	}
	if armed {
		resp.Body = &boundedBody{ReadCloser: resp.Body, ctx: ctx, cancel: cancel, bound: e}
	}
	return resp, nil
}

// explain makes an error that came since the bound was reached say so.
func (e *TimeoutError) explain(ctx context.Context, err error) error {
	if ctx.Err() == nil || !errors.Is(context.Cause(ctx), error(e)) || errors.Is(err, error(e)) {
		return err
	}
	return fmt.Errorf("%w: %w", e, err)
}

// ended says why ctx is done. A cause of somebody's own does not hide whether it
// was the time or a cancellation, for that decides the answer.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// boundedBody keeps the bound until the body is read: an answer that trickles
// is late too.
type boundedBody struct {
	io.ReadCloser
	ctx    context.Context
	cancel context.CancelFunc
	bound  *TimeoutError
}

func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == nil:
	case err == io.EOF: //nolint:errorlint // the contract of io.Reader: not wrapped
		b.cancel()
	default:
		err = b.bound.explain(b.ctx, err)
	}
	return n, err
}

func (b *boundedBody) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}
