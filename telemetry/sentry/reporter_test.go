package sentry_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/sentry"
	"github.com/slipway-go/slipway/telemetry/sentry/sentrytest"
)

// A bundle is a reporter of a test's own, and the ingest to which it reports.
type bundle struct {
	t *testing.T
	*sentry.Reporter

	ingest  *sentrytest.Ingest
	metrics *prometheus.Registry
	log     *lines
}

func newBundle(t *testing.T, cfg sentry.Config) *bundle {
	t.Helper()
	b := &bundle{t: t, ingest: sentrytest.New(t), metrics: prometheus.NewRegistry(), log: &lines{}}
	cfg.DSN, cfg.Transport, cfg.Metrics = config.Secret(b.ingest.DSN()), b.ingest.Transport(), b.metrics
	cfg.Logger = slog.New(slog.NewTextHandler(b.log, nil))
	r, err := sentry.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	b.Reporter = r
	t.Cleanup(func() { _ = r.Close() }) // it has no error
	return b
}

// report reports one error of module cart.
func (b *bundle) report(err error, attrs ...slog.Attr) {
	b.For("cart").Report(b.t.Context(), err, attrs...)
}

// counted is what the counter of reports says of a reason.
func (b *bundle) counted(reason string) int {
	b.t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		b.t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "slipway_telemetry_dropped_total" && l.GetName() == "reason" && l.GetValue() == reason {
					return int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return 0
}

// await returns when so many are lost for a reason.
func (b *bundle) await(reason string, n int) {
	b.t.Helper()
	for began := time.Now(); b.counted(reason) < n; time.Sleep(time.Millisecond) { // the sender tells nobody else
		if time.Since(began) > 20*time.Second {
			b.t.Fatalf("%d lost as %s, want %d", b.counted(reason), reason, n)
		}
	}
}

type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), s)
}

// caught is the error of a panic in this file.
func caught(value any) (err error) {
	defer func() { err = telemetry.Panicked(recover()) }()
	panic(value)
}

type paperError struct{ tray int }

func (e *paperError) Error() string { return fmt.Sprintf("tray %d is empty", e.tray) }

func TestReporter_tells(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{Settings: sentry.Settings{Environment: "production", Release: "v1.2.3"}, Service: "shop"})
	span := telemetry.NewSpanContext().Child()
	err := fmt.Errorf("print the receipt: %w", problem.Unavailable("later").Wrap(fmt.Errorf("printer: %w", &paperError{2})))
	b.For("cart").Report(telemetry.WithSpan(t.Context(), span), err,
		slog.String("route", "POST /carts/{id}"), slog.String(telemetry.HTTPRequestMethod, "POST"), slog.String(telemetry.URLPath, "/carts/c7"),
		slog.Any(telemetry.HTTPRequestHeader, slog.GroupValue(slog.String("user_agent", "curl/8"))),
		slog.String(telemetry.UserID, "anna"), slog.String(telemetry.Caller, "desk"), slog.Int("attempt", 3), slog.String("event_id", "e7"))

	got := b.ingest.Await(1)[0]
	for what, pair := range map[string][2]string{
		"level":       {got.Level, "error"},
		"platform":    {got.Platform, "go"},
		"environment": {got.Environment, "production"},
		"release":     {got.Release, "v1.2.3"},
		"transaction": {got.Transaction, "POST /carts/{id}"},
		"module":      {got.Tags["module"], "cart"},
		"service":     {got.Tags["service"], "shop"},
		"route":       {got.Tags["route"], "POST /carts/{id}"},
		"caller":      {got.Tags["caller"], "desk"},
		"user":        {fmt.Sprint(got.User), "map[id:anna]"},
		"method":      {got.Request.Method, "POST"},
		"path":        {got.Request.URL, "/carts/c7"},
		"headers":     {fmt.Sprint(got.Request.Headers), "map[user_agent:curl/8]"},
		"trace":       {fmt.Sprint(got.Contexts["trace"]["trace_id"]), span.TraceIDString()},
		"span":        {fmt.Sprint(got.Contexts["trace"]["span_id"]), span.SpanIDString()},
		"the rest":    {fmt.Sprint(got.Contexts["slipway"]), "map[attempt:3 event_id:e7]"},
		"type":        {got.Error().Type, "*problem.Error"},
		"text":        {got.Error().Value, "print the receipt: later: printer: tray 2 is empty"},
		"cause":       {got.Exceptions[0].Type + " " + got.Exceptions[0].Value, "*sentry_test.paperError tray 2 is empty"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s is %q, want %q", what, pair[0], pair[1])
		}
	}
	if got.ServerName == "" || len(got.Exceptions) != 2 {
		t.Errorf("server_name is %q, and there are %d exceptions, want 2", got.ServerName, len(got.Exceptions))
	}
}

