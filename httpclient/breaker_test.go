package httpclient_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// errSSO is what another neighbour's chain makes of its failure.
var _, errSSO = named("sso")(newNeighbour(fails(errRefused))).RoundTrip(&http.Request{URL: &url.URL{}})

func guarded(n http.RoundTripper) http.RoundTripper {
	return httpclient.Chain(n, httpclient.Breaker(httpclient.BreakerConfig{Target: "cart"}), httpclient.AttemptTimeout(0), named("cart"))
}

func TestBreaker_Opens(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]step{
		"OnRefusedConnections": fails(errRefused),
		"OnBrokenConnections":  fails(errReset),
		"OnGarbage":            fails(errors.New("malformed HTTP response")),
		"OnAttemptsThatHang":   hangs,
		"On502":                status(http.StatusBadGateway),
		"On503":                status(http.StatusServiceUnavailable),
		"On504":                status(http.StatusGatewayTimeout),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNeighbour(step)
				c := guarded(n)
				together(t, c, 10)
				got := get(t, c)
				if n.calls() != 10 || !errors.Is(got.err, httpclient.ErrBreakerOpen) {
					t.Fatalf("%d calls reached the neighbour, the last got %v; want 10 and an open breaker", n.calls(), got.err)
				}
				p := problem.From(got.err)
				if p.Status() != http.StatusServiceUnavailable || p.Headers().Get("Retry-After") == "" {
					t.Errorf("the client gets %d %v, want 503 with Retry-After", p.Status(), p.Headers())
				}
				if strings.Contains(p.Detail(), "cart") || !strings.Contains(got.err.Error(), "cart") {
					t.Errorf("the client reads %q, the log %q; only the log may name the neighbour", p.Detail(), got.err)
				}
			})
		})
	}
}

func TestBreaker_StaysClosed(t *testing.T) {
	t.Parallel()

	for name, step := range map[string]step{
		"On500":                     status(http.StatusInternalServerError),
		"On404":                     status(http.StatusNotFound),
		"On429":                     status(http.StatusTooManyRequests),
		"OnErrorsOfLayersWithin":    fails(problem.Unavailable("no token").Wrap(errRefused)),
		"OnTheFailureOfTheSSO":      fails(fmt.Errorf("get a token: %w", problem.Unavailable("no token").Wrap(errSSO))),
		"OnErrorsThatNobodyKnows":   fails(errors.New("nobody to call for")),
		"OnOneFailureInThree":       oneIn(3, status(http.StatusServiceUnavailable)),
		"OnAnswersThatAreInOrder":   status(http.StatusOK),
		"OnTheBoundOfTheWholeCall":  fails(&httpclient.TimeoutError{After: time.Second}),
		"OnTheCallersCancellations": fails(context.Canceled),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNeighbour(step)
			c := httpclient.Chain(n, httpclient.Breaker(httpclient.BreakerConfig{Target: "cart"}))
			for range 50 {
				get(t, c)
			}
			if n.calls() != 50 {
				t.Errorf("%d of 50 calls reached the neighbour", n.calls())
			}
		})
	}

	t.Run("WhenFailuresAreFewAndFarBetween", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newNeighbour(fails(errRefused))
			c := guarded(n)
			for range 50 {
				get(t, c)
				time.Sleep(4 * time.Second)
			}
			if n.calls() != 50 {
				t.Errorf("%d of 50 calls reached the neighbour", n.calls())
			}
		})
	})

	t.Run("WhenCallersGoAway", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newNeighbour(hangs)
			c := guarded(n)
			for range 20 {
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				do(c, request(ctx, t, http.MethodGet, ""))
				cancel()
			}
			if n.calls() != 20 {
				t.Errorf("%d of 20 calls reached the neighbour", n.calls())
			}
		})
	})
}

