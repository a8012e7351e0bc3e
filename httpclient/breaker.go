package httpclient

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/prometheus/client_golang/prometheus"
)

// ErrBreakerOpen is the cause of a call that was not made.
var ErrBreakerOpen = errors.New("the breaker is open, since its last calls failed")

// BreakerConfig says when a neighbour is left alone.
type BreakerConfig struct {
	// Target names the neighbour.
	Target string
	// FailureRate of the calls within Window opens the breaker, once there were
	// MinCalls. Defaults: 0.5 of at least 10 calls in 20s.
	FailureRate float64
	MinCalls    uint
	Window      time.Duration
	// Delay is the time, more or less a fifth, until one call may try again; if
	// it works, the breaker closes. Default: 1s.
	Delay time.Duration
	// Logger tells when the breaker opens and closes. Default: nobody is told.
	Logger *slog.Logger
	// Metrics is the caller's, for whether the breaker is open. Default: nobody is told.
	Metrics prometheus.Registerer
}

// Breaker stops calling a neighbour that does not work: callers get an answer
// at once instead of waiting, and the neighbour gets time. Only what says that
// the neighbour is down counts: a failed transport, an attempt that took too
// long, 502, 503 and 504. Errors that stem from layers between Breaker and
// [Log] (no token to be had) and callers who give up say nothing of it.
func Breaker(c BreakerConfig) Layer {
	c.FailureRate = min(cmp.Or(max(c.FailureRate, 0), 0.5), 1)
	c.MinCalls = cmp.Or(c.MinCalls, 10)
	c.Window = cmp.Or(max(c.Window, 0), 20*time.Second)
	c.Delay = cmp.Or(max(c.Delay, 0), time.Second)
	m := newBreakerMetrics(c.Metrics, c.Target)
	return func(next http.RoundTripper) http.RoundTripper {
		return &breaker{cfg: c, next: next, metrics: m, state: c.build(m)}
	}
}

type breaker struct {
	cfg     BreakerConfig
	next    http.RoundTripper
	metrics breakerMetrics
	state   circuitbreaker.CircuitBreaker[struct{}]
}

func (c BreakerConfig) build(m breakerMetrics) circuitbreaker.CircuitBreaker[struct{}] {
	b := circuitbreaker.NewBuilder[struct{}]().
		WithFailureRateThreshold(c.FailureRate, c.MinCalls, c.Window).
		WithSuccessThreshold(1).
		WithDelay(c.Delay).
		WithJitterFactor(0.2).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			m.changed(e)
			if c.Logger != nil {
				c.tell(e)
			}
		})
	return b.Build()
}

func (c BreakerConfig) tell(e circuitbreaker.StateChangedEvent) {
	switch e.NewState {
	case circuitbreaker.OpenState:
		c.Logger.LogAttrs(e.Context(), slog.LevelWarn, "breaker opened", slog.String("target", c.Target))
	case circuitbreaker.ClosedState:
		c.Logger.LogAttrs(e.Context(), slog.LevelInfo, "breaker closed", slog.String("target", c.Target))
	case circuitbreaker.HalfOpenState:
	}
}

func (b *breaker) RoundTrip(r *http.Request) (*http.Response, error) {
	if !b.state.TryAcquirePermit() {
		b.metrics.refused.Inc()
		return nil, &Error{Target: b.cfg.Target, Err: ErrBreakerOpen, kind: nothing, after: b.state.RemainingDelay()}
	}
	outcome := unknown // also of a panic: a half-open breaker must get its permit back
	defer func() { b.record(outcome) }()
	resp, err := b.next.RoundTrip(r)
	outcome = judge(r.Context(), resp, err)
	return resp, err
}

type outcome int

const (
	unknown outcome = iota
	worked
	failed
)

func judge(ctx context.Context, resp *http.Response, err error) outcome {
	switch {
	case err == nil && isDown(resp.StatusCode):
		return failed
	case err == nil:
		return worked
	case failureOf(ctx, err) == nothing:
		return unknown
	}
	return failed
}

// record tells the breaker how the call went. A trial whose outcome is unknown
// has to be recorded as well, or its permit would be lost and the breaker stay
// half-open for ever; nothing good is known, so it counts as failed.
func (b *breaker) record(o outcome) {
	switch {
	case o == worked:
		b.state.RecordSuccess()
	case o == failed, b.state.IsHalfOpen():
		b.state.RecordFailure()
	}
}
