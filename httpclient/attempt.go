package httpclient

import "context"

// AttemptHeader marks a call that is retried: its value is the number of the
// attempt, from 2 on. Whoever serves such a call passes its context through
// [WithoutRetry], so that retries do not multiply from service to service.
const AttemptHeader = "Slipway-Attempt"

type withoutRetryKey struct{}

// WithoutRetry returns a context whose calls are made once.
func WithoutRetry(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutRetryKey{}, true)
}
