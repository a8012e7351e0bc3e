package s3

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/slipway-go/slipway/httpclient"
)

// target is the name of S3 in logs, spans and metrics.
const target = "s3"

// chain puts around a transport what every call of the kit has.
func (c Config) chain(base http.RoundTripper) http.RoundTripper {
	return httpclient.Chain(base,
		toldByUs,
		httpclient.Breaker(httpclient.BreakerConfig{Target: target, Logger: c.Logger, Metrics: c.Metrics}),
		httpclient.Trace(target),
		httpclient.Count(httpclient.CountConfig{Metrics: c.Metrics, Target: target}),
		httpclient.Log(httpclient.LogConfig{Logger: c.Logger, Target: target, Outside: true}),
		progress(c.patience()),
	)
}

// toldByUs hides a word from the library, which makes an error of its own of every one that
// has it, with the whole address and without the cause.
func toldByUs(next http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, ours{err}
		}
		return resp, nil
	})
}

type ours struct{ error }

func (o ours) Error() string { return strings.ReplaceAll(o.error.Error(), "EOF", "end of file") }

func (o ours) Unwrap() error { return o.error }

const (
	attempts = 3
	// pause is the longest before the second attempt; it doubles for the third.
	pause = 200 * time.Millisecond
)

// try makes a call, up to three times if it fails for now: all that is asked of S3 can be
// asked twice. What hangs is asked once more alone.
func (s *Store) try(ctx context.Context, route string, call func(context.Context) error) error {
	ctx = httpclient.WithRoutine(httpclient.WithRoute(ctx, route))
	if err := s.ready(ctx); err != nil {
		return err
	}
	return try(ctx, s, call)
}

func try(ctx context.Context, s *Store, call func(context.Context) error) error {
	for n := 1; ; n++ {
		err := call(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err = s.explain(err); !isTemporary(err) || n >= attemptsOf(err) {
			return err
		}
		if err := sleep(ctx, rand.N(pause<<n)); err != nil { //nolint:gosec // spreads load, keeps no secret
			return err
		}
	}
}

func attemptsOf(err error) int {
	if isStalled(err) {
		return 2
	}
	return attempts
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ready makes the bucket if it may, once in the life of the process.
func (s *Store) ready(ctx context.Context) error {
	if !s.create || s.created.Load() {
		return nil
	}
	err := try(ctx, s, func(ctx context.Context) error {
		return s.core.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{})
	})
	if err != nil && !isOneOf(err, "BucketAlreadyOwnedByYou", "BucketAlreadyExists") {
		return fmt.Errorf("make the bucket %s: %w", s.bucket, err)
	}
	s.created.Store(true)
	return nil
}