func TestReporter_showsThePanicsStack(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{})
	b.report(fmt.Errorf("GET /carts/{id}: %w", caught("boom")))
	got := b.ingest.Await(1)[0].Error()
	if got.Type != "panic" || !strings.HasPrefix(got.Value, "GET /carts/{id}: panic: boom at reporter_test.go:") || strings.Contains(got.Value, "\n") {
		t.Errorf("got %s %q, want a panic in one line with its place", got.Type, got.Value)
	}
	frames := got.Stacktrace.Frames
	if len(frames) < 2 {
		t.Fatalf("%d frames, want the stack", len(frames))
	}
	last, first := frames[len(frames)-1], frames[0]
	if last.Function != "caught" || !last.InApp || last.Filename != "github.com/slipway-go/slipway/telemetry/sentry_test/reporter_test.go" || last.Line == 0 {
		t.Errorf("the innermost frame is %+v, want caught", last)
	}
	if first.Module != "testing" || first.InApp {
		t.Errorf("the outermost frame is %+v, want one of package testing, which is not ours", first)
	}
}

// Nothing that is secret, and nothing of a person but the id.
func TestReporter_hides(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{})
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJlLWNhbmFyeQ"
	b.report(fmt.Errorf("send to ada@example.com with %s: %w", token, errors.New("password=canary-word refused")),
		slog.String("route", "GET /x"), slog.String(telemetry.URLPath, "/x/"+token), slog.String("password", "canary-word"),
		slog.Any(telemetry.HTTPRequestHeader, (&telemetry.Redactor{}).Headers(http.Header{"Authorization": {"Bearer " + token}, "Cookie": {"canary-word"}, "X-Forwarded-For": {"192.0.2.1"}})))
	raw := b.ingest.Await(1)[0].Raw
	for _, canary := range []string{token, "c2lnbmF0dXJl", "canary-word", "ada@", "192.0.2.1", "GOROOT", "modules"} {
		if strings.Contains(raw, canary) {
			t.Errorf("the report tells %q: %s", canary, raw)
		}
	}
}

// An issue is a kind of error, whatever identifiers its text has.
func TestReporter_groups(t *testing.T) {
	t.Parallel()
	same := map[string][2]error{
		"texts with other ids": {
			errors.New(`load cart 0198c0de-0000-7000-8000-000000000001 of "anna": no rows`),
			errors.New(`load cart 0198c0de-0000-7000-8000-000000000002 of "bert": no rows`),
		},
		"other numbers of one type": {fmt.Errorf("print: %w", &paperError{1}), fmt.Errorf("print: %w", &paperError{2})},
		"panics of one line":        {caught("cart 1"), caught("cart 2")},
		"panics on other ways":      {fmt.Errorf("GET /a: %w", caught("boom")), fmt.Errorf("GET /b: %w", caught("boom"))},
	}
	other := map[string][2]error{
		"other words":            {errors.New("load cart: no rows"), errors.New("save cart: no rows")},
		"other types":            {errors.New("tray 2 is empty"), &paperError{2}},
		"panics of other values": {caught("boom"), caught(io.EOF)},
		"a panic and its text":   {caught("boom"), errors.New("boom")},
	}
	kind := func(t *testing.T, err error) string {
		t.Helper()
		b := newBundle(t, sentry.Config{})
		b.report(err)
		return strings.Join(b.ingest.Await(1)[0].Fingerprint, "|")
	}
	for name, pair := range same {
		t.Run(name+" are one", func(t *testing.T) {
			t.Parallel()
			if one, two := kind(t, pair[0]), kind(t, pair[1]); one != two {
				t.Errorf("got %q and %q, want the same", one, two)
			}
		})
	}
	for name, pair := range other {
		t.Run(name+" are two", func(t *testing.T) {
			t.Parallel()
			if one, two := kind(t, pair[0]), kind(t, pair[1]); one == two {
				t.Errorf("both are %q, want two kinds", one)
			}
		})
	}
}

