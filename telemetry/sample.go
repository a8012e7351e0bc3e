package telemetry

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// sampleKept is how long a sample is shown before the next one is taken: any number of
	// scrapers cost no more than one.
	sampleKept = 10 * time.Second
	// sampleTimeout is what a scrape waits for a sample at most. One that takes longer is
	// shown by the next scrape, if it ends at all.
	sampleTimeout = 2 * time.Second
	// sampleEnd is when its context ends.
	sampleEnd = 5 * time.Second
)

// Sample registers values that the process does not have at hand, such as the number of rows
// in a table: they are gathered when Prometheus asks, and are of the descriptions. The name
// tells the sample from others of the same module.
//
// A scrape waits two seconds for it at most, and one that comes within ten seconds of
// another gets the values of that one. If it fails, panics, or is late, its values are missing,
// and slipway_sample_up is 0: a gap tells the truth, where an old value would not.
func (o Observer) Sample(name string, gather func(context.Context) ([]prometheus.Metric, error), descs ...*prometheus.Desc) {
	o = o.WithDefaults()
	Register(o.Metrics, &sample{name: name, gather: gather, logger: o.Logger, descs: descs, up: prometheus.NewDesc(
		"slipway_sample_up", "Whether what only the database knows could be read: 1, or 0 while those values are missing.", nil, prometheus.Labels{"sample": name})})
}

type sample struct {
	name   string
	gather func(context.Context) ([]prometheus.Metric, error)
	logger *slog.Logger
	descs  []*prometheus.Desc
	up     *prometheus.Desc

	mu      sync.Mutex
	running chan struct{} // closed at the end of the one that is taken; nil for none
	taken   time.Time
	values  []prometheus.Metric
	err     error
}

var _ prometheus.Collector = (*sample)(nil)

// Describe says what may come.
func (s *sample) Describe(to chan<- *prometheus.Desc) {
	to <- s.up
	for _, d := range s.descs {
		to <- d
	}
}

// Collect sends the values, if there are any.
func (s *sample) Collect(to chan<- prometheus.Metric) {
	values, up := s.recent()
	for _, v := range values {
		to <- v
	}
	to <- prometheus.MustNewConstMetric(s.up, prometheus.GaugeValue, up)
}

func (s *sample) recent() (values []prometheus.Metric, up float64) {
	running := s.begin()
	patience := time.NewTimer(sampleTimeout)
	defer patience.Stop()
	select {
	case <-running:
	case <-patience.C:
		return nil, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, 0
	}
	return s.values, 1
}

// begin joins the sample that is being taken, takes one, or shows the last one.
func (s *sample) begin() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil && time.Since(s.taken) > sampleKept {
		s.running = make(chan struct{})
		go s.take(s.running)
	}
	if s.running == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return s.running
}

func (s *sample) take(done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), sampleEnd)
	defer cancel()
	values, err := s.contained(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.err == nil { // once, and not at each scrape
		s.logger.WarnContext(ctx, "metrics are missing", "sample", s.name, ErrorText, err)
	}
	s.values, s.err, s.taken, s.running = values, err, time.Now(), nil
	close(done)
}

// contained gathers. A panic is its error: it runs on a goroutine of its own, where a panic
// would end the process.
func (s *sample) contained(ctx context.Context) (values []prometheus.Metric, err error) {
	defer func() {
		if p := recover(); p != nil {
			values, err = nil, Panicked(p)
		}
	}()
	return s.gather(ctx)
}
