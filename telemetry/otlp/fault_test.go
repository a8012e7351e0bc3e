package otlp_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	collector "go.opentelemetry.io/proto/slim/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/slipway-go/slipway/telemetry/otlp"
)

// A faulty receiver fails as it is told, and takes everything once it works.
type faulty struct {
	store

	fail  roundTripper // nil: it works; under store.mu, as calls are
	calls []time.Time
}

func (f *faulty) RoundTrip(r *http.Request) (*http.Response, error) {
	f.mu.Lock()
	f.calls = append(f.calls, time.Now())
	fail := f.fail
	f.mu.Unlock()
	if fail != nil {
		return fail(r)
	}
	return through(otlp.Handler(&f.store))(r)
}

func (f *faulty) mend() { f.spoil(nil) }

func (f *faulty) spoil(fail roundTripper) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

// attempts returns when there were any.
func (f *faulty) attempts() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}

func answering(status int, body string, headers ...string) roundTripper {
	return func(r *http.Request) (*http.Response, error) {
		_, _ = io.Copy(io.Discard, r.Body)
		w := httptest.NewRecorder()
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.WriteString(body)
		return w.Result(), nil
	}
}

func silent(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func cut(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF }

func partial(t *testing.T, rejected int64) roundTripper {
	t.Helper()
	b, err := proto.Marshal(&collector.ExportTraceServiceResponse{PartialSuccess: &collector.ExportTracePartialSuccess{RejectedSpans: rejected, ErrorMessage: "too old"}})
	if err != nil {
		t.Fatal(err)
	}
	return answering(200, string(b), "Content-Type", "application/x-protobuf")
}

func TestExporter_fault(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fail  roundTripper
		why   otlp.Reason
		again bool // it is tried again
		said  string
	}{
		"refuses":                    {answering(400, "\x12\x03why", "Content-Type", "application/x-protobuf"), otlp.Refused, false, "400 Bad Request: why"},
		"wants a login":              {answering(401, ""), otlp.Refused, false, "401 Unauthorized"},
		"leads elsewhere":            {answering(307, "", "Location", "http://elsewhere/"), otlp.Refused, false, "307"},
		"fails":                      {answering(500, ""), otlp.Refused, false, "500"},
		"is too busy":                {answering(429, ""), otlp.Unavailable, true, "429"},
		"is down behind a proxy":     {answering(502, ""), otlp.Unavailable, true, "502"},
		"cannot now":                 {answering(503, ""), otlp.Unavailable, true, "503"},
		"is late behind a proxy":     {answering(504, ""), otlp.Unavailable, true, "504"},
		"does not answer":            {silent, otlp.TimedOut, true, "longer than 10s (OTEL_EXPORTER_OTLP_TIMEOUT)"},
		"cuts the connection":        {cut, otlp.Unavailable, true, "unexpected EOF"},
		"is a page of somebody's":    {answering(200, "<html>", "Content-Type", "text/html"), otlp.Garbled, false, "no receiver"},
		"answers garbage":            {answering(200, "\xff\xff", "Content-Type", "application/x-protobuf"), otlp.Garbled, false, "no receiver"},
		"takes only smaller batches": {answering(413, ""), otlp.TooLarge, false, "413"},
	} {
		t.Run("A receiver that "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &faulty{fail: c.fail}
				b := run(t, f)
				b.Record(testSpans(t, 3))
				time.Sleep(5 * time.Minute)
				tries := len(f.attempts())
				if b.Dropped(c.why) != 3 || b.Exported() != 0 || b.Queued() != 0 {
					t.Errorf("%d dropped for that reason, %d exported, %d queued, want 3, 0, 0", b.Dropped(c.why), b.Exported(), b.Queued())
				}
				if c.again != (tries > 1) && c.why != otlp.TooLarge {
					t.Errorf("%d attempts", tries)
				}
				if n := strings.Count(b.lines.String(), "WARN"); n != 1 || !strings.Contains(b.lines.String(), c.said) {
					t.Errorf("%d warnings, want one with %q:\n%s", n, c.said, b.lines)
				}

				f.mend()
				b.Record(testSpans(t, 2))
				time.Sleep(time.Minute)
				if b.Exported() != 2 || len(f.all()) != 2 {
					t.Errorf("%d exported once it works, want 2", b.Exported())
				}
				if !strings.Contains(b.lines.String(), `msg="spans are exported again" dropped=3`) || strings.Count(b.lines.String(), "WARN") != 2 {
					t.Errorf("the log has\n%s", b.lines)
				}
			})
		})
	}
	t.Run("A receiver that takes some", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: partial(t, 2)}
			b := run(t, f)
			b.Record(testSpans(t, 3))
			time.Sleep(time.Minute)
			if b.Exported() != 1 || b.Dropped(otlp.Rejected) != 2 || len(f.attempts()) != 1 {
				t.Errorf("%d exported, %d rejected in %d attempts, want 1, 2, 1", b.Exported(), b.Dropped(otlp.Rejected), len(f.attempts()))
			}
			if !strings.Contains(b.lines.String(), "too old") {
				t.Errorf("the log does not say why:\n%s", b.lines)
			}
		})
	})
	t.Run("A receiver that counts wrongly", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			for _, n := range []int64{-5, 1 << 40} {
				b := run(t, &faulty{fail: partial(t, n)})
				b.Record(testSpans(t, 3))
				b.stop()
				if got := b.Exported() + b.Dropped(otlp.Rejected); got != 3 {
					t.Errorf("rejects %d of 3: %d counted", n, got)
				}
			}
		})
	})
	t.Run("A receiver that fails again soon, and for long, is told of twice", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: answering(500, "")}
			b := run(t, f)
			b.Record(testSpans(t, 1))
			time.Sleep(2 * time.Second)
			f.mend()
			b.Record(testSpans(t, 1))
			time.Sleep(2 * time.Second)
			f.spoil(answering(500, ""))
			for range 10 {
				b.Record(testSpans(t, 1))
				time.Sleep(10 * time.Second)
			}
			if n := strings.Count(b.lines.String(), "spans cannot be exported"); n != 2 {
				t.Errorf("told of %d failures, want 2:\n%s", n, b.lines)
			}
		})
	})
	t.Run("Waits as long as the receiver asks", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: answering(429, "", "Retry-After", "40")}
			b := run(t, f)
			b.Record(testSpans(t, 1))
			time.Sleep(2 * time.Second)
			f.mend()
			time.Sleep(time.Minute)
			if len(f.attempts()) != 2 || f.attempts()[1].Sub(f.attempts()[0]) != 40*time.Second || b.Exported() != 1 {
				t.Errorf("attempts at %v, %d exported", f.attempts(), b.Exported())
			}
		})
	})
	t.Run("Believes no receiver that asks for a year", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: answering(503, "", "Retry-After", "31536000")}
			b := run(t, f)
			b.Record(testSpans(t, 1))
			time.Sleep(2 * time.Second)
			f.mend()
			b.Record(testSpans(t, 1))
			time.Sleep(6 * time.Minute)
			if b.Exported() != 1 || b.Dropped(otlp.Unavailable) != 1 {
				t.Errorf("%d exported, %d dropped, want 1 and 1", b.Exported(), b.Dropped(otlp.Unavailable))
			}
		})
	})
	t.Run("Grows its pauses and hurries nobody", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: answering(503, "")}
			b := run(t, f)
			for range 600 { // ten minutes of a service at work
				b.Record(testSpans(t, 1))
				time.Sleep(time.Second)
			}
			if n := len(f.attempts()); n < 5 || n > 45 {
				t.Errorf("%d attempts in ten minutes", n)
			}
		})
	})
}