func TestReporter_storm(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{PerMinute: 3})
	for i := range 100 {
		b.report(fmt.Errorf("cart %d: it broke", i))
	}
	b.report(errors.New("another kind"))
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(b.ingest.Reports()); got != 4 || b.counted("storm") != 97 {
		t.Errorf("%d reports and %d counted, want 3 of the storm and 1 beside it, and 97", got, b.counted("storm"))
	}
}

func TestReporter_whenSentryDoesNot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(*sentrytest.Ingest)
		reason string
		asked  int // of three reports
	}{
		"want any for a while":          {answers(sentrytest.Status(429, "Retry-After", "60")), "rate_limited", 1},
		"want any, and says no more":    {answers(sentrytest.Status(429)), "rate_limited", 1},
		"want errors by its own header": {answers(sentrytest.Status(429, "X-Sentry-Rate-Limits", "60:error:organization")), "rate_limited", 1},
		"work":                          {answers(sentrytest.Status(503)), "rejected", 3},
		"know the project":              {answers(sentrytest.Status(403)), "rejected", 3},
		"stay where it is":              {answers(sentrytest.Status(307, "Location", "http://127.0.0.1:1/")), "rejected", 3},
		"answer":                        {func(i *sentrytest.Ingest) { i.Answer(i.Hang) }, "unreachable", 3},
		"listen":                        {(*sentrytest.Ingest).Refuse, "unreachable", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := sentry.Config{} // with time enough for a busy machine
			if name == "answer" {
				cfg.Timeout = 50 * time.Millisecond // what it waits for
			}
			b := newBundle(t, cfg)
			c.answer(b.ingest)
			for i := range 3 {
				b.report(errors.New(strings.Repeat("x", i+1)))
			}
			b.await(c.reason, 3)
			if got := b.ingest.Asked(); got != c.asked {
				t.Errorf("it was asked %d times, want %d", got, c.asked)
			}
			if got := b.log.count("error reports are not delivered"); got != 1 {
				t.Errorf("%d lines say so, want 1: %s", got, b.log.text.String())
			}
		})
	}
}

func answers(h http.HandlerFunc) func(*sentrytest.Ingest) {
	return func(i *sentrytest.Ingest) { i.Answer(h) }
}

func TestReporter_comesBack(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{})
	b.ingest.Answer(sentrytest.Status(503))
	b.report(errors.New("one"))
	b.report(errors.New("two"))
	b.await("rejected", 2)
	b.ingest.Answer(nil)
	b.report(errors.New("three"))
	if got := b.ingest.Await(1)[0].Error().Value; got != "three" {
		t.Errorf("got %q, want what came after", got)
	}
	_ = b.Close() // it has no error
	if b.log.count("delivered again") != 1 || b.log.count("lost=2") != 1 {
		t.Errorf("the log says %s", b.log.text.String())
	}
}

// A limit that comes with a success is one, too.
func TestReporter_keepsALimitOfASuccess(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{})
	b.ingest.Answer(sentrytest.Status(200, "X-Sentry-Rate-Limits", "60:error:key"))
	b.report(errors.New("one"))
	b.ingest.AwaitAsked(1)
	b.report(errors.New("two"))
	b.await("rate_limited", 1)
	if got := b.ingest.Asked(); got != 1 {
		t.Errorf("it was asked %d times, want 1", got)
	}
}

// Whoever reports goes on at once, whatever Sentry does.
func TestReporter_neverBlocks(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{Queue: 5, PerMinute: 1000, FlushTimeout: 50 * time.Millisecond, Timeout: time.Hour})
	b.ingest.Answer(b.ingest.Hang)
	b.report(errors.New("the first"))
	b.ingest.AwaitAsked(1) // it is under way, and the queue is empty
	began := time.Now()
	for range 100 {
		b.report(errors.New("one more"))
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("100 reports took %s while Sentry hangs", took)
	}
	if got := b.counted("queue_full"); got != 95 {
		t.Errorf("%d lost since the queue is full, want 95", got)
	}
	_ = b.Close() // it has no error
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it stopped after %s, want 50ms", took)
	}
	b.report(errors.New("after the end"))
	if got := b.counted("stopped"); got != 7 {
		t.Errorf("%d lost at the end, want the one under way, 5 that waited and 1 that came after", got)
	}
}