func TestBreaker_TriesAgain(t *testing.T) {
	t.Parallel()

	// open returns a chain whose breaker is open, and its neighbour.
	open := func(t *testing.T, then ...step) (*neighbour, http.RoundTripper) {
		t.Helper()
		steps := make([]step, 10, 20)
		for i := range steps {
			steps[i] = fails(errRefused)
		}
		n := newNeighbour(append(steps, then...)...)
		c := guarded(n)
		together(t, c, 10)
		return n, c
	}
	const delay = 1200 * time.Millisecond // with the jitter

	t.Run("AndClosesWhenItWorks", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n, c := open(t, status(http.StatusOK))
			time.Sleep(delay)
			for range 5 {
				if got := get(t, c); got.status != http.StatusOK {
					t.Fatalf("got %+v after %d calls, want 200", got, n.calls())
				}
			}
		})
	})

	t.Run("ByOneCallOnly", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n, c := open(t, hangs)
			time.Sleep(delay)
			together(t, c, 5)
			if n.calls() != 11 {
				t.Errorf("%d trials, want 1", n.calls()-10)
			}
		})
	})

	for name, trial := range map[string]step{
		"AndStaysOpenWhenItDoesNot":        fails(errRefused),
		"AndAgainAfterACallerGaveUp":       fails(context.Canceled),
		"AndAgainAfterALayerRefused":       fails(problem.Unavailable("no token")),
		"AndAgainAfterAPanic":              func(*http.Request) (*http.Response, error) { panic("made up") },
		"AndAgainAfterAnErrorNobodyKnows":  fails(errors.New("nobody to call for")),
		"AndAgainAfterABoundOfTheCaller's": fails(&httpclient.TimeoutError{After: time.Second}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNeighbour()
				for range 10 {
					n.steps = append(n.steps, fails(errRefused))
				}
				n.steps = append(n.steps, trial, status(http.StatusOK))
				// Without Log, so that no error is taken for the neighbour's.
				c := httpclient.Chain(n, httpclient.Breaker(httpclient.BreakerConfig{Target: "cart"}))
				together(t, c, 10)
				time.Sleep(delay)
				contained(func() { get(t, c) })
				if got := get(t, c); !errors.Is(got.err, httpclient.ErrBreakerOpen) {
					t.Fatalf("got %+v right after a trial that did not work, want an open breaker", got)
				}
				time.Sleep(delay)
				if got := get(t, c); got.status != http.StatusOK {
					t.Errorf("got %+v at the next trial, want 200", got)
				}
			})
		})
	}
}

func TestBreaker_TellsWhenItOpensAndCloses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		n := newNeighbour(fails(errRefused))
		c := httpclient.Chain(n, httpclient.Breaker(httpclient.BreakerConfig{
			Target: "cart", Logger: telemetry.NewLogger(&log, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}),
		}))
		for range 20 {
			get(t, c)
		}
		n.steps = []step{status(http.StatusOK)}
		time.Sleep(2 * time.Second)
		get(t, c)
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 || !strings.Contains(lines[0], `"breaker opened"`) || !strings.Contains(lines[1], `"breaker closed"`) {
			t.Errorf("log %q", lines)
		}
		if !strings.Contains(lines[0], `"target":"cart"`) {
			t.Errorf("line %s does not name the neighbour", lines[0])
		}
	})
}

// together makes n calls at once and waits for them.
func together(t *testing.T, c http.RoundTripper, n int) {
	t.Helper()
	var wg sync.WaitGroup
	for range n {
		r := request(t.Context(), t, http.MethodGet, "")
		wg.Go(func() { do(c, r) })
	}
	wg.Wait()
}

func contained(f func()) {
	defer func() { _ = recover() }()
	f()
}

// oneIn does the step at every nth request and answers 200 to the others.
func oneIn(n int, s step) step {
	i := 0
	return func(r *http.Request) (*http.Response, error) {
		if i++; i%n == 0 {
			return s(r)
		}
		return status(http.StatusOK)(r)
	}
}
