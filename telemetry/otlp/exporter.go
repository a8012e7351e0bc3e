package otlp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// ExporterConfig says where an exporter sends spans, and whose.
type ExporterConfig struct {
	Config

	// Observer is by whom the exporter is seen; spans of its own it has none.
	telemetry.Observer

	// Resource is told of the process with every batch: service.name and the like.
	Resource []slog.Attr
	// Version is that of the kit or the product.
	Version string
	// Transport carries the requests. Default: http.DefaultTransport.
	Transport http.RoundTripper
}

// An Exporter sends spans by OTLP over HTTP while it runs.
type Exporter struct {
	cfg     ExporterConfig
	logger  *slog.Logger
	queue   *queue
	counts  counts
	encoder encoder
	headers http.Header
	address *url.URL
	target  string // the address without a password
}

var _ telemetry.Recorder = (*Exporter)(nil)

// New returns an exporter, which sends nothing before [Exporter.Run].
func New(cfg ExporterConfig) (*Exporter, error) {
	if !cfg.On() {
		return nil, errors.New("spans are sent nowhere: set OTEL_EXPORTER_OTLP_ENDPOINT")
	}
	resource, err := cfg.resource(cfg.Resource)
	if err != nil {
		return nil, err
	}
	e := &Exporter{
		cfg: cfg, logger: cfg.Observer.WithDefaults().Logger, queue: newQueue(cfg.queueSize(), cfg.batchSize()),
		encoder: newEncoder(resource, cfg.Version), address: cfg.address(),
	}
	e.cfg.Transport = cmp.Or(cfg.Transport, http.DefaultTransport)
	if e.headers, err = headers(cfg.Config.Headers.Reveal()); err != nil {
		return nil, fmt.Errorf("OTEL_EXPORTER_OTLP_HEADERS: %w", err)
	}
	e.setHeaders()
	bare := *e.address
	bare.User = nil
	e.target = bare.String()
	e.counts.register(cfg.Metrics)
	return e, nil
}

// setHeaders completes those of every request.
func (e *Exporter) setHeaders() {
	e.headers.Set("Content-Type", protobuf)
	if e.packs() {
		e.headers.Set("Content-Encoding", "gzip")
	}
	if e.headers.Get("User-Agent") == "" {
		e.headers.Set("User-Agent", "slipway/"+cmp.Or(e.cfg.Version, "unknown"))
	}
	if user := e.address.User; user != nil && e.headers.Get("Authorization") == "" {
		password, _ := user.Password()
		r := http.Request{Header: e.headers}
		r.SetBasicAuth(user.Username(), password)
	}
}

func (e *Exporter) packs() bool { return e.cfg.Compression != "none" }

// Record puts spans into the queue, as far as there is room. It neither waits nor converts.
func (e *Exporter) Record(spans []telemetry.SpanData) {
	e.counts.drop(e.queue.put(spans), QueueFull)
}

// Exported returns how many spans have arrived.
func (e *Exporter) Exported() uint64 { return e.counts.exported.Load() }

// Dropped returns how many spans have not, for a reason.
func (e *Exporter) Dropped(why Reason) uint64 { return e.counts.dropped[why].Load() }

// Queued returns how many spans wait.
func (e *Exporter) Queued() int { return e.queue.len() }

// flushTime bounds the sending of what is left when the process stops.
const flushTime = 5 * time.Second

// Run sends spans until ctx is done, and then what is left, within five seconds. Call it
// once.
func (e *Exporter) Run(ctx context.Context) error {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { cancelAfter(hard, cancel, flushTime) })()
	s := newSender(ctx, hard, e)
	due := time.NewTicker(e.cfg.delay())
	defer due.Stop()
	for ctx.Err() == nil {
		select {
		case <-e.queue.wake:
			s.sendFull()
		case <-due.C:
			s.sendAll()
		case <-ctx.Done():
		}
	}
	s.sendAll()
	return nil
}

func cancelAfter(ctx context.Context, cancel context.CancelFunc, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		cancel()
	case <-ctx.Done():
	}
}