func TestReporter_Close_sendsWhatWaits(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{PerMinute: 50})
	for range 50 {
		b.report(errors.New("it broke"))
	}
	_ = b.Close() // it has no error
	if got := len(b.ingest.Reports()); got != 50 {
		t.Errorf("%d reports at the end, want 50", got)
	}
	_ = b.Close() // twice does no harm
}

type unreadable struct{ reason *string }

func (u unreadable) Error() string { return *u.reason }

func TestReporter_survivesAnErrorThatPanics(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{})
	b.report(unreadable{})
	if got := b.counted("unreadable"); got != 1 {
		t.Errorf("%d counted, want 1", got)
	}
}

func TestReporter_boundsWhatItSends(t *testing.T) {
	t.Parallel()
	b := newBundle(t, sentry.Config{})
	long := errors.New(strings.Repeat("ä long text ", 1<<18))
	for range 30 {
		long = fmt.Errorf("%w: %w", &paperError{1}, long)
	}
	b.report(long, slog.String("route", strings.Repeat("r", 1000)), slog.String("note", strings.Repeat("n", 5000)))
	got := b.ingest.Await(1)[0]
	if len(got.Raw) > 200<<10 || len(got.Exceptions) > 10 {
		t.Errorf("%d bytes with %d exceptions, want few", len(got.Raw), len(got.Exceptions))
	}
}

func TestOpen_refuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ dsn, says string }{
		"a word":                {"canary", "begins with https://"},
		"another scheme":        {"ftp://canary@sentry.example.com/42", "begins with https://"},
		"no key":                {"https://sentry.example.com/42", "key is missing"},
		"no host":               {"https://canary@/42", "host is missing"},
		"no project":            {"https://canary@sentry.example.com", "project is missing"},
		"a port that is none":   {"https://canary@sentry.example.com:port/42", "it is no URL"},
		"what cannot be parsed": {"https://canary@[::1/42", "it is no URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := sentry.Open(sentry.Config{Settings: sentry.Settings{DSN: config.Secret(c.dsn)}})
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "canary") {
				t.Errorf("Open() = %v, want %q and nothing of the DSN", err, c.says)
			}
			_, err = config.Load[sentry.Settings](config.New(map[string]string{"SENTRY_DSN": c.dsn}), "SENTRY_")
			if err == nil || !strings.Contains(err.Error(), "SENTRY_DSN") || strings.Contains(err.Error(), "canary") {
				t.Errorf("Load() = %v, want a problem with SENTRY_DSN and nothing of its value", err)
			}
		})
	}
}

// Without a report nothing runs.
func TestOpen_startsNothing(t *testing.T) { //nolint:paralleltest // it looks at the goroutines of the whole process
	b := newBundle(t, sentry.Config{})
	if got := senders(t); got != 0 {
		t.Errorf("%d goroutines of the package, want none before the first report", got)
	}
	b.report(errors.New("it broke"))
	b.ingest.Await(1)
	if got := senders(t); got != 1 {
		t.Errorf("%d goroutines of the package, want 1", got)
	}
	_ = b.Close() // it has no error
	if got := senders(t); got != 0 {
		t.Errorf("%d goroutines of the package after Close, want none", got)
	}
}

func senders(t *testing.T) int {
	t.Helper()
	var dump bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&dump, 2); err != nil {
		t.Fatal(err)
	}
	return len(slices.DeleteFunc(strings.Split(dump.String(), "\n\n"), func(g string) bool { return !strings.Contains(g, "(*sender).run") }))
}

func BenchmarkReporter(b *testing.B) {
	err := fmt.Errorf("load cart %d: %w", 7, &paperError{1})
	for name, perMinute := range map[string]int{"storm": 1, "queue full": 1 << 30} {
		b.Run(name, func(b *testing.B) {
			r, openErr := sentry.Open(sentry.Config{
				Settings: sentry.Settings{DSN: "http://key@127.0.0.1:1/42"}, PerMinute: perMinute, Queue: 1, FlushTimeout: time.Millisecond,
				Transport: hanging{},
			})
			if openErr != nil {
				b.Fatal(openErr)
			}
			defer func() { _ = r.Close() }() // it has no error
			cart := r.For("cart")
			b.ReportAllocs()
			for b.Loop() {
				cart.Report(context.Background(), err, slog.String("route", "GET /carts/{id}"))
			}
		})
	}
}

type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}
