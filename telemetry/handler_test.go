package telemetry_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/telemetry"
)

// A fataler is a test of package testing or of rapid.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

// A sink keeps every Write.
type sink struct {
	mu     sync.Mutex
	writes []string
}

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes = append(s.writes, string(b))
	return len(b), nil
}

func newLogger() (*slog.Logger, *sink) {
	s := &sink{}
	return telemetry.NewLogger(s, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}), s
}

// last decodes the last line.
func (s *sink) last(t fataler) map[string]any {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal([]byte(s.writes[len(s.writes)-1]), &line); err != nil {
		t.Fatalf("line %q: %v", s.writes[len(s.writes)-1], err)
	}
	return line
}

// line logs one attribute and returns it as it was written.
func logged(t fataler, a slog.Attr) any {
	t.Helper()
	logger, s := newLogger()
	logger.LogAttrs(context.Background(), slog.LevelInfo, "said", a)
	return s.last(t)[a.Key]
}

func TestNewLogger_IsAHandlerLikeAnyOther(t *testing.T) {
	t.Parallel()
	var s *sink
	slogtest.Run(t, func(*testing.T) slog.Handler {
		var logger *slog.Logger
		logger, s = newLogger()
		return logger.Handler()
	}, func(t *testing.T) map[string]any {
		t.Helper()
		return s.last(t)
	})
}

func TestNewLogger_Line(t *testing.T) {
	t.Parallel()

	t.Run("HasItsFieldsInOrder", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			logger, s := newLogger()
			span, _ := telemetry.ParseTraceparent(example)
			time.Sleep(1234567 * time.Nanosecond)
			logger.With("module", "cart").InfoContext(telemetry.WithSpan(t.Context(), span), "payment captured", "order_id", 7)
			want := `{"time":"2000-01-01T00:00:00.001234567Z","level":"INFO","msg":"payment captured","service":"shop","module":"cart",` +
				`"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7","order_id":7}` + "\n"
			if s.writes[0] != want {
				t.Errorf("line %swant %s", s.writes[0], want)
			}
		})
	})

	t.Run("KeepsTheTraceOutsideOfGroups", func(t *testing.T) {
		t.Parallel()
		logger, s := newLogger()
		span := telemetry.NewSpanContext()
		logger.WithGroup("order").With("id", 1).InfoContext(telemetry.WithSpan(t.Context(), span), "said", "total", 2)
		got := s.last(t)
		if order, _ := got["order"].(map[string]any); got["trace_id"] != span.TraceIDString() || order["id"] != 1.0 || order["total"] != 2.0 {
			t.Errorf("line %v", got)
		}
	})

	t.Run("KeepsItsOwnFieldsApart", func(t *testing.T) {
		t.Parallel()
		logger, s := newLogger()
		logger.With("service", "forged").Info("said", "level", "forged", "time", "forged", slog.Group("g", slog.String("msg", "inner")), slog.Group("", slog.String("msg", "forged")))
		got := s.last(t)
		g, _ := got["g"].(map[string]any)
		if got["service"] != "shop" || got["level"] != "INFO" || got["msg"] != "said" || got["level_"] != "forged" || got["msg_"] != "forged" || g["msg"] != "inner" {
			t.Errorf("line %v", got)
		}
	})

	t.Run("IsOneWrite", func(t *testing.T) {
		t.Parallel()
		logger, s := newLogger()
		var wg sync.WaitGroup
		for i := range 50 {
			wg.Go(func() { logger.With("n", i).Info("said\n{}", "text", strings.Repeat("x", 100*i)) })
		}
		wg.Wait()
		if len(s.writes) != 50 {
			t.Errorf("%d writes, want 50", len(s.writes))
		}
		for _, w := range s.writes {
			if !json.Valid([]byte(w)) || strings.Count(w, "\n") != 1 || !strings.HasSuffix(w, "}\n") {
				t.Errorf("no line: %q", w)
			}
		}
	})

	t.Run("IsLeftOutBelowTheLevel", func(t *testing.T) {
		t.Parallel()
		logger, s := newLogger()
		logger.Debug("said")
		if len(s.writes) != 0 {
			t.Errorf("wrote %q", s.writes)
		}
	})

	t.Run("DoesNotLeakFromOneLoggerIntoAnother", func(t *testing.T) {
		t.Parallel()
		logger, s := newLogger()
		base := logger.With("a", 1)
		one, two := base.With("b", 1), base.With("b", 2)
		one.Info("said")
		if got := s.last(t); got["b"] != 1.0 {
			t.Errorf("line %v", got)
		}
		two.Info("said")
		if got := s.last(t); got["b"] != 2.0 || got["a"] != 1.0 {
			t.Errorf("line %v", got)
		}
	})
}

type unreadableError struct{}

func (*unreadableError) Error() string               { panic("made up") }
func (unreadableError) MarshalText() ([]byte, error) { return nil, errors.New("made up") }

type unreadableLogValuer struct{}

func (unreadableLogValuer) LogValue() slog.Value { panic("made up") }

