package httpclient

import (
	"context"
	"maps"
	"net/http"
	"strconv"
)

// AttemptHeader marks a call that is retried: its value is the number of the
// attempt, from 2 on. Whoever serves such a call passes its context through
// [WithoutRetry], so that retries do not multiply from service to service.
const AttemptHeader = "Slipway-Attempt"

type (
	withoutRetryKey struct{}
	attemptKey      struct{}
)

// WithoutRetry returns a context whose calls are made once.
func WithoutRetry(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutRetryKey{}, true)
}

func retryForbidden(ctx context.Context) bool { return ctx.Value(withoutRetryKey{}) != nil }

// attemptOf returns the number of the attempt, from 1 on.
func attemptOf(ctx context.Context) int {
	if n, ok := ctx.Value(attemptKey{}).(int); ok {
		return n
	}
	return 1
}

// numbered returns the request as attempt n.
func numbered(r *http.Request, n int) *http.Request {
	m := r.WithContext(context.WithValue(r.Context(), attemptKey{}, n))
	m.Header = withHeader(r.Header, AttemptHeader, strconv.Itoa(n))
	return m
}

// withHeader returns a copy of h with one field set; a RoundTripper may not
// change the request that it was given. The values of the others are shared,
// since no layer writes into them.
func withHeader(h http.Header, key, value string) http.Header {
	c := maps.Clone(h)
	if c == nil {
		c = http.Header{}
	}
	c[key] = []string{value}
	return c
}
