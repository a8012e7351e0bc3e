package api

import (
	"encoding/hex"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

// The labels are those of OpenTelemetry's semantic conventions, as its exporter for
// Prometheus writes them (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/).
const (
	labelRoute  = "http_route"
	labelMethod = "http_request_method"
	labelStatus = "http_response_status_code"
)

// serverMetrics are the instruments that the routes of a module share.
type serverMetrics struct {
	duration *prometheus.HistogramVec
	active   *prometheus.GaugeVec
	keys     *prometheus.CounterVec
}

func newServerMetrics(r prometheus.Registerer) serverMetrics {
	return serverMetrics{
		duration: telemetry.Register(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_server_request_duration_seconds", Help: "How long requests took, by route and status.", Buckets: telemetry.LatencyBuckets(),
		}, []string{labelRoute, labelMethod, labelStatus})),
		active: telemetry.Register(r, prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "http_server_active_requests", Help: "Requests that are being answered, by route.",
		}, []string{labelRoute, labelMethod})),
		keys: telemetry.Register(r, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "slipway_idempotency_keys_total", Help: "Requests with an Idempotency-Key, by what it was: new, answered (and replayed), in_flight or reused (for another request).",
		}, []string{labelRoute, labelMethod, "key"})),
	}
}

// A routeMetrics counts the requests of one route. What it looks up for the first of a
// method and a status it keeps for the others: a lookup by labels costs as much as all
// the rest of counting.
type routeMetrics struct {
	route    string
	duration *prometheus.HistogramVec
	active   prometheus.Gauge
	keys     [KeyMismatch + 1]prometheus.Counter // of an Idempotent route, by IdempotencyState

	mu    sync.Mutex
	known atomic.Pointer[[]*outcome] // a handful, so they are found by looking through them
}

// route returns the metrics of a pattern. The label of the method is empty for a route
// that takes any: it is the one of the request that is counted at the end.
func (m serverMetrics) route(pattern string) *routeMetrics {
	method, path := splitPattern(pattern)
	r := &routeMetrics{route: path, duration: m.duration, active: m.active.WithLabelValues(path, method)}
	r.known.Store(&[]*outcome{})
	return r
}

// idempotent prepares the counts of keys.
func (m serverMetrics) idempotent(r *routeMetrics, method string) {
	for state, name := range map[IdempotencyState]string{KeyClaimed: "new", KeyAnswered: "answered", KeyInFlight: "in_flight", KeyMismatch: "reused"} {
		r.keys[state] = m.keys.WithLabelValues(r.route, method, name)
	}
}

// An outcome is a method and a status of a route.
type outcome struct {
	method   string
	status   int
	duration prometheus.Observer
	shown    atomic.Int64 // when it last had an example, in nanoseconds since 1970
}

// observe counts a request that has ended. Only the trace of a sampled one is an example.
func (m *routeMetrics) observe(x *exchange, method string, end time.Time) {
	o, took := m.outcome(telemetry.KnownMethod(method), x.status), end.Sub(x.start)
	if x.sampled && o.wantsExample(end, took) {
		o.duration.(prometheus.ExemplarObserver).ObserveWithExemplar(took.Seconds(), //nolint:forcetypeassert // histograms are
			prometheus.Labels{"trace_id": hex.EncodeToString(x.trace[:])})
		return
	}
	o.duration.Observe(took.Seconds())
}

func (m *routeMetrics) outcome(method string, status int) *outcome {
	if o := find(*m.known.Load(), method, status); o != nil {
		return o
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	all := *m.known.Load()
	o := find(all, method, status)
	if o == nil {
		o = &outcome{method: method, status: status, duration: m.duration.WithLabelValues(m.route, method, strconv.Itoa(status))}
		more := append(slices.Clip(all), o)
		m.known.Store(&more)
	}
	return o
}

func find(all []*outcome, method string, status int) *outcome {
	for _, o := range all {
		if o.status == status && o.method == method {
			return o
		}
	}
	return nil
}

const (
	// exampleEvery bounds what examples cost: each takes as long as all the rest of counting.
	exampleEvery = time.Second
	// exampleSlow is the time from which on a request is worth an example in any case.
	exampleSlow = time.Second
)

// wantsExample says whether the trace of a request goes along with it.
func (o *outcome) wantsExample(end time.Time, took time.Duration) bool {
	now, last := end.UnixNano(), o.shown.Load()
	return took >= exampleSlow || now-last > int64(exampleEvery) && o.shown.CompareAndSwap(last, now)
}