func TestNewLogger_Values(t *testing.T) {
	t.Parallel()
	moment := time.Date(2026, 11, 23, 21, 30, 0, 5, time.FixedZone("", 3600))
	for name, tt := range map[string]struct {
		value any
		want  any
	}{
		"number":            {42, 42.0},
		"largest":           {uint64(math.MaxUint64), float64(math.MaxUint64)},
		"smallest":          {int64(math.MinInt64), float64(math.MinInt64)},
		"fraction":          {0.1, 0.1},
		"tiny":              {1e-300, 1e-300},
		"huge":              {1e300, 1e300},
		"not a number":      {math.NaN(), "NaN"},
		"infinite":          {math.Inf(-1), "-Inf"},
		"truth":             {true, true},
		"nothing":           {nil, nil},
		"duration":          {time.Microsecond, 1000.0},
		"time":              {moment, "2026-11-23T20:30:00.000000005Z"},
		"distant time":      {time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC), "12026-01-01T00:00:00Z"},
		"control bytes":     {"\x00\x1b[31m\r\n\t\"\\\x7f", "\x00\x1b[31m\r\n\t\"\\\x7f"},
		"no UTF-8":          {"a\xffb", "a\ufffdb"},
		"line separators":   {"a\u2028b\u2029", "a\u2028b\u2029"},
		"error":             {errors.New("two\nlines"), "two\nlines"},
		"nil error":         {(*unreadableError)(nil), nil},
		"error that panics": {&unreadableError{}, "[*telemetry_test.unreadableError, which panics when it is read]"},
		"text that fails":   {unreadableError{}, "[redacted]"},
		"list":              {[]any{1, "a", nil, []string{"b"}}, []any{1.0, "a", nil, []any{"b"}}},
		"map":               {map[int]string{1: "a"}, map[string]any{"1": "a"}},
		"bytes":             {[]byte("made up"), "[7 bytes]"},
		"raw JSON":          {json.RawMessage(`{"n":1.50}`), map[string]any{"n": 1.5}},
		"raw garbage":       {json.RawMessage(`{`), "[redacted]"},
		"channel":           {make(chan int), "[chan int]"},
		"function":          {func() {}, "[func()]"},
		"pointer":           {new(7), 7.0},
		"nil pointer":       {(*int)(nil), nil},
		"stringer":          {time.March, "March"},
		"long text":         {strings.Repeat("x", 20000), strings.Repeat("x", 16<<10) + "… [cut: 20000 bytes]"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := logged(t, slog.Any("v", tt.value))
			if fmt.Sprint(got) != fmt.Sprint(tt.want) {
				t.Errorf("wrote %v, want %v", got, tt.want)
			}
		})
	}

	t.Run("LogValuerThatPanics", func(t *testing.T) {
		t.Parallel()
		if got, _ := logged(t, slog.Any("v", unreadableLogValuer{})).(string); !strings.HasPrefix(got, "LogValue panicked") {
			t.Errorf("wrote %q", got)
		}
	})

	t.Run("AnythingIsALine", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			logger, s := newLogger()
			key := rapid.String().Draw(t, "key")
			value := rapid.OneOf(
				rapid.String().AsAny(), rapid.SliceOf(rapid.Byte()).AsAny(), rapid.Float64().AsAny(), rapid.Int64().AsAny(),
				rapid.SliceOf(rapid.String()).AsAny(), rapid.MapOf(rapid.String(), rapid.Float64()).AsAny(),
			).Draw(t, "value")
			logger.With(key, value).WithGroup(rapid.String().Draw(t, "group")).Info(rapid.String().Draw(t, "msg"), key, value) //nolint:sloglint // whatever somebody may do
			if len(s.writes) != 1 || !json.Valid([]byte(s.writes[0])) || strings.Count(s.writes[0], "\n") != 1 {
				t.Fatalf("no line: %q", s.writes)
			}
		})
	})

	t.Run("TextsSurvive", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			text := rapid.StringOf(rapid.Rune()).Draw(t, "text")
			if (&telemetry.Redactor{}).String(text) != text {
				t.Skip("hidden")
			}
			if got := logged(t, slog.String("v", text)); got != strings.ToValidUTF8(text, "\ufffd") {
				t.Fatalf("wrote %q, want %q", got, text)
			}
		})
	})
}

func TestLogReporter(t *testing.T) {
	t.Parallel()
	logger, s := newLogger()
	cause := &json.SyntaxError{}
	err := fmt.Errorf("read the answer: %w", errors.Join(fmt.Errorf("decode: %w", cause), context.Canceled))
	telemetry.LogReporter(logger).Report(t.Context(), err, slog.String("route", "GET /carts/{id}"))
	got := s.last(t)
	if got["level"] != "ERROR" || got["error"] != err.Error() || got["route"] != "GET /carts/{id}" {
		t.Errorf("line %v", got)
	}
	if want := "[*json.SyntaxError *errors.errorString]"; fmt.Sprint(got["causes"]) != want {
		t.Errorf("causes %v, want %s", got["causes"], want)
	}
}

type loop struct{}

func (l loop) Error() string { return "made up" }
func (l loop) Unwrap() error { return l }

func TestLogReporter_EndsWithAChainThatDoesNot(t *testing.T) {
	t.Parallel()
	logger, s := newLogger()
	telemetry.LogReporter(logger).Report(t.Context(), loop{})
	if causes, _ := s.last(t)["causes"].([]any); len(causes) != 20 {
		t.Errorf("%d causes", len(causes))
	}
}
