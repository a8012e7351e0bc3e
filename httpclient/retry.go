package httpclient

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

const (
	maxRetries   = 2
	defaultPause = 100 * time.Millisecond
	// maxPause bounds what a neighbour may ask for with Retry-After.
	maxPause = 30 * time.Second
	// maxDiscarded is read of an answer that is given up, so that its connection can be used again.
	maxDiscarded = 16 << 10
)

// RetryConfig says how calls are retried.
type RetryConfig struct {
	// Retries is how often a call is retried at most. Default and upper bound: 2; negative: never.
	Retries int
	// Pause is the longest pause before the first retry; it doubles for the
	// second, and the pause that is taken is random below it. Default: 100ms.
	Pause time.Duration
}

// Retry makes a call again that failed for now, when that can have no second
// effect: the method is idempotent, there is an Idempotency-Key, or nothing was
// sent. It does so for a broken connection, an attempt that took too long, and
// for 429, 502, 503 and 504; never for 500, which is a defect, nor for TLS.
// Retries are at most a tenth of all calls, fit the deadline, and leave out
// calls whose caller retries already.
func Retry(c RetryConfig) Layer {
	if c.Retries == 0 || c.Retries > maxRetries {
		c.Retries = maxRetries
	}
	if c.Pause <= 0 {
		c.Pause = defaultPause
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return &retrier{cfg: c, next: next, budget: newBudget()}
	}
}

type retrier struct {
	cfg    RetryConfig
	next   http.RoundTripper
	budget *budget
}

func (t *retrier) RoundTrip(r *http.Request) (*http.Response, error) {
	t.budget.earn()
	for retries := 0; ; retries++ {
		resp, err := t.next.RoundTrip(r)
		if retries >= t.cfg.Retries || !mayRetry(r, resp, err) {
			return resp, err
		}
		pause, ok := t.pause(r.Context(), resp, retries)
		if !ok {
			return resp, err
		}
		again, ok := replay(r, retries+2)
		if !ok || !t.budget.spend() {
			return resp, err
		}
		discard(resp)
		if err := sleep(r.Context(), pause); err != nil {
			return nil, err
		}
		r = again
	}
}

// mayRetry reports a failure that may be over soon, of a call that can be made
// twice.
func mayRetry(r *http.Request, resp *http.Response, err error) bool {
	ctx := r.Context()
	if err == nil {
		return isTemporary(resp.StatusCode) && isRepeatable(r) && !retryForbidden(ctx)
	}
	if ctx.Err() != nil || retryForbidden(ctx) {
		return false
	}
	switch failureOf(ctx, err) {
	case unsent:
		return true
	case broken, late:
		return isRepeatable(r)
	}
	return false
}

func isTemporary(status int) bool {
	return status == http.StatusTooManyRequests || isDown(status)
}

// isDown reports an answer that says, or that a proxy says, that the neighbour
// does not work for now.
func isDown(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout
}

// isRepeatable reports a request whose second arrival has no second effect (RFC
// 9110, 9.2.2), or whose key sees to that.
func isRepeatable(r *http.Request) bool {
	switch r.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.Header.Get("Idempotency-Key") != ""
}

// replay returns the request as attempt n, its body from the start. Only
// GetBody can do that: what a reader has given is gone.
func replay(r *http.Request, n int) (*http.Request, bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return numbered(r, n), true
	}
	if r.GetBody == nil {
		return nil, false
	}
	body, err := r.GetBody()
	if err != nil {
		return nil, false
	}
	again := numbered(r, n)
	again.Body = body
	return again, true
}

// pause returns how long to wait: a random time, after what the neighbour asks
// for. It returns false when the deadline comes first.
func (t *retrier) pause(ctx context.Context, resp *http.Response, retries int) (time.Duration, bool) {
	wait := retryAfter(resp)
	if wait > maxPause {
		return 0, false
	}
	wait += rand.N(t.cfg.Pause << retries) //nolint:gosec // spreads load, keeps no secret
	at, bounded := ctx.Deadline()
	return wait, !bounded || wait < time.Until(at)
}

// retryAfter reads the header, which has seconds or a date.
func retryAfter(resp *http.Response) time.Duration {
	if resp == nil {
		return 0
	}
	v := resp.Header.Get("Retry-After")
	if s, err := strconv.ParseUint(v, 10, 32); err == nil {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	}
}

// discard gives up an answer.
func discard(resp *http.Response) {
	if resp == nil {
		return
	}
	_, _ = io.CopyN(io.Discard, resp.Body, maxDiscarded) // if it fails, the connection is not used again
	_ = resp.Body.Close()
}
