package sentrytest

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	key     = "0123456789abcdef0123456789abcdef"
	project = "42"
)

// An Ingest is the server of one project. It is safe for concurrent use.
type Ingest struct {
	t       testing.TB
	server  *httptest.Server
	ended   chan struct{}
	mu      sync.Mutex
	answer  http.HandlerFunc // in place of taking it
	asked   int
	reports []Report
	changed chan struct{} // closed, and made anew, by each request
}

// New starts an ingest that takes everything until the end of the test.
func New(t testing.TB) *Ingest {
	t.Helper()
	i := &Ingest{t: t, ended: make(chan struct{}), changed: make(chan struct{})}
	i.server = httptest.NewServer(http.HandlerFunc(i.serve))
	t.Cleanup(func() {
		close(i.ended)
		i.server.CloseClientConnections()
		i.server.Close()
	})
	return i
}

// DSN is what SENTRY_DSN is set to.
func (i *Ingest) DSN() string {
	return fmt.Sprintf("http://%s@%s/%s", key, strings.TrimPrefix(i.server.URL, "http://"), project)
}

// Transport reaches the ingest.
func (i *Ingest) Transport() http.RoundTripper { return i.server.Client().Transport }

// Answer has the ingest answer so in place of taking what comes; nil lets it take it again.
func (i *Ingest) Answer(h http.HandlerFunc) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.answer = h
}

// Status is an answer for [Ingest.Answer], with headers as name, value, name, value.
func Status(code int, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for pair := range slices.Chunk(headers, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		w.WriteHeader(code)
	}
}

// Hang is an answer that never comes.
func (i *Ingest) Hang(_ http.ResponseWriter, r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-i.ended:
	}
}

// Refuse closes the door: nobody can connect any more.
func (i *Ingest) Refuse() {
	_ = i.server.Listener.Close() // twice at most, since the server closes it too
	i.server.CloseClientConnections()
}

// Asked returns how many requests have come, whatever they were answered.
func (i *Ingest) Asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// Reports returns those that have been taken.
func (i *Ingest) Reports() []Report {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Clone(i.reports)
}

const patience = 20 * time.Second

// Await returns the reports as soon as there are so many. Fewer fail the test.
func (i *Ingest) Await(n int) []Report {
	i.t.Helper()
	i.until(fmt.Sprintf("%d reports have come", n), func() bool { return len(i.reports) >= n })
	return i.Reports()
}

// AwaitAsked returns as soon as the ingest has been asked so often.
func (i *Ingest) AwaitAsked(n int) {
	i.t.Helper()
	i.until(fmt.Sprintf("it was asked %d times", n), func() bool { return i.asked >= n })
}

func (i *Ingest) until(what string, met func() bool) {
	i.t.Helper()
	late := time.After(patience)
	for {
		i.mu.Lock()
		ok, changed := met(), i.changed
		i.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-changed:
		case <-late:
			i.t.Fatalf("the ingest waited %s until %s; it was asked %d times and has %d reports", patience, what, i.Asked(), len(i.Reports()))
		}
	}
}

func (i *Ingest) serve(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	answer := i.answer
	i.mu.Unlock()
	var taken []Report
	if answer == nil {
		var err error
		if taken, err = read(r); err != nil {
			i.t.Errorf("Sentry would not take it: %v", err)
			answer = Status(http.StatusBadRequest)
		}
	}
	i.note(taken)
	if answer != nil {
		answer(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{}`) // the client may be gone
}

func (i *Ingest) note(taken []Report) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	i.reports = append(i.reports, taken...)
	close(i.changed)
	i.changed = make(chan struct{})
}

// maxEnvelope is more than Sentry takes of an event.
const maxEnvelope = 1 << 20

// read reads a request as Sentry does.
func read(r *http.Request) ([]Report, error) {
	auth := r.Header.Get("X-Sentry-Auth")
	switch {
	case r.Method != http.MethodPost || r.URL.Path != "/api/"+project+"/envelope/":
		return nil, fmt.Errorf("%s %s is no place for envelopes", r.Method, r.URL.Path)
	case !strings.HasPrefix(auth, "Sentry ") || !strings.Contains(auth, "sentry_key="+key) || !strings.Contains(auth, "sentry_version=7"):
		return nil, fmt.Errorf("X-Sentry-Auth is %q", auth)
	case r.Header.Get("Content-Type") != "application/x-sentry-envelope":
		return nil, fmt.Errorf("Content-Type is %q", r.Header.Get("Content-Type"))
	}
	var body io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, fmt.Errorf("unpack it: %w", err)
		}
		body = unpacked
	}
	raw, err := io.ReadAll(io.LimitReader(body, maxEnvelope+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read it: %w", err)
	case len(raw) > maxEnvelope:
		return nil, fmt.Errorf("it has more than %d bytes", maxEnvelope)
	}
	return parse(raw)
}
