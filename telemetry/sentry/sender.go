package sentry

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

	sdk "github.com/getsentry/sentry-go"
)

// A sender sends one report after the other, in a goroutine that begins with the first.
type sender struct {
	counts    *counts
	transport *sdk.HTTPSyncTransport // keeps the limits that Sentry sets
	timeout   time.Duration
	health    health

	mu     sync.Mutex // of closed, and of the queue against its closing
	closed bool
	queue  chan *sdk.Event

	begin  sync.Once
	ended  chan struct{}
	ctx    context.Context //nolint:containedctx // of the goroutine, which close ends
	cancel context.CancelFunc
}

func newSender(cfg Config, c *counts) *sender {
	s := &sender{
		counts: c, transport: sdk.NewHTTPSyncTransport(), timeout: cmp.Or(cfg.Timeout, defaultTimeout), health: health{logger: cfg.Logger},
		queue: make(chan *sdk.Event, cmp.Or(cfg.Queue, defaultQueue)), ended: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	network := cfg.Transport
	if network == nil {
		network = http.DefaultTransport
	}
	s.transport.Configure(sdk.ClientOptions{Dsn: cfg.DSN.Reveal(), HTTPClient: &http.Client{
		Transport: outcomes{network},
		// The key would go along to wherever it leads.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}})
	return s
}

// send puts a report into the queue, or drops it.
func (s *sender) send(e *sdk.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.counts.lose(stopped)
		return
	}
	select {
	case s.queue <- e:
		s.begin.Do(func() { go s.run() })
	default:
		s.counts.lose(queueFull)
	}
}

func (s *sender) run() {
	defer close(s.ended)
	for e := range s.queue {
		s.deliver(e)
	}
}

// close lets the goroutine send what waits for so long, and then drop it.
func (s *sender) close(patience time.Duration) {
	defer s.cancel()
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.queue)
	}
	s.mu.Unlock()
	s.begin.Do(func() { close(s.ended) }) // it has never begun
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.cancel()
		<-s.ended
	}
}

func (s *sender) deliver(e *sdk.Event) {
	if s.ctx.Err() != nil {
		s.counts.lose(stopped)
		return
	}
	o := &outcome{}
	ctx, cancel := context.WithTimeout(context.WithValue(s.ctx, outcomeKey{}, o), s.timeout)
	defer cancel()
	s.transport.SendEventWithContext(ctx, e)
	why := o.loss()
	if s.ctx.Err() != nil && why == unreachable {
		why = stopped
	}
	s.note(why, o)
}

func (s *sender) note(why loss, o *outcome) {
	if why == "" {
		s.counts.sent.Inc()
	} else {
		s.counts.lose(why)
	}
	if why != stopped {
		s.health.note(why, o)
	}
}

// An outcome is what became of one report on its way. The library's transport tells
// nobody, so what is beneath it does.
type outcome struct {
	asked  bool // whether anybody was
	status int
	err    error
}

type outcomeKey struct{}

func (o *outcome) loss() loss {
	switch {
	case !o.asked, o.status == http.StatusTooManyRequests:
		return rateLimited
	case o.err != nil:
		return unreachable
	case o.status < 200 || o.status > 299:
		return rejected
	}
	return ""
}

// outcomes is the transport that tells.
type outcomes struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t outcomes) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if o, ok := r.Context().Value(outcomeKey{}).(*outcome); ok {
		o.asked, o.err = true, err
		if err == nil {
			o.status = resp.StatusCode
		}
	}
	return resp, err
}

// health tells in the log when reports begin to get lost and when they no longer do. A
// line for each would be a storm of its own.
type health struct {
	logger *slog.Logger
	lost   int // since the last that was delivered
}

func (h *health) note(why loss, o *outcome) {
	ctx := context.Background()
	switch {
	case why == "" && h.lost > 0:
		h.logger.InfoContext(ctx, "error reports are delivered again", "lost", h.lost)
		h.lost = 0
	case why != "":
		if h.lost++; h.lost > 1 {
			return
		}
		attrs := []slog.Attr{slog.String("reason", string(why))}
		if o.err != nil {
			attrs = append(attrs, slog.Any("error", o.err))
		} else if o.status != 0 {
			attrs = append(attrs, slog.Int("status", o.status))
		}
		h.logger.LogAttrs(ctx, slog.LevelWarn, "error reports are not delivered: see SENTRY_DSN, and that this process may connect there", attrs...)
	}
}
