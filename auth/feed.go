package auth

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"github.com/slipway-go/slipway/httpclient"
)

const (
	lookAfter    = 4 * time.Second // after a look the next one begins, behind a call
	lookLatest   = 5 * time.Second // after a look a call waits for the next one,
	lookPatience = time.Second     // but no longer than this
	lookRest     = time.Second     // between looks while the issuer is down
	forgetAfter  = time.Minute     // the position in the list is not relied on
	sweepEvery   = time.Minute
)

// A feed keeps a denylist up to date. It asks the issuer when a call comes in and the
// last look is some seconds ago; nothing runs while nobody calls. One look runs at a
// time, detached from the callers that wait for it. While the issuer is down what is
// known goes on to hold, and nobody waits.
type feed struct {
	address   string     // as configured
	discovery *Discovery // which says it otherwise; nil for no list
	transport http.RoundTripper
	list      *denylist

	due atomic.Int64 // when the next look may begin, in nanoseconds since 1970

	mu      sync.Mutex
	current *look
	looked  time.Time // when the last good look began
	failing bool      // the last one was not good

	// Of the look that runs.
	cursor string
	read   time.Time // when the last page came
	swept  time.Time
}

// A look is one round of questions that any number of callers may await.
type look struct {
	begun time.Time
	done  chan struct{}
}

func newFeed(cfg VerifierConfig, list *denylist) *feed {
	f := &feed{address: cfg.RevocationsURL, transport: cfg.Transport, list: list}
	switch {
	case cfg.RevocationsURL == "" && cfg.JWKSURL == "":
		f.discovery = cfg.Discovery
	case cfg.RevocationsURL == "":
		f.due.Store(math.MaxInt64) // never
	}
	f.register(cfg.Metrics)
	return f
}

// refresh lets the list be as new as it is promised to be, if the issuer can be asked.
func (f *feed) refresh(ctx context.Context, now time.Time) {
	if now.UnixNano() < f.due.Load() {
		return
	}
	if l := f.ask(now); l != nil {
		l.wait(ctx, now)
	}
}

// ask joins the look under way or begins one, and returns it to those who must wait.
func (f *feed) ask(now time.Time) *look {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.current == nil {
		if now.UnixNano() < f.due.Load() {
			return nil // another caller was quicker
		}
		// In a context of its own: it is part of nobody's request.
		f.current = &look{begun: now, done: make(chan struct{})}
		go f.run(f.current)
	}
	if f.failing || now.Sub(f.looked) < lookLatest {
		return nil
	}
	return f.current
}

func (l *look) wait(ctx context.Context, now time.Time) {
	patience := time.NewTimer(l.begun.Add(lookPatience).Sub(now))
	defer patience.Stop()
	select {
	case <-l.done:
	case <-patience.C:
	case <-ctx.Done():
	}
}

func (f *feed) run(l *look) {
	ctx, cancel := context.WithTimeout(httpclient.WithRoutine(context.Background()), fetchTimeout)
	defer cancel()
	address, err := f.find(ctx)
	if err == nil && address != "" {
		err = f.readOn(ctx, address)
	}
	if now := time.Now(); now.Sub(f.swept) > sweepEvery {
		f.list.sweep(now)
		f.swept = now
	}
	f.land(l, err)
}

func (f *feed) land(l *look, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer close(l.done)
	f.current, f.failing = nil, err != nil
	if err != nil {
		f.due.Store(l.begun.Add(lookRest).UnixNano())
		return
	}
	f.looked = l.begun
	f.due.Store(l.begun.Add(lookAfter).UnixNano())
}

// find returns where the list is, or "" where discovery tells of none: that is looked
// at again every few seconds, but asked once an hour.
func (f *feed) find(ctx context.Context) (string, error) {
	if f.discovery == nil {
		return f.address, nil
	}
	m, err := f.discovery.Metadata(ctx)
	return m.Revocations, err
}

// readOn reads to the end of the list. After a pause it begins at the start: the
// issuer's database may have been restored to an earlier state, and have come past the
// same position with other revocations.
func (f *feed) readOn(ctx context.Context, address string) error {
	if time.Since(f.read) > forgetAfter {
		f.cursor = ""
	}
	for {
		page, err := f.page(ctx, address)
		if err != nil {
			return err
		}
		f.list.add(page.Revoked)
		f.cursor, f.read = page.Cursor, time.Now()
		if !page.More {
			return nil
		}
	}
}

func (f *feed) page(ctx context.Context, address string) (page RevocationPage, err error) {
	if f.cursor != "" {
		address += "?after=" + url.QueryEscape(f.cursor)
	}
	status, text, err := fetch(ctx, f.transport, address)
	if status >= http.StatusBadRequest && status < http.StatusInternalServerError {
		f.cursor = "" // perhaps it is this that is not understood
	}
	if err != nil {
		return page, err
	}
	if err := json.Unmarshal(text, &page); err != nil {
		return page, fmt.Errorf("read the revocations: %w", err)
	}
	return page, nil
}
