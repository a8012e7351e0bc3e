package jobs

import (
	"errors"
	"math/rand/v2"
	"time"
)

// RetryAfter returns err as one after which the next attempt is to wait so long, in
// place of the usual pause. It counts as a failure like any other.
func RetryAfter(d time.Duration, err error) error {
	if err == nil {
		err = errors.New("it asks to be tried again")
	}
	return &retryError{d, err}
}

type retryError struct {
	after time.Duration
	error
}

func (e *retryError) Unwrap() error { return e.error }

const (
	firstPause = time.Second
	maxPause   = time.Hour
)

// pause grows with the failures so far; jitter keeps those that failed together from
// coming back together.
func pause(failures int) time.Duration {
	d := maxPause
	if n := failures - 1; n < 12 {
		d = firstPause << n
	}
	return d*3/4 + rand.N(d/2) //nolint:gosec // jitter is no secret
}
