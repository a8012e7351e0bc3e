package config_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/config"
)

func TestSource(t *testing.T) {
	t.Parallel()
	given := map[string]string{"A": " one ", "B": "two", "BLANK": " "}
	src := config.New(given)
	given["B"] = "changed"

	t.Run("IsASnapshot", func(t *testing.T) {
		t.Parallel()
		wantValue(t, src, "A", "one", true)
		wantValue(t, src, "B", "two", true)
		wantValue(t, src, "BLANK", "", false)
		wantValue(t, src, "MISSING", "", false)
	})
	t.Run("With", func(t *testing.T) {
		t.Parallel()
		changed := src.With(map[string]string{"A": "", "B": "three", "SLIPWAY_ENV": "test"})
		wantValue(t, changed, "A", "", false)
		wantValue(t, changed, "B", "three", true)
		wantValue(t, src, "B", "two", true)
		if changed.Environment() != config.Test || src.Environment() != config.Development {
			t.Errorf("got %s and %s, want test and development", changed.Environment(), src.Environment())
		}
	})
	t.Run("ZeroValue", func(t *testing.T) {
		t.Parallel()
		zero := &config.Source{}
		wantValue(t, zero, "A", "", false)
		wantValue(t, zero.With(map[string]string{"A": "1"}), "A", "1", true)
		if got := zero.Environment(); got != config.Development {
			t.Errorf("got %s, want development", got)
		}
	})
}

// A source holds every secret of the process.
func TestSource_NeverPrints(t *testing.T) {
	t.Parallel()
	src := config.New(map[string]string{"KEY": "hunter2"})
	for _, format := range []string{"%v", "%s", "%+v", "%#v", "%q"} {
		if got, want := fmt.Sprintf(format, src), "config.Source(development, 1 variables)"; got != want {
			t.Errorf("Sprintf(%q) = %s, want %s", format, got, want)
		}
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).InfoContext(t.Context(), "start", "source", src)
	if got := logged.String(); strings.Contains(got, "hunter2") {
		t.Errorf("got %s", got)
	}
}

func wantValue(t *testing.T, src *config.Source, name, value string, set bool) {
	t.Helper()
	if got, ok := src.Lookup(name); got != value || ok != set {
		t.Errorf("Lookup(%s) = %q, %v, want %q, %v", name, got, ok, value, set)
	}
}
