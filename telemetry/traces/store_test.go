package traces_test

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// request records a trace of one span.
func request(s *traces.Store, n int, took float64, failure string) {
	r := work(at(n, n, 0), telemetry.Server, "cart", fmt.Sprintf("GET /%d", n), 0, took, status(200))
	r.Error = failure
	s.Record([]telemetry.SpanData{r})
}

func names(all []traces.Header) string {
	each := make([]string, len(all))
	for i := range all {
		each[i] = strings.TrimPrefix(all[i].Name, "GET /")
	}
	return strings.Join(each, " ")
}

func TestStore_Find(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	request(s, 1, 1, "")
	request(s, 2, 1, "")

	t.Run("does not know what did not come", func(t *testing.T) {
		t.Parallel()
		for _, id := range []string{"", "ff", "not hex", strings.Repeat("ab", 40)} {
			if _, err := s.Find(id); !errors.Is(err, traces.ErrUnknown) {
				t.Errorf("Find(%q) = %v, want ErrUnknown", id, err)
			}
		}
	})
	t.Run("tells the beginning of several", func(t *testing.T) {
		t.Parallel()
		_, err := s.Find("ab00")
		ambiguous, ok := errors.AsType[*traces.AmbiguousError](err)
		if !ok || len(ambiguous.IDs) != 2 {
			t.Errorf("Find = %v, want an error with both", err)
		}
	})
	t.Run("takes capitals", func(t *testing.T) {
		t.Parallel()
		if got := find(t, s, "AB"+strings.Repeat("0", 29)+"2").Name; got != "GET /2" {
			t.Errorf("name = %s", got)
		}
	})
}

func TestStore_keepsNoMoreThanItMay(t *testing.T) {
	t.Parallel()

	t.Run("of traces: the oldest go first", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{Kept: 4})
		for n := range 10 {
			request(s, n+1, 1, "")
		}
		if got := names(s.List(traces.Filter{})); len(strings.Fields(got)) != 4 || !strings.Contains(got, "10") || strings.Contains(got, "6") {
			t.Errorf("kept %s, want the last four", got)
		}
	})

	t.Run("of traces: the slowest and the failed stay longer", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{Kept: 16})
		request(s, 1, 900, "")
		request(s, 2, 1, "broken")
		request(s, 3, 800, "")
		for n := range 100 {
			request(s, n+10, 1, "")
		}
		got := s.List(traces.Filter{Slowest: true})
		if !strings.HasPrefix(names(got), "1 3 ") || len(got) > 16 {
			t.Errorf("kept %d: %s, want 16 at most, the slowest among them", len(got), names(got))
		}
		if failed := names(s.List(traces.Filter{Failed: true})); failed != "2" {
			t.Errorf("kept of the failed: %s, want 2", failed)
		}
	})

	t.Run("of traces: the slowest of long ago make room", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			s := newStore(traces.Config{Kept: 8})
			request(s, 1, 900, "")
			for n := range 20 {
				request(s, n+10, 1, "")
			}
			if got := names(s.List(traces.Filter{Min: time.Second / 2})); got != "1" {
				t.Fatalf("kept of the slow: %s, want 1", got)
			}
			time.Sleep(time.Hour)
			for n := range 20 {
				request(s, n+40, 1, "")
			}
			if got := s.List(traces.Filter{Min: time.Second / 2}); len(got) != 0 {
				t.Errorf("kept of the slow: %s, want none of an hour ago", names(got))
			}
		})
	})

	t.Run("of spans: the first of a process is among them, and the rest is counted", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{SpansPerTrace: 20})
		var spans []telemetry.SpanData
		for n := range 50 {
			spans = append(spans, work(at(1, n+10, 1), telemetry.Client, "cart", "call", 1, 2))
		}
		s.Record(append(spans, work(at(1, 1, 0), telemetry.Server, "cart", "GET /root", 0, 3)))
		for n := range 50 {
			s.Record([]telemetry.SpanData{work(at(1, n+100, 1), telemetry.Client, "cart", "late", 1, 2)})
		}
		got := find(t, s, "ab")
		if got.Name != "GET /root" || got.Spans != 22 || got.Spans+got.Dropped != 101 {
			t.Errorf("%s has %d spans and %d were dropped, want the root, some more than 20, and all of 101", got.Name, got.Spans, got.Dropped)
		}
	})

	t.Run("of texts and attributes", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{})
		var attrs []slog.Attr
		for n := range 1000 {
			attrs = append(attrs, slog.String(fmt.Sprint("key", n), strings.Repeat("ä", 5000)))
		}
		s.Record([]telemetry.SpanData{work(at(1, 1, 0), telemetry.Server, strings.Repeat("m", 1e6), strings.Repeat("n", 1e6), 0, 1, attrs...)})
		size := len(text(t, traces.Text{}, find(t, s, "ab")))
		for name, value := range find(t, s, "ab").Roots[0].Attributes {
			size += len(name) + len(value)
			if strings.ContainsRune(value, '\uFFFD') {
				t.Errorf("%s is cut within a character", name)
			}
		}
		if size > 20_000 {
			t.Errorf("%d bytes are kept of one span", size)
		}
	})

	t.Run("of all together", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{Kept: 1000, Bytes: 100_000})
		for n := range 1000 {
			s.Record([]telemetry.SpanData{work(at(n+1, 1, 0), telemetry.Client, "cart", "SELECT", 0, 1, sql(strings.Repeat("x", 2000)))})
		}
		if got := len(s.List(traces.Filter{})); got == 0 || got > 50 {
			t.Errorf("%d traces of 2 kB are kept in 100 kB", got)
		}
	})
}

