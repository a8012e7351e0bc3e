package sentry

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"

	sdk "github.com/getsentry/sentry-go"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/telemetry"
)

// Config says where reports go and what they name.
type Config struct {
	Settings

	// Service is the name of the process in the reports.
	Service string
	// Redactor hides secrets. Default: the rules of package telemetry.
	Redactor *telemetry.Redactor
	// Transport reaches Sentry. Default: http.DefaultTransport.
	Transport http.RoundTripper
	// Logger is told when reports get lost and when they no longer do. Default: nobody is.
	Logger *slog.Logger
	// Metrics counts what is not delivered. Default: nobody does.
	Metrics prometheus.Registerer
	// Timeout bounds the sending of one report. Default: 5s.
	Timeout time.Duration
	// FlushTimeout bounds Close. Default: 3s.
	FlushTimeout time.Duration
	// PerMinute is how many reports of one kind are sent in a minute. Default: 10.
	PerMinute int
	// Queue is how many reports wait at most. Default: 100.
	Queue int
}

const (
	defaultTimeout      = 5 * time.Second
	defaultFlushTimeout = 3 * time.Second
	defaultPerMinute    = 10
	defaultQueue        = 100
)

// A Reporter sends the errors of one process. It is safe for concurrent use.
type Reporter struct {
	cfg    Config
	host   string
	storm  storm
	sender *sender
	counts *counts
}

// Open reads the configuration. Nothing runs and nothing is connected before the first
// report.
func Open(cfg Config) (*Reporter, error) {
	for _, p := range cfg.Validate() {
		return nil, fmt.Errorf("the DSN of Sentry: %s", p.Fix)
	}
	if cfg.Redactor == nil {
		cfg.Redactor = &telemetry.Redactor{}
	}
	if cfg.Logger == nil {
		cfg.Logger = telemetry.Discard()
	}
	r := &Reporter{cfg: cfg, storm: storm{most: cmp.Or(cfg.PerMinute, defaultPerMinute)}, counts: newCounts(cfg.Metrics)}
	r.host, _ = os.Hostname() // without one the reports name none
	r.sender = newSender(cfg, r.counts)
	return r, nil
}

// Close sends what waits, and then takes no more.
func (r *Reporter) Close() error {
	r.sender.close(cmp.Or(r.cfg.FlushTimeout, defaultFlushTimeout))
	return nil
}

// For returns the reporter of a module.
func (r *Reporter) For(module string) telemetry.Reporter { return moduleReporter{r, module} }

type moduleReporter struct {
	*Reporter
	module string
}

// Report implements telemetry.Reporter. It does not wait.
func (m moduleReporter) Report(ctx context.Context, err error, attrs ...slog.Attr) {
	defer func() {
		if recover() != nil { // an error whose text cannot be had must not harm the request
			m.counts.lose(unreadable)
		}
	}()
	whole := text(m.cfg.Redactor, err)
	k := kindOf(m.module, err, whole)
	left, ok := m.storm.admit(k.id(), time.Now())
	if !ok {
		m.counts.lose(stormed)
		return
	}
	m.sender.send(m.event(ctx, k, exceptions(m.cfg.Redactor, err, whole), attrs, left))
}

// event is the report as Sentry has it.
func (m moduleReporter) event(ctx context.Context, k kind, chain []sdk.Exception, attrs []slog.Attr, left int) *sdk.Event {
	e := &sdk.Event{
		EventID: eventID(), Timestamp: time.Now(), Level: sdk.LevelError, Platform: "go",
		Sdk:     sdk.SdkInfo{Name: "sentry.go", Version: sdk.SDKVersion},
		Release: m.cfg.Release, Environment: m.cfg.Environment, ServerName: m.host,
		Fingerprint: k.parts, Exception: chain,
		Tags:     map[string]string{"module": m.module},
		Contexts: map[string]sdk.Context{"runtime": runtimeContext()},
	}
	if m.cfg.Service != "" {
		e.Tags["service"] = m.cfg.Service
	}
	if at := telemetry.SpanFrom(ctx); at.Valid() {
		e.Contexts["trace"] = traceContext(at)
	}
	d := details{event: e, redactor: m.cfg.Redactor}
	for _, a := range attrs {
		d.add(a)
	}
	if left > 0 {
		d.note("not_sent_before", left)
	}
	return e
}
