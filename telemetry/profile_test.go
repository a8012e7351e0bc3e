package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/telemetry"
)

var profiles = []telemetry.Profile{telemetry.OTel, telemetry.ECS, telemetry.GELF}

// everything logs lines with everything that a line may have.
func everything(t *testing.T, logger *slog.Logger) {
	t.Helper()
	span, _ := telemetry.ParseTraceparent(example)
	ctx := telemetry.WithSpan(t.Context(), span)
	time.Sleep(1234567 * time.Nanosecond)
	logger = logger.With("module", "cart")
	logger.InfoContext(ctx, "request", telemetry.HTTPRequestMethod, "GET", telemetry.HTTPRoute, "/carts/{id}", telemetry.URLPath, "/carts/c7",
		telemetry.HTTPResponseStatusCode, 200, telemetry.DurationMS, 1.25, telemetry.HTTPResponseBodySize, 512, telemetry.ClientAddress, "192.0.2.7", telemetry.UserID, "anna")
	logger.With("paid", true).ErrorContext(ctx, "payment lost", "error", errors.New("two\nlines with password=made-up"), "causes", []string{"*errors.errorString"})
	logger.WithGroup("order").With("id", 7).WarnContext(ctx, "order is late", "by", time.Second, slog.Group("total", "amount", 1250, "currency", "EUR"), "token", "made-up")
	logger.DebugContext(ctx, "values", "text", "quote \" and \x1b", "largest", uint64(math.MaxUint64), "infinite", math.Inf(1), "nothing", nil, "no", false,
		"list", []any{1, "a", nil}, "map", map[string]int{"a": 1}, "at", time.Unix(0, 5))
	names := []any{
		"time", "a", "level", "b", "msg", "c", "service", "d", "trace_id", "e", "span_id", "f", "id", "g", "message", "h", "@timestamp", "i",
		"log.level", "j", "service.name", "k", "user", "l", "version", "m", "host", "n", "short_message", "o", "with space/and more", "p", "", "q",
		slog.Group("client", "name", "r"), slog.Group("trace", "kind", "s"),
	}
	logger.InfoContext(ctx, "names", names...)
	logger.WithGroup("service").InfoContext(ctx, "group of that name", "name", "forged")
	logger.Log(ctx, slog.LevelInfo+1, "")
}

// A golden per profile: what searches and dashboards hold on to.
func TestProfile_golden(t *testing.T) {
	t.Parallel()
	for _, p := range profiles {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				everything(t, telemetry.NewLogger(&out, "shop", telemetry.LogConfig{Profile: p, Level: slog.LevelDebug}, nil))
				golden(t, filepath.Join("testdata", string(p)+".ndjson"), out.Bytes())
			})
		})
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if os.Getenv("SLIPWAY_UPDATE") != "" {
		if err := os.WriteFile(file, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("lines:\n%swant as in %s (SLIPWAY_UPDATE=1 writes it anew):\n%s", got, file, want)
	}
}

func TestProfile_isJSONWithoutDuplicates(t *testing.T) {
	t.Parallel()
	for _, p := range profiles {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			everything(t, telemetry.NewLogger(&out, "shop", telemetry.LogConfig{Profile: p, Level: slog.LevelDebug}, nil))
			for line := range strings.Lines(out.String()) {
				if names := namesOf(t, line); len(names) == 0 {
					t.Errorf("no fields in %s", line)
				}
				if strings.Contains(line, "made-up") {
					t.Errorf("a secret in %s", line)
				}
			}
		})
	}
}

// namesOf returns the names at the top of the line, and fails if one stands there twice.
func namesOf(t fataler, line string) map[string]json.RawMessage {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(line))
	if _, err := d.Token(); err != nil {
		t.Fatalf("line %q: %v", line, err)
	}
	names := map[string]json.RawMessage{}
	for d.More() {
		name, err := d.Token()
		var value json.RawMessage
		if err = errors.Join(err, d.Decode(&value)); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		if names[fmt.Sprint(name)] != nil {
			t.Fatalf("line %q has %v twice", line, name)
		}
		names[fmt.Sprint(name)] = value
	}
	return names
}

// Graylog takes texts and numbers, under names of letters, digits, _ and -.
func TestProfile_gelfIsFlat(t *testing.T) {
	t.Parallel()
	name := regexp.MustCompile(`^(version|host|short_message|full_message|level|timestamp|_[\w-]*)$`)
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		logger := telemetry.NewLogger(&out, "shop", telemetry.LogConfig{Profile: telemetry.GELF}, nil)
		key := rapid.String().Draw(t, "key")
		value := rapid.OneOf(rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Float64().AsAny(), rapid.SliceOf(rapid.String()).AsAny(),
			rapid.MapOf(rapid.String(), rapid.Float64()).AsAny(), rapid.Just[any](nil)).Draw(t, "value")
		logger.WithGroup(rapid.String().Draw(t, "group")).Info(rapid.String().Draw(t, "msg"), key, value) //nolint:sloglint // whatever somebody may do
		names := namesOf(t, out.String())
		for n, v := range names {
			if !name.MatchString(n) || n == "_id" || v[0] != '"' && v[0] != '-' && (v[0] < '0' || v[0] > '9') {
				t.Fatalf("field %q: %s in %s", n, v, out.String())
			}
		}
		if len(names["short_message"]) <= len(`""`) {
			t.Fatalf("no short_message in %s", out.String())
		}
	})
}