func TestStore_Record(t *testing.T) {
	t.Parallel()

	t.Run("refuses what names no place in a trace", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{})
		s.Record([]telemetry.SpanData{{Name: "nowhere"}, {SpanContext: telemetry.SpanContext{TraceID: traceID(1)}, Name: "no span"}})
		if got := s.List(traces.Filter{}); len(got) != 0 {
			t.Errorf("kept %v", got)
		}
	})

	t.Run("leaves out what is not to be seen", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{Unseen: func(d *telemetry.SpanData) bool { return d.Module == "kit" }})
		s.Record([]telemetry.SpanData{work(at(1, 1, 0), telemetry.Server, "kit", "GET /metrics", 0, 1)})
		request(s, 2, 1, "")
		if got := names(s.List(traces.Filter{})); got != "2" {
			t.Errorf("kept %s, want 2", got)
		}
	})

	t.Run("takes a span that comes twice for one", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{SpansPerTrace: 30})
		for range 20 {
			purchase(s)
		}
		if got := find(t, s, "ab"); got.Spans != 14 || got.Summary.SQL.Count != 6 {
			t.Errorf("%d spans and %d statements, want 14 and 6", got.Spans, got.Summary.SQL.Count)
		}
	})

	t.Run("keeps its own copy", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{})
		spans := []telemetry.SpanData{work(at(1, 1, 0), telemetry.Server, "cart", "GET /mine", 0, 1, status(200))}
		s.Record(spans)
		spans[0].Name, spans[0].Attrs[0] = "GET /yours", status(500)
		if got := find(t, s, "ab"); got.Name != "GET /mine" || got.Status != 200 {
			t.Errorf("kept %s %d", got.Name, got.Status)
		}
	})

	t.Run("by many at once, while others look", func(t *testing.T) {
		t.Parallel()
		s := newStore(traces.Config{Kept: 20})
		var all sync.WaitGroup
		for g := range 8 {
			all.Go(func() {
				for n := range 50 {
					request(s, 1+(g*n)%60, float64(n), "")
					if n%10 == 0 {
						_ = s.List(traces.Filter{})
						_, _ = s.Find("ab")
					}
				}
			})
		}
		all.Wait()
		if got := len(s.List(traces.Filter{})); got == 0 || got > 20 {
			t.Errorf("%d traces are kept, want 20 at most", got)
		}
	})
}

func TestStore_List(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	for n, took := range []float64{5, 300, 20} {
		request(s, n+1, took, map[bool]string{true: "broken"}[n == 2])
	}
	for _, c := range []struct {
		name, want string
		filter     traces.Filter
	}{
		{"all", "1 2 3", traces.Filter{}},
		{"by name", "2", traces.Filter{Route: "get /2"}},
		{"failed", "3", traces.Filter{Failed: true}},
		{"slow", "2 3", traces.Filter{Min: 10 * time.Millisecond}},
		{"the slowest first", "2 3 1", traces.Filter{Slowest: true}},
		{"some", "2", traces.Filter{Slowest: true, Limit: 1}},
		{"none", "", traces.Filter{Route: "/nowhere"}},
	} {
		if got := names(s.List(c.filter)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// BenchmarkStore_Record is what stands in the way of a request: an access line's attributes,
// and two statements.
func BenchmarkStore_Record(b *testing.B) {
	s := newStore(traces.Config{Kept: 200})
	spans := []telemetry.SpanData{
		work(at(1, 2, 1), telemetry.Client, "cart", "SELECT", 1, 2, sql("SELECT id, owner, total FROM carts WHERE id = $1 AND owner = $2")),
		work(at(1, 3, 1), telemetry.Client, "cart", "SELECT", 2, 3, sql("SELECT id, owner, total FROM carts WHERE id = $1 AND owner = $2")),
		work(at(1, 1, 0), telemetry.Server, "cart", "GET /cart/v1/carts/{id}", 0, 4, slog.String(telemetry.HTTPRequestMethod, "GET"), slog.String(telemetry.HTTPRoute, "/cart/v1/carts/{id}"),
			slog.String(telemetry.URLPath, "/cart/v1/carts/0198c1a0-1111-7000-8000-000000000000"), status(200), slog.Float64("duration_ms", 4), slog.Int64(telemetry.HTTPResponseBodySize, 512),
			slog.String(telemetry.ClientAddress, "127.0.0.1"), slog.String(telemetry.UserID, "0198c1a0-1111-7000-8000-000000000001")),
	}
	b.ReportAllocs()
	for b.Loop() {
		id := rand.Uint64()
		for i := range spans {
			for j := range 8 {
				spans[i].TraceID[j] = byte(id >> (8 * j))
			}
		}
		s.Record(spans)
	}
}
