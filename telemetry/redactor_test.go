package telemetry_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/telemetry"
)

const token = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl" //nolint:gosec // made up

func TestRedactor_String(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}
	for name, secret := range map[string]string{
		"a token":                   token,
		"a Bearer header":           "Bearer abcdefghij0123456789",
		"a basic header, any case":  "bAsIc dXNlcjpodW50ZXIyMg==",
		"a private key":             "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIG\n-----END PRIVATE KEY-----",
		"half a private key":        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIG",
		"a card number":             "4242424242424242",
		"a card number in groups":   "4242 4242 4242 4242",
		"a card number with dashes": "4242-4242-4242-4242",
	} {
		t.Run("hides "+name, func(t *testing.T) {
			t.Parallel()
			if got := r.String("before " + secret + " after"); strings.Contains(got, secret) || !strings.HasPrefix(got, "before ") {
				t.Errorf("String() = %s", got)
			}
		})
	}

	t.Run("hides the password of an address", func(t *testing.T) {
		t.Parallel()
		if got, want := r.String("postgres://shop:hunter2@db/shop"), "postgres://shop:[redacted]@db/shop"; got != want {
			t.Errorf("String() = %s, want %s", got, want)
		}
	})

	for _, harmless := range []string{"0198c0de-0000-7000-8000-000000000001", "order 1234567890123", "GET /carts/{id}", "2026-11-23T21:30:00Z"} {
		t.Run("leaves alone "+harmless, func(t *testing.T) {
			t.Parallel()
			if got := r.String(harmless); got != harmless {
				t.Errorf("String() = %s", got)
			}
		})
	}
}

func TestRedactor_Body(t *testing.T) {
	t.Parallel()
	r := &telemetry.Redactor{}

	t.Run("hides fields by name, however deep", func(t *testing.T) {
		t.Parallel()
		got := r.Body("application/json; charset=utf-8", []byte(`{"email":"a@b.c","password":"canary-1","card":{"number":"canary","cvv":"canary-2"},"list":[{"api_key":"canary-3","refreshToken":["canary-4"]}],"amount":12345678901234567}`))
		for _, secret := range []string{"canary-1", "canary-2", "canary-3", "canary-4"} {
			if strings.Contains(got, secret) {
				t.Errorf("Body() = %s, want no %s", got, secret)
			}
		}
		if !strings.Contains(got, "12345678901234567") || !strings.Contains(got, "a@b.c") {
			t.Errorf("Body() = %s, want the amount exact and the e-mail", got)
		}
	})

	t.Run("hides fields of a form", func(t *testing.T) {
		t.Parallel()
		got := r.Body("application/x-www-form-urlencoded", []byte("grant_type=password&client_secret=canary&scope=a"))
		if want := "client_secret=[redacted]&grant_type=password&scope=a"; got != want {
			t.Errorf("Body() = %s, want %s", got, want)
		}
	})

	t.Run("shows nothing of what it cannot read", func(t *testing.T) {
		t.Parallel()
		for contentType, body := range map[string]string{
			"application/json":         `{"password":"canary`,
			"text/plain":               "canary",
			"":                         "canary",
			"application/octet-stream": "canary",
			"application/json; x":      `"canary` + strings.Repeat("x", 5000) + `"`,
		} {
			if got := r.Body(contentType, []byte(body)); strings.Contains(got, "canary") {
				t.Errorf("Body(%q) = %s", contentType, got)
			}
		}
	})
}

func TestRedactor_Headers(t *testing.T) {
	t.Parallel()
	h := http.Header{"Authorization": {"Bearer " + token}, "Cookie": {"canary"}, "X-Anything": {"canary"}, "Content-Type": {"text/plain"}}
	got := (&telemetry.Redactor{}).Headers(h).String()
	if strings.Contains(got, "canary") || strings.Contains(got, token) || !strings.Contains(got, "text/plain") {
		t.Errorf("Headers() = %s", got)
	}
}

type order struct {
	ID       string `json:"id"`
	Card     string `json:"card" log:"mask"`
	Comment  string `json:"comment" log:"drop"`
	Customer string `json:"customer" log:"hash"`
	Password string `json:"password"`
}

func TestNewLogger(t *testing.T) {
	t.Parallel()

	t.Run("lets no canary out, whatever carries it", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			canary := "canary-" + rapid.StringMatching(`[a-z0-9]{6,20}`).Draw(t, "canary")
			name := rapid.SampledFrom([]string{"password", "client_secret", "Authorization", "access_token", "apiKey", "set-cookie"}).Draw(t, "name")
			out := &bytes.Buffer{}
			logger := telemetry.NewLogger(out, "test", telemetry.LogConfig{}, &telemetry.Redactor{})
			logger.Info("said", name, canary)
			logger.With(name, canary).Info("with")
			logger.WithGroup("g").Info("grouped", slog.Group("inner", slog.String(name, canary)))
			logger.Info("any", "payload", map[string]any{name: canary})
			logger.Info("bearer", "error", fmt.Errorf("refused: Bearer %s", canary))
			if strings.Contains(out.String(), canary) {
				t.Fatalf("log = %s", out)
			}
		})
	})

	t.Run("honours the tags of a struct", func(t *testing.T) {
		t.Parallel()
		out := &bytes.Buffer{}
		telemetry.NewLogger(out, "test", telemetry.LogConfig{}, &telemetry.Redactor{}).
			Info("order", "order", order{ID: "o1", Card: "canary-card-1234", Comment: "canary", Customer: "canary", Password: "canary"})
		if got := out.String(); strings.Contains(got, "canary") || !strings.Contains(got, "…1234") || !strings.Contains(got, `"o1"`) {
			t.Errorf("log = %s", got)
		}
	})

	t.Run("writes one line of JSON with service, module and trace", func(t *testing.T) {
		t.Parallel()
		out := &bytes.Buffer{}
		span := telemetry.NewSpanContext()
		telemetry.NewLogger(out, "shop", telemetry.LogConfig{}, &telemetry.Redactor{}).With("module", "cart").
			ErrorContext(telemetry.WithSpan(t.Context(), span), "failed", "error", errors.New("two\nlines"))
		var line struct{ Time, Level, Msg, Service, Module, TraceID, SpanID, Error string }
		if err := json.Unmarshal(bytes.ReplaceAll(bytes.ReplaceAll(out.Bytes(), []byte("trace_id"), []byte("traceid")), []byte("span_id"), []byte("spanid")), &line); err != nil {
			t.Fatal(err)
		}
		if line.Service != "shop" || line.Module != "cart" || line.TraceID != span.TraceIDString() || line.SpanID != span.SpanIDString() || line.Error != "two\nlines" || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("line = %s", out)
		}
	})
}

func FuzzRedactor(f *testing.F) {
	f.Add("Bearer x", []byte(`{"a":1}`))
	f.Fuzz(func(_ *testing.T, s string, b []byte) {
		r := &telemetry.Redactor{}
		_ = r.String(s)
		_ = r.Body("application/json", b)
		_ = r.Body("application/x-www-form-urlencoded", b)
	})
}
