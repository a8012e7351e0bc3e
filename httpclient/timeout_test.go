package httpclient_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

func TestDeadline(t *testing.T) {
	t.Parallel()

	t.Run("EndsACallThatHangs", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			got := get(t, httpclient.Chain(newNeighbour(hangs), httpclient.Deadline(3*time.Second)))
			wantBound(t, got.err, 3*time.Second)
			wantElapsed(t, start, 3*time.Second)
		})
	})

	t.Run("EndsABodyThatTrickles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			got := get(t, httpclient.Chain(newNeighbour(trickles), httpclient.Deadline(3*time.Second), httpclient.AttemptTimeout(time.Minute)))
			if got.status != http.StatusOK {
				t.Errorf("status %d, want 200", got.status)
			}
			wantBound(t, got.err, 3*time.Second)
			wantElapsed(t, start, 3*time.Second)
		})
	})

	t.Run("IsTenSecondsByDefault", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			wantBound(t, get(t, httpclient.Chain(newNeighbour(hangs), httpclient.Deadline(0))).err, 10*time.Second)
		})
	})

	t.Run("LeavesTheCallersEarlierDeadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c := httpclient.Chain(newNeighbour(hangs), httpclient.Deadline(3*time.Second), httpclient.AttemptTimeout(2*time.Second))
			got := do(c, request(ctx, t, http.MethodGet, ""))
			if _, ours := errors.AsType[*httpclient.TimeoutError](got.err); ours || !errors.Is(got.err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the caller's own deadline", got.err)
			}
		})
	})

	t.Run("CoversTheAttemptsAndTheirPauses", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			n := newNeighbour(hangs)
			c := httpclient.Chain(n, httpclient.Deadline(5*time.Second), httpclient.Retry(httpclient.RetryConfig{}), httpclient.AttemptTimeout(4*time.Second))
			wantBound(t, get(t, c).err, 5*time.Second)
			wantElapsed(t, start, 5*time.Second)
			if n.calls() != 2 {
				t.Errorf("%d attempts, want 2", n.calls())
			}
		})
	})

	t.Run("PassesACancellationOn", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			c := httpclient.Chain(newNeighbour(hangs), httpclient.Deadline(0), httpclient.Retry(httpclient.RetryConfig{}), httpclient.AttemptTimeout(0), named("cart"))
			got := do(c, request(ctx, t, http.MethodGet, ""))
			if !errors.Is(got.err, context.Canceled) {
				t.Errorf("error %v, want a cancellation", got.err)
			}
		})
	})
}

func TestDeadline_Context(t *testing.T) {
	t.Parallel()

	// inside runs f where a layer within the deadline would.
	inside := func(t *testing.T, ctx context.Context, f func(ctx context.Context)) {
		t.Helper()
		base := httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			f(r.Context())
			return status(http.StatusOK)(r)
		})
		if got := do(httpclient.Chain(base, httpclient.Deadline(3*time.Second)), request(ctx, t, http.MethodGet, "")); got.err != nil {
			t.Fatal(got.err)
		}
	}

	t.Run("EndsForWhomeverWaits", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			inside(t, t.Context(), func(ctx context.Context) {
				if at, ok := ctx.Deadline(); !ok || time.Until(at) != 3*time.Second {
					t.Errorf("deadline in %s, want in 3s", time.Until(at))
				}
				<-ctx.Done()
				if !errors.Is(ctx.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
					t.Errorf("ended with %v because of %v", ctx.Err(), context.Cause(ctx))
				}
			})
		})
	})

	t.Run("EndsForWhomeverOnlyAsks", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			inside(t, t.Context(), func(ctx context.Context) {
				if err := ctx.Err(); err != nil {
					t.Errorf("ended at once: %v", err)
				}
				time.Sleep(3 * time.Second)
				if err := ctx.Err(); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Err() = %v after the deadline", err)
				}
				select {
				case <-ctx.Done():
				default:
					t.Error("Err() says that it ended, Done() does not")
				}
			})
		})
	})

	t.Run("EndsContextsThatWereDerived", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			inside(t, ctx, func(ctx context.Context) {
				child, stop := context.WithCancel(ctx)
				defer stop()
				cancel()
				<-child.Done()
				if !errors.Is(child.Err(), context.Canceled) {
					t.Errorf("ended with %v", child.Err())
				}
			})
		})
	})

	t.Run("LetsALayerBetweenCancelTheAttempt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			impatient := func(next http.RoundTripper) http.RoundTripper {
				return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
					ctx, cancel := context.WithTimeout(r.Context(), time.Second)
					defer cancel()
					return next.RoundTrip(r.WithContext(ctx))
				})
			}
			start := time.Now()
			c := httpclient.Chain(newNeighbour(hangs), httpclient.Deadline(0), impatient, httpclient.AttemptTimeout(0))
			if got := get(t, c); !errors.Is(got.err, context.DeadlineExceeded) {
				t.Errorf("error %v", got.err)
			}
			wantElapsed(t, start, time.Second)
		})
	})

	t.Run("LetsAnAttemptEndAChainInsideIt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			innerChain := httpclient.Chain(newNeighbour(hangs), httpclient.Deadline(time.Minute), httpclient.AttemptTimeout(time.Minute))
			c := httpclient.Chain(innerChain, httpclient.Deadline(10*time.Second), httpclient.AttemptTimeout(2*time.Second))
			wantBound(t, get(t, c).err, 2*time.Second)
			wantElapsed(t, start, 2*time.Second)
		})
	})
}

func TestAttemptTimeout(t *testing.T) {
	t.Parallel()

	t.Run("EndsAnAttemptThatHangs", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := httpclient.Chain(newNeighbour(hangs), httpclient.AttemptTimeout(2*time.Second), named("cart"))
			got := get(t, c)
			wantBound(t, got.err, 2*time.Second)
			if s := problem.Status(got.err); s != http.StatusGatewayTimeout {
				t.Errorf("the client gets %d, want 504", s)
			}
		})
	})

	t.Run("EndsABodyThatTrickles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			got := get(t, httpclient.Chain(newNeighbour(trickles), httpclient.Deadline(0), httpclient.AttemptTimeout(2*time.Second), named("cart")))
			wantBound(t, got.err, 2*time.Second)
		})
	})

	t.Run("LeavesTimeForAnother", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := httpclient.Chain(newNeighbour(hangs, status(http.StatusOK)),
				httpclient.Deadline(0), httpclient.Retry(httpclient.RetryConfig{}), httpclient.AttemptTimeout(0), named("cart"))
			if got := get(t, c); got.status != http.StatusOK || got.err != nil {
				t.Errorf("got %+v, want 200 by the second attempt", got)
			}
		})
	})

	t.Run("DoesNotCutAnAnswerThatIsReadInTime", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c := httpclient.Chain(newNeighbour(status(http.StatusOK)), httpclient.Deadline(0), httpclient.AttemptTimeout(0))
			resp, err := c.RoundTrip(request(t.Context(), t, http.MethodGet, ""))
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Second)
			if got := drain(resp.Body); got != `{"ok":true}` {
				t.Errorf("body %q", got)
			}
		})
	})
}

func wantBound(t *testing.T, err error, after time.Duration) {
	t.Helper()
	if e, ok := errors.AsType[*httpclient.TimeoutError](err); !ok || e.After != after {
		t.Errorf("error %v, want the bound of %s", err, after)
	}
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v is no context.DeadlineExceeded", err)
	}
}

func wantElapsed(t *testing.T, start time.Time, want time.Duration) {
	t.Helper()
	if got := time.Since(start); got != want {
		t.Errorf("took %s, want %s", got, want)
	}
}