// TestExporter_fullQueue looks at the heap, so it runs alone.
func TestExporter_fullQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{fail: silent}
		b := run(t, f, func(c *otlp.ExporterConfig) { c.QueueSize, c.BatchSize = 100, 10 })
		many := testSpans(t, 100)
		time.Sleep(time.Millisecond)
		before := heap()
		began := time.Now()
		for range 10_000 {
			b.Record(many)
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("Record has waited for %s", waited)
		}
		if grown := int64(heap()) - int64(before); grown > 16<<20 {
			t.Errorf("a queue of 100 spans holds %d bytes after a million", grown)
		}
		held := uint64(b.Queued())
		if got := b.Dropped(otlp.QueueFull); got < 1_000_000-200 || held > 100 {
			t.Errorf("%d dropped, %d held, of a million", got, held)
		}
		f.mend()
		time.Sleep(2 * time.Minute)
		if b.Queued() != 0 || b.Exported() == 0 || b.Exported()+b.Dropped(otlp.QueueFull)+b.Dropped(otlp.TimedOut) != 1_000_000 {
			t.Errorf("of a million, %d are exported, %d dropped", b.Exported(), b.Dropped(otlp.QueueFull))
		}
	})
}

// TestExporter_largeSpans looks at what waits while nobody takes it.
func TestExporter_largeSpans(t *testing.T) {
	t.Parallel()
	e, err := otlp.New(otlp.ExporterConfig{Config: otlp.Config{Endpoint: &url.URL{Scheme: "http", Host: "collector:4318"}}})
	if err != nil {
		t.Fatal(err)
	}
	large := testSpans(t, 1)
	large[0].Attrs = []slog.Attr{slog.String("db.query.text", strings.Repeat("x", 1<<20))}
	for range 100 {
		e.Record(large)
	}
	if held := e.Queued(); held == 0 || held > 32 || e.Dropped(otlp.QueueFull) != uint64(100-held) {
		t.Errorf("%d spans of a megabyte wait and %d are dropped, want 32 at most, and all of 100", held, e.Dropped(otlp.QueueFull))
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestExporter_stop(t *testing.T) {
	t.Parallel()
	t.Run("A receiver that is down delays no stop", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: cut}
			b := run(t, f)
			b.Record(testSpans(t, 5000))
			began := time.Now()
			b.stop()
			if waited := time.Since(began); waited > time.Second {
				t.Errorf("the stop took %s", waited)
			}
			if got := b.Dropped(otlp.Stopped) + b.Dropped(otlp.Unavailable); got != 5000 {
				t.Errorf("%d of 5000 counted", got)
			}
		})
	})
	t.Run("One that does not answer delays it for five seconds", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: silent}
			b := run(t, f)
			b.Record(testSpans(t, 5000))
			began := time.Now()
			b.stop()
			if waited := time.Since(began); waited != 5*time.Second {
				t.Errorf("the stop took %s, want 5s", waited)
			}
			if told := b.lines.String(); b.Dropped(otlp.Stopped) == 0 || strings.Contains(told, "context canceled") || !strings.Contains(told, "the process stops") {
				t.Errorf("%d dropped since the process stops; it is told %s", b.Dropped(otlp.Stopped), told)
			}
		})
	})
	t.Run("One that has asked for time is left alone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			f := &faulty{fail: answering(429, "", "Retry-After", "40")}
			b := run(t, f)
			b.Record(testSpans(t, 1))
			time.Sleep(2 * time.Second)
			b.stop()
			if len(f.attempts()) != 1 || b.Dropped(otlp.Stopped) != 1 {
				t.Errorf("%d attempts, %d dropped, want 1 and 1", len(f.attempts()), b.Dropped(otlp.Stopped))
			}
		})
	})
}

func TestExporter_largeBatches(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &faulty{}
		limit := func(r *http.Request) (*http.Response, error) {
			if r.ContentLength > 2000 {
				return answering(413, "")(r)
			}
			return through(otlp.Handler(&f.store))(r)
		}
		f.fail = limit
		b := run(t, f, func(c *otlp.ExporterConfig) { c.Compression = "none" })
		b.Record(testSpans(t, 50))
		b.stop()
		if b.Exported() != 50 || len(f.all()) != 50 {
			t.Errorf("%d of 50 exported in %d requests", b.Exported(), len(f.attempts()))
		}
	})
}

func TestNew_withoutAnAddress(t *testing.T) {
	t.Parallel()
	if _, err := otlp.New(otlp.ExporterConfig{}); err == nil || !strings.Contains(err.Error(), "OTEL_EXPORTER_OTLP_ENDPOINT") {
		t.Errorf("error %v, want one that names the setting", err)
	}
}
