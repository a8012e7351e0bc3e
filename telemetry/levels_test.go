package telemetry_test

import (
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

func TestModuleLevels_text(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cart":               `"cart": expected a module and its level, such as cart=debug`,
		"=debug":             `"=debug": expected a module`,
		"cart=loud":          `module cart: level "loud": expected debug, info, warn or error`,
		"cart=debug,sso=":    `module sso: level "": expected debug`,
		"cart=debug=warn":    `level "debug=warn"`,
		"sso=warn,sso:error": `"sso:error": expected a module`,
	} {
		if err := new(telemetry.ModuleLevels).UnmarshalText([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	var got telemetry.ModuleLevels
	if err := got.UnmarshalText([]byte(" sso=WARN , cart=debug,")); err != nil || len(got) != 2 || got["cart"] != slog.LevelDebug || got["sso"] != slog.LevelWarn {
		t.Errorf("levels %v, %v", got, err)
	}
	if text, _ := got.MarshalText(); string(text) != "cart=debug,sso=warn" {
		t.Errorf("text %q", text)
	}
}

// debugs logs at level debug as some modules and returns those whose lines were written.
func debugs(t *testing.T, loggers map[string]*slog.Logger, s *sink) string {
	t.Helper()
	s.writes = nil
	var heard []string
	for _, module := range []string{"", "cart", "sso"} {
		before := len(s.writes)
		loggers[module].DebugContext(t.Context(), "said")
		if len(s.writes) > before {
			heard = append(heard, module)
		}
	}
	return fmt.Sprint(heard)
}

func TestLevels(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &sink{}
		l := telemetry.NewLog(s, "shop", telemetry.LogConfig{Levels: telemetry.ModuleLevels{"sso": slog.LevelWarn}}, nil)
		loggers := map[string]*slog.Logger{"": l.Logger, "cart": l.With("module", "cart"), "sso": l.With("module", "sso").With("n", 1).WithGroup("g")}
		wants := func(when, want string) {
			t.Helper()
			if got := debugs(t, loggers, s); got != want {
				t.Errorf("%s: lines at level debug are written of %s, want %s", when, got, want)
			}
		}
		wants("at first", "[]")
		l.Levels().Set("cart", slog.LevelDebug, 0, nil)
		wants("with a module's changed", "[cart]")
		l.Levels().Set("", slog.LevelDebug, 0, nil)
		wants("with the process's changed too", "[ cart]") // the first is no module
		l.Levels().Set("cart", slog.LevelError, 0, nil)
		wants("with the module's above it", "[]")
		l.Levels().Reset("cart")
		wants("with the module's taken back", "[ cart]")
		l.Levels().Reset("")
		wants("with all taken back", "[]")

		var ended atomic.Int32
		l.Levels().Set("cart", slog.LevelDebug, time.Minute, func() { ended.Add(1) })
		if in := l.Levels().All()[1]; in.Module != "cart" || in.Level != slog.LevelDebug || !in.Until.Equal(time.Now().Add(time.Minute)) {
			t.Errorf("in force %+v", in)
		}
		time.Sleep(30 * time.Second)
		l.Levels().Set("cart", slog.LevelDebug, time.Minute, func() { ended.Add(1) })
		time.Sleep(59 * time.Second)
		wants("before the time of the second change is over", "[cart]")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		wants("after it", "[]")
		if got := levelsOf(l); ended.Load() != 1 || len(got) != 2 || got[""] != slog.LevelInfo || got["sso"] != slog.LevelWarn {
			t.Errorf("%d changes ended, and in force are %v", ended.Load(), got)
		}
	})
}
