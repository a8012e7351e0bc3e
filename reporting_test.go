package slipway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry/sentry/sentrytest"
)

// Each defect is reported once, by the module where it happened, in one binary and in
// services.
func TestReports(t *testing.T) {
	t.Parallel()
	for name, oneBinary := range map[string]bool{"one binary": true, "services": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ingest, traces := sentrytest.New(t), map[string]string{}
			t.Cleanup(func() { checkReports(t, ingest.Reports(), traces) }) // once the processes have ended
			k := slipwaytest.Deploy(t, slipwaytest.Deployment{OneBinary: oneBinary, Settings: map[string]string{
				"SENTRY_DSN": ingest.DSN(), "SENTRY_RELEASE": "v7", "CALL_TIMEOUT": "1s", "CALL_ATTEMPT_TIMEOUT": "1s",
			}}, library()...)
			reader, operator := k.As("reader"), k.User("operator", "kit:inspect")

			slipwaytest.Do(reader, readBook, titleInput{"Emma"}).Want(200)
			slipwaytest.Do(reader, readBook, titleInput{"missing"}).Want(404)
			reader.JSON("GET", "/desk/"+strings.Repeat("x", 51), "").Want(422)
			reader.JSON("POST", "/debug/fail", "").Want(403)
			k.JSON("POST", "/debug/fail", "").Want(401)
			traces["shelf canary"] = traceOf(t, slipwaytest.Do(reader, readBook, titleInput{"broken"}).Want(500).Raw)
			traces["desk call shelf"] = traceOf(t, slipwaytest.Do(reader, readBook, titleInput{"slow"}).Want(504).Raw)
			traces["kit this is a drill"] = traceOf(t, operator.JSON("POST", "/debug/fail", "").Want(500).Raw)
		})
	}
}

func traceOf(t *testing.T, body []byte) string {
	t.Helper()
	var p struct {
		TraceID string `json:"trace_id"`
	}
	if err := json.Unmarshal(body, &p); err != nil || p.TraceID == "" {
		t.Fatalf("no trace_id in %s", body)
	}
	return p.TraceID
}

// checkReports wants one report for each trace, by the module and with the text.
func checkReports(t *testing.T, got []sentrytest.Report, traces map[string]string) {
	t.Helper()
	if len(got) != len(traces) {
		t.Errorf("%d reports, want %d", len(got), len(traces))
	}
	for _, r := range got {
		said := r.Tags["module"] + " " + r.Error().Value
		expected := slices.DeleteFunc(slices.Sorted(maps.Keys(traces)), func(want string) bool { return !strings.HasPrefix(said, want) })
		if len(expected) != 1 {
			t.Errorf("a report that nobody expects: %s: %s", said, r.Raw)
			continue
		}
		if trace := fmt.Sprint(r.Contexts["trace"]["trace_id"]); trace != traces[expected[0]] {
			t.Errorf("%s: the trace is %q, want %q, which the client was told", said, trace, traces[expected[0]])
		}
		if r.Release != "v7" || r.Environment != "test" || r.Tags["route"] == "" || r.User["id"] == nil || r.Request.Method == "" {
			t.Errorf("%s: something is missing: %s", said, r.Raw)
		}
		delete(traces, expected[0])
	}
}

