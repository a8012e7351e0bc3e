package logtext_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/logtext"
)

func render(t interface {
	Helper()
	Fatal(args ...any)
}, in string, c logtext.Config,
) string {
	t.Helper()
	var out strings.Builder
	c.Zone = time.UTC
	if err := logtext.Render(strings.NewReader(in), &out, c); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// said logs what a shop may say, in a profile.
func said(t *testing.T, p telemetry.Profile) string {
	t.Helper()
	var out bytes.Buffer
	synctest.Test(t, func(t *testing.T) {
		logger := telemetry.NewLogger(&out, "shop", telemetry.LogConfig{Profile: p, Level: slog.LevelDebug}, nil)
		span, _ := telemetry.ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		ctx := telemetry.WithSpan(t.Context(), span)
		cart, sso := logger.With("module", "cart"), logger.With("module", "sso")
		logger.InfoContext(t.Context(), "ready", "addr", "127.0.0.1:8080", "modules", "cart, sso")
		cart.InfoContext(ctx, "request", telemetry.HTTPRequestMethod, "GET", telemetry.HTTPRoute, "/carts/{id}", telemetry.URLPath, "/carts/c7",
			telemetry.HTTPResponseStatusCode, 200, telemetry.DurationMS, 1.25, telemetry.UserID, "anna")
		cart.WarnContext(ctx, "neighbour called", telemetry.Target, "catalog", telemetry.HTTPRequestMethod, "POST", telemetry.URLTemplate, "/quotes",
			telemetry.DurationMS, 12, telemetry.Attempt, 2, telemetry.HTTPResponseStatusCode, 503, "request_body", `{"sku":"tea"}`, "response_body", "")
		cart.ErrorContext(ctx, "unexpected error", "error", errors.New("load cart: it broke\n\tat cart.go:7"), "causes", []string{"*pgconn.PgError"})
		sso.DebugContext(t.Context(), "looked", "at", "\x1b[31mred \u202e", "n", 7)
	})
	return out.String()
}

const shown = `00:00:00.000  INFO   shop  ready  addr=127.0.0.1:8080  modules="cart, sso"
00:00:00.000  INFO   shop/cart  request  GET /carts/c7 200 1.25ms  user.id=anna  trace=4bf92f35
00:00:00.000  WARN   shop/cart  neighbour called  catalog POST /quotes 503 12ms attempt 2  trace=4bf92f35
    request_body: {"sku":"tea"}
00:00:00.000  ERROR  shop/cart  unexpected error  causes=["*pgconn.PgError"]  trace=4bf92f35
    error: load cart: it broke
      	at cart.go:7
00:00:00.000  DEBUG  shop/sso  looked  at="\x1b[31mred \u202e"  n=7
`

func TestRender_everyProfileLooksTheSame(t *testing.T) {
	t.Parallel()
	for _, p := range []telemetry.Profile{telemetry.OTel, telemetry.ECS, telemetry.GELF} {
		t.Run(string(p), func(t *testing.T) {
			t.Parallel()
			got := render(t, said(t, p), logtext.Config{Level: slog.LevelDebug})
			if got != shown {
				t.Errorf("shown:\n%swant:\n%s", got, shown)
			}
		})
	}
}

func TestRender_shows(t *testing.T) {
	t.Parallel()
	all := said(t, telemetry.OTel)
	for name, tt := range map[string]struct {
		config  logtext.Config
		want    []string
		without []string
	}{
		"from a level on": {logtext.Config{Level: slog.LevelWarn}, []string{"unexpected error", "neighbour called"}, []string{"ready", "looked"}},
		"one module":      {logtext.Config{Level: slog.LevelDebug, Module: "sso"}, []string{"looked"}, []string{"ready", "request"}},
		"one trace":       {logtext.Config{Trace: "4bf92f35"}, []string{"request", "unexpected error"}, []string{"ready", "looked"}},
		"no other trace":  {logtext.Config{Trace: "aaaa"}, nil, []string{"request", "ready"}},
		"colours":         {logtext.Config{Color: true}, []string{"\x1b[31mERROR\x1b[0m", "\x1b[33mWARN "}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := render(t, all, tt.config)
			for _, w := range tt.want {
				if !strings.Contains(got, w) {
					t.Errorf("no %q in:\n%s", w, got)
				}
			}
			for _, w := range tt.without {
				if strings.Contains(got, w) {
					t.Errorf("%q in:\n%s", w, got)
				}
			}
		})
	}
}

func TestRender_passesOtherLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"panic: it broke\n\tgoroutine 1 [running]:\n": "panic: it broke\n\tgoroutine 1 [running]:\n",
		`{"n":1}` + "\n":                           `{"n":1}` + "\n",
		`{"msg":"half` + "\n":                      `{"msg":"half` + "\n",
		`{"level":"INFO","msg":"two"} more` + "\n": `{"level":"INFO","msg":"two"} more` + "\n",
		"without an end":                           "without an end\n",
		"\n":                                       "\n",
		"\x1b]0;owned\x07 \xff\r\n":                `\x1b]0;owned\a \xff` + "\n",
	} {
		if got := render(t, in, logtext.Config{Level: slog.LevelError, Module: "cart"}); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestRender_boundsWhatItShows(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 300<<10)
	got := render(t, `{"level":"INFO","msg":"said","text":"`+long+`"}`+"\n", logtext.Config{})
	if len(got) > 20<<10 || !strings.Contains(got, "[614400 bytes]") {
		t.Errorf("%d bytes are shown: %.200s", len(got), got)
	}
	if got := render(t, strings.Repeat("x", 3<<20)+"\nlast\n", logtext.Config{}); !strings.HasSuffix(got, "\nlast\n") {
		t.Errorf("what follows an endless line is lost")
	}
}

// A line that has come is shown at once, though the next one is not there yet.
func TestRender_doesNotWaitForMore(t *testing.T) {
	t.Parallel()
	in, w := io.Pipe()
	r, out := io.Pipe()
	go func() { _ = out.CloseWithError(logtext.Render(in, out, logtext.Config{})) }()
	if _, err := io.WriteString(w, "one\n"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if _, err := io.ReadFull(r, got); err != nil || string(got) != "one\n" {
		t.Errorf("got %q, %v", got, err)
	}
	_ = w.Close()
	if rest, err := io.ReadAll(r); err != nil || len(rest) != 0 {
		t.Errorf("rest %q, %v", rest, err)
	}
}

func TestRender_nothingSteersTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var out bytes.Buffer
		p := rapid.SampledFrom([]telemetry.Profile{telemetry.OTel, telemetry.ECS, telemetry.GELF}).Draw(t, "profile")
		logger := telemetry.NewLogger(&out, "shop", telemetry.LogConfig{Profile: p}, nil)
		text := rapid.String()
		logger.Info(text.Draw(t, "msg"), text.Draw(t, "key"), text.Draw(t, "value"), "error", text.Draw(t, "error"), "module", text.Draw(t, "module")) //nolint:sloglint // whatever somebody may do
		for _, in := range []string{out.String(), text.Draw(t, "no line")} {
			for _, r := range render(t, in, logtext.Config{}) {
				if r != '\n' && r != '\t' && !unicode.IsPrint(r) {
					t.Fatalf("%q has %q", in, r)
				}
			}
		}
	})
}
