package httpclient

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

// CountConfig says by what calls are counted.
type CountConfig struct {
	// Metrics is the caller's. Default: they are counted for nobody.
	Metrics prometheus.Registerer
	// Target names the neighbour.
	Target string
}

// Count counts each attempt, and how long it took until the head of the answer, by the
// route of [WithRoute]. It stands outside of [Log], whose errors say whose failure it was.
func Count(c CountConfig) Layer {
	m := &clientMetrics{
		target: c.Target, known: map[attempted]prometheus.Observer{},
		duration: telemetry.Register(c.Metrics, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_client_request_duration_seconds", Help: "How long attempts of calls took, until the head of the answer.",
			Buckets: telemetry.LatencyBuckets(),
		}, []string{labelTarget, "url_template", "http_request_method", "http_response_status_code", "error_type"})),
		retries: telemetry.Register(c.Metrics, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_call_retries_total", Help: "Attempts of calls after the first.",
		}, []string{labelTarget})).WithLabelValues(c.Target),
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			start := time.Now()
			resp, err := next.RoundTrip(r)
			m.count(r, resp, err, time.Since(start))
			return resp, err
		})
	}
}

const labelTarget = "target"

// clientMetrics count the calls to one neighbour. Of what there was before they keep what
// a lookup by labels would find.
type clientMetrics struct {
	target   string
	duration *prometheus.HistogramVec
	retries  prometheus.Counter

	mu    sync.RWMutex
	known map[attempted]prometheus.Observer
}

// attempted are the labels of an attempt.
type attempted struct {
	route  string // GET /carts/{id}
	method string
	status int // 0 without an answer
	failed string
}

func (m *clientMetrics) count(r *http.Request, resp *http.Response, err error, took time.Duration) {
	ctx := r.Context()
	if attemptOf(ctx) > 1 {
		m.retries.Inc()
	}
	a := attempted{route: Route(ctx), method: telemetry.KnownMethod(r.Method)}
	if err != nil {
		a.failed = failureOf(ctx, err).String()
	} else {
		a.status = resp.StatusCode
	}
	m.of(ctx, a).Observe(took.Seconds())
}

// maxKnown bounds the series of a neighbour, whatever its caller takes for the name of a
// route and whatever the neighbour takes for a status.
const maxKnown = 1000

func (m *clientMetrics) of(ctx context.Context, a attempted) prometheus.Observer {
	m.mu.RLock()
	o, ok := m.known[a]
	m.mu.RUnlock()
	if ok {
		return o
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= maxKnown {
		return m.duration.WithLabelValues(m.target, telemetry.OtherValue, a.method, "", a.failed)
	}
	o = m.duration.WithLabelValues(m.target, template(ctx), a.method, status(a.status), a.failed)
	m.known[a] = o
	return o
}

func status(code int) string {
	if code == 0 {
		return ""
	}
	return strconv.Itoa(code)
}

// String is the failure as a label.
func (f failure) String() string {
	switch f {
	case unsent:
		return "unreachable"
	case broken:
		return "broken"
	case late:
		return "timeout"
	case untrusted:
		return "tls"
	case garbled:
		return "garbled"
	case nothing:
	}
	return "given_up" // by the caller, or before the neighbour was asked
}

// breakerMetrics say of a neighbour whether it is left alone.
type breakerMetrics struct {
	open    prometheus.Gauge
	refused prometheus.Counter
}

func newBreakerMetrics(r prometheus.Registerer, target string) breakerMetrics {
	return breakerMetrics{
		open: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "slipway_breaker_open", Help: "How many breakers leave the neighbour alone, or try whether it works again.",
		}, []string{labelTarget})).WithLabelValues(target),
		refused: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_breaker_refused_calls_total", Help: "Calls that were not made, since the breaker was open.",
		}, []string{labelTarget})).WithLabelValues(target),
	}
}

// changed counts a breaker as open until it is closed.
func (m breakerMetrics) changed(e circuitbreaker.StateChangedEvent) {
	switch circuitbreaker.ClosedState {
	case e.OldState:
		m.open.Inc()
	case e.NewState:
		m.open.Dec()
	}
}