// Whatever Sentry does, the service serves, and counts what Sentry does not take.
func TestReports_withoutSentry(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(*sentrytest.Ingest)
		reason string
	}{
		"asked for too much": {func(i *sentrytest.Ingest) { i.Answer(sentrytest.Status(429, "Retry-After", "60")) }, "rate_limited"},
		"down":               {func(i *sentrytest.Ingest) { i.Answer(sentrytest.Status(503)) }, "rejected"},
		"hanging":            {func(i *sentrytest.Ingest) { i.Answer(i.Hang) }, "stopped"},
		"not there":          {(*sentrytest.Ingest).Refuse, "unreachable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ingest, issuer := sentrytest.New(t), authtest.NewIssuer()
			c.answer(ingest)
			app := started(t, slipway.Overrides{SSO: issuer}, map[string]string{"SSO_ISSUER": authtest.URL, "SENTRY_DSN": ingest.DSN()}, library()...)
			operator := issuer.Mint(authtest.User("operator", "kit:inspect"))
			began := time.Now()
			for range 5 {
				if got := request(t, app, "POST /debug/fail", operator).Code; got != http.StatusInternalServerError {
					t.Errorf("POST /debug/fail: %d, want 500", got)
				}
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("5 failures took %s, want them answered at once", took)
			}
			if c.reason == "stopped" {
				_ = app.Close() // what hangs ends with the process at the latest
			}
			want := fmt.Sprintf(`slipway_telemetry_dropped_total{module="kit",reason=%q,signal="reports"} 5`, c.reason)
			for began := time.Now(); !slices.Contains(seriesOf(t, app, operator), want); time.Sleep(time.Millisecond) { // the sender tells nobody else
				if time.Since(began) > 10*time.Second {
					t.Fatalf("no %s", want)
				}
			}
		})
	}
}

func request(t *testing.T, app *slipway.App, pattern, token string) *httptest.ResponseRecorder {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	r := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	app.Handler().ServeHTTP(w, r)
	return w
}

// Without a DSN there is no client: nothing to count, and the log has the report.
func TestReports_unset(t *testing.T) {
	t.Parallel()
	issuer, log := authtest.NewIssuer(), &lines{}
	app := started(t, slipway.Overrides{SSO: issuer, Stdout: log}, map[string]string{"SSO_ISSUER": authtest.URL}, library()...)
	operator := issuer.Mint(authtest.User("operator", "kit:inspect"))
	request(t, app, "POST /debug/fail", operator)
	for _, s := range seriesOf(t, app, operator) {
		if strings.Contains(s, `signal="reports"`) {
			t.Errorf("there is a client: %s", s)
		}
	}
	if got := strings.Count(log.String(), `"msg":"unexpected error"`); got != 1 {
		t.Errorf("%d lines report the error, want 1", got)
	}
}

func TestReports_refusesAWrongDSN(t *testing.T) {
	t.Parallel()
	_, err := slipway.NewWith(config.New(map[string]string{"SENTRY_DSN": "https://canary@sentry.example.com"}), slipway.Overrides{}, library()...)
	if err == nil || !strings.Contains(err.Error(), "SENTRY_DSN") || !strings.Contains(err.Error(), "project is missing") || strings.Contains(err.Error(), "canary") {
		t.Errorf("New() = %v, want an error that says what is wrong with SENTRY_DSN, without its value", err)
	}
}

// A failure of background work ends the process, which reports it before.
func TestReports_background(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		work func(context.Context) error
		kind string
		text string
	}{
		"an error": {func(context.Context) error { return errors.New("it broke") }, "*errors.errorString", "background work sweeper/sweep: it broke"},
		"a panic":  {func(context.Context) error { panic("boom") }, "panic", "background work sweeper/sweep: panic: boom at reporting_test.go:"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ingest := sentrytest.New(t)
			sweeper := slipway.NewModule(api.Module("sweeper"), func(m *slipway.Setup, _ struct{}) error {
				m.Background("sweep", c.work)
				return nil
			})
			app, err := slipway.NewWith(config.New(map[string]string{
				"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "test", "SLIPWAY_ADDR": "127.0.0.1:0", "SENTRY_DSN": ingest.DSN(),
			}), slipway.Overrides{Stdout: &lines{}, SSO: authtest.NewIssuer()}, sweeper)
			if err != nil {
				t.Fatal(err)
			}
			if err := app.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "background work sweeper/sweep") {
				t.Errorf("Run() = %v, want the failure", err)
			}
			got := ingest.Reports()
			if len(got) != 1 || got[0].Tags["module"] != "sweeper" || got[0].Error().Type != c.kind || !strings.HasPrefix(got[0].Error().Value, c.text) {
				t.Errorf("reports %+v, want one of %s by sweeper", got, c.kind)
			}
		})
	}
}
