package slipwaytest

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/sentry/sentrytest"
)

// sightings are what was said of requests with secrets, each sink in a list of texts.
type sightings struct {
	planted                                map[string]planted // by the secret
	logs, spans, reports, metrics, goldens []string
}

// planted is what a secret is, and where it was put.
type planted struct {
	kind  canary
	place string
}

// A sink is where a secret must not get to.
type sink struct {
	name   string
	texts  []string
	does   string // what the route does with the secret
	remedy string
	words  bool // what is no secret must not get there either
}

func (s *sightings) sinks() []sink {
	return []sink{
		{"its log", s.logs, "logs", `tag the field log:"drop", make it a config.Secret, or do not log it`, false},
		{"its spans", s.spans, "traces", "leave it out of the span's name, attributes and error", false},
		{"its error reports", s.reports, "reports to Sentry", "leave it out of the error's text", false},
		{"its metrics", s.metrics, "counts", "a name or a label has values from a set that is known beforehand, such as routes and states, and none that somebody sends", true},
		{"golden files", s.goldens, "answers with", "leave it out of the answer, or call it what it is: under this name it would stand in a golden file, in a log of its callers, and in caches", false},
	}
}

// reported takes what has come to Sentry.
func (s *sightings) reported(ingest *sentrytest.Ingest) {
	for _, r := range ingest.Reports() {
		s.reports = append(s.reports, r.Raw)
	}
}

// find looks for every secret in everything that a sink got, and tells of each place once.
func (s *sightings) find(t *testing.T, r *api.Route, in sink) {
	t.Helper()
	told := map[string]bool{}
	for _, text := range in.texts {
		for secret, p := range s.planted {
			if p.kind.harmless && !in.words || !strings.Contains(text, secret) {
				continue
			}
			place := fmt.Sprintf("%s, sent in %s", p.kind.name, p.place)
			if told[place] {
				continue
			}
			told[place] = true
			t.Errorf("%s %s %s: %s\n%s", r.Pattern(), in.does, place, in.remedy, text)
		}
	}
}

// metrics returns the series of the process, as Prometheus gets them.
func (k *Kit) metrics() []string {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, "http://kit/metrics", http.NoBody)
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/openmetrics-text") // which has the traces beside the buckets
	status, _, body := k.User(uuid.NewString(), slipway.Inspect.Name()).Send(r)
	if status != http.StatusOK {
		k.t.Fatalf("GET /metrics: got %d, want 200: a metric of the module cannot be gathered, or is there twice\n%s", status, body)
	}
	return strings.SplitAfter(string(body), "\n")
}

// A spanBuffer keeps spans as texts that have all that a recorder learns.
type spanBuffer struct {
	mu   sync.Mutex
	kept []string
}

var _ telemetry.Recorder = (*spanBuffer)(nil)

// Record implements telemetry.Recorder.
func (b *spanBuffer) Record(spans []telemetry.SpanData) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range spans {
		s := &spans[i]
		b.kept = append(b.kept, fmt.Sprintf("%s %s of %s %v %s", s.Kind, s.Name, s.Module, s.Attrs, s.Error))
	}
}

func (b *spanBuffer) override(o *slipway.Overrides) { o.Spans = b }

func (b *spanBuffer) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kept = nil
}

func (b *spanBuffer) texts() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.kept
}
