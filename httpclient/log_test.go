package httpclient_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/telemetry"
)

// madeUp is a secret that may reach no line.
const madeUp = "made-up-canary-7f3a"

// logged makes a call and returns its lines.
func logged(t *testing.T, level slog.Level, n http.RoundTripper, r *http.Request, layers ...httpclient.Layer) []map[string]any {
	t.Helper()
	var out bytes.Buffer
	logger := telemetry.NewLogger(&out, "shop", telemetry.LogConfig{Level: level}, &telemetry.Redactor{})
	layers = append(layers, httpclient.Log(httpclient.LogConfig{Logger: logger, Target: "cart"}))
	do(httpclient.Chain(n, layers...), r)
	if strings.Contains(out.String(), madeUp) {
		t.Errorf("the log tells a secret: %s", out.String())
	}
	var lines []map[string]any
	for line := range strings.Lines(out.String()) {
		var v map[string]any
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatalf("line %q: %v", line, err)
		}
		lines = append(lines, v)
	}
	return lines
}

func one(t *testing.T, lines []map[string]any) map[string]any {
	t.Helper()
	if len(lines) != 1 {
		t.Fatalf("%d lines, want 1: %v", len(lines), lines)
	}
	return lines[0]
}

func TestLog_Line(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		span := telemetry.NewSpanContext()
		slow := func(r *http.Request) (*http.Response, error) {
			time.Sleep(1500 * time.Microsecond)
			return status(http.StatusConflict)(r)
		}
		ctx := httpclient.WithRoute(telemetry.WithSpan(t.Context(), span), "GET /carts/{id}")
		got := one(t, logged(t, slog.LevelInfo, newNeighbour(slow), request(ctx, t, http.MethodGet, "")))
		for key, want := range map[string]any{
			"level": "INFO", "msg": "neighbour called", "service": "shop", "trace_id": span.TraceIDString(), "span_id": span.SpanIDString(),
			"target": "cart", "url.template": "/carts/{id}", "url.path": "/carts/c7", "http.request.method": "GET", "http.response.status_code": 409.0, "duration_ms": 1.5, "attempt": 1.0,
		} {
			if got[key] != want {
				t.Errorf("%s = %v, want %v", key, got[key], want)
			}
		}
		for _, key := range []string{"error", "url.query", "request_headers", "request_body", "response_body"} {
			if _, ok := got[key]; ok {
				t.Errorf("a call that works has %s in its line", key)
			}
		}
	})
}

func TestLog_OneLineForEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNeighbour(fails(errRefused), status(http.StatusServiceUnavailable), status(http.StatusOK))
		ctx := telemetry.WithSpan(t.Context(), telemetry.NewSpanContext())
		lines := logged(t, slog.LevelInfo, n, request(ctx, t, http.MethodGet, ""), httpclient.Retry(httpclient.RetryConfig{}), httpclient.Trace("cart"))
		if len(lines) != 3 {
			t.Fatalf("%d lines, want 3", len(lines))
		}
		for i, level := range []string{"WARN", "WARN", "INFO"} {
			if lines[i]["attempt"] != float64(i+1) || lines[i]["level"] != level {
				t.Errorf("line %d is of attempt %v at level %v, want %s", i, lines[i]["attempt"], lines[i]["level"], level)
			}
		}
		if lines[0]["trace_id"] != lines[1]["trace_id"] || lines[0]["span_id"] == lines[1]["span_id"] {
			t.Errorf("spans %v and %v", lines[0]["span_id"], lines[1]["span_id"])
		}
	})
}

// secretive sends a secret in every place that a request has, and answers with more.
func secretive(t *testing.T, code int) (*neighbour, *http.Request) {
	t.Helper()
	n := newNeighbour(func(r *http.Request) (*http.Response, error) {
		resp := answer(r, code, `{"status":"kept","access_token":"`+madeUp+`","user":{"password":"`+madeUp+`"}}`)
		resp.Header.Set("Set-Cookie", "session="+madeUp)
		resp.Header.Set("X-Api-Key", madeUp)
		return resp, nil
	})
	r := request(t.Context(), t, http.MethodPost, `{"amount":5,"password":"`+madeUp+`","nested":[{"client_secret":"`+madeUp+`"}]}`)
	r.URL.RawQuery = "access_token=" + madeUp
	r.Header.Set("Authorization", "Bearer "+madeUp)
	r.Header.Set("Cookie", "session="+madeUp)
	r.Header.Set("Idempotency-Key", madeUp)
	return n, r
}

func TestLog_Exchange(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		level slog.Level
		code  int
		shown bool
	}{
		"IsHiddenWhenItWorked":   {slog.LevelInfo, http.StatusOK, false},
		"IsHiddenOnARefusal":     {slog.LevelInfo, http.StatusUnprocessableEntity, false},
		"IsShownOnAFailure":      {slog.LevelInfo, http.StatusInternalServerError, true},
		"IsShownAtLevelDebug":    {slog.LevelDebug, http.StatusOK, true},
		"IsHiddenBelowTheLevel":  {slog.LevelError, http.StatusOK, false},
		"IsHiddenWithTheFailure": {slog.LevelError, http.StatusInternalServerError, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, r := secretive(t, tt.code)
			lines := logged(t, tt.level, n, r)
			if tt.level == slog.LevelError {
				if len(lines) != 0 {
					t.Errorf("%d lines, want none", len(lines))
				}
				return
			}
			got := one(t, lines)
			request, _ := got["request_body"].(string)
			response, _ := got["response_body"].(string)
			if shown := strings.Contains(request, `"amount":5`) && strings.Contains(response, `"status":"kept"`); shown != tt.shown {
				t.Errorf("bodies %q and %q, want shown %t", request, response, tt.shown)
			}
		})
	}

	t.Run("IsStillThereForTheCaller", func(t *testing.T) {
		t.Parallel()
		n := newNeighbour(status(http.StatusInternalServerError))
		got := do(httpclient.Chain(n, named("cart")), request(t.Context(), t, http.MethodPost, `{"n":1}`))
		if got.body != `{"ok":true}` || n.sent[0] != `{"n":1}` {
			t.Errorf("sent %q, answered %q", n.sent[0], got.body)
		}
	})

	t.Run("NamesTheTokenOnly", func(t *testing.T) {
		t.Parallel()
		n, r := secretive(t, http.StatusInternalServerError)
		headers, _ := one(t, logged(t, slog.LevelInfo, n, r))["request_headers"].(map[string]any)
		if id := (&telemetry.Redactor{}).TokenID(madeUp); !strings.Contains(toJSON(t, headers), id) {
			t.Errorf("headers %v do not name the token as %s", headers, id)
		}
	})
}

func TestLog_Bodies(t *testing.T) {
	t.Parallel()

	large := `{"password":"` + madeUp + `","padding":"` + strings.Repeat("x", 5000) + `"}`
	body := func(contentType, body string, length int64) step {
		return func(r *http.Request) (*http.Response, error) {
			resp := answer(r, http.StatusInternalServerError, body)
			resp.Header.Set("Content-Type", contentType)
			resp.ContentLength = length
			return resp, nil
		}
	}
	for name, tt := range map[string]struct {
		step step
		want string
	}{
		"LeavesALargeOneOut":        {body("application/json", large, int64(len(large))), "[5047 bytes]"},
		"LeavesOutOneOfUnknownSize": {body("application/json", large, -1), "[more than 4096 bytes]"},
		"LeavesOutWhatIsNoJSON":     {body("text/plain", madeUp, int64(len(madeUp))), "[19 bytes]"},
		"LeavesAStreamAlone":        {body("text/event-stream", madeUp, -1), "[not shown]"},
		"IsEmptyWhenThereIsNone":    {body("application/json", "", 0), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := one(t, logged(t, slog.LevelInfo, newNeighbour(tt.step), request(t.Context(), t, http.MethodGet, "")))
			if got["response_body"] != tt.want {
				t.Errorf("body %q, want %q", got["response_body"], tt.want)
			}
		})
	}

	t.Run("LeavesOutWhatBreaksOff", func(t *testing.T) {
		t.Parallel()
		breaksOff := func(r *http.Request) (*http.Response, error) {
			resp := answer(r, http.StatusInternalServerError, "")
			resp.ContentLength = -1
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"password":"`+madeUp), failing{io.ErrUnexpectedEOF}))
			return resp, nil
		}
		got := one(t, logged(t, slog.LevelInfo, newNeighbour(breaksOff), request(t.Context(), t, http.MethodGet, "")))
		if got["response_body"] != "[32 bytes, then it broke off]" {
			t.Errorf("body %q", got["response_body"])
		}
		if r := get(t, httpclient.Chain(newNeighbour(breaksOff), named("cart"))); !errors.Is(r.err, io.ErrUnexpectedEOF) || !strings.HasPrefix(r.body, `{"password"`) {
			t.Errorf("the caller gets %+v, want what came and the error", r)
		}
	})

	t.Run("LeavesOutARequestThatCannotBeReadTwice", func(t *testing.T) {
		t.Parallel()
		r := request(t.Context(), t, http.MethodPost, `{"n":1}`)
		r.GetBody = nil
		got := one(t, logged(t, slog.LevelInfo, newNeighbour(fails(errReset)), r))
		if got["request_body"] != "[7 bytes]" {
			t.Errorf("body %q", got["request_body"])
		}
		if !strings.Contains(toJSON(t, got), "connection reset") {
			t.Errorf("line %v does not say what happened", got)
		}
	})

	t.Run("LeavesOutALargeRequest", func(t *testing.T) {
		t.Parallel()
		got := one(t, logged(t, slog.LevelInfo, newNeighbour(fails(errReset)), request(t.Context(), t, http.MethodPost, large)))
		if got["request_body"] != "[5047 bytes]" {
			t.Errorf("body %q", got["request_body"])
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func toJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What a neighbour says may be anything, whatever its type says: the line stays a line, and
// the caller gets what was sent.
func TestLog_BodiesThatAreNotWhatTheirTypeSays(t *testing.T) {
	t.Parallel()
	packed := func(body string, cut int) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = io.WriteString(w, body)
		_ = w.Close()
		return b.String()[:b.Len()-cut]
	}
	secret := `{"password":"` + madeUp + `","n":1}`
	for name, tt := range map[string]struct {
		header http.Header
		body   string
		want   string
	}{
		"binary as JSON":        {http.Header{"Content-Type": {"application/json"}}, "\x00\xff\x1b[31m" + madeUp, "[26 bytes that are no JSON]"},
		"half of it":            {http.Header{"Content-Type": {"application/json"}}, secret[:30], "[30 bytes that are no JSON]"},
		"two values":            {http.Header{"Content-Type": {"application/json"}}, secret + secret, "[80 bytes that are no JSON]"},
		"JSON as a form":        {http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, secret, ""},
		"a type that is none":   {http.Header{"Content-Type": {";;"}}, secret, "[40 bytes]"},
		"no type":               {nil, secret, "[40 bytes]"},
		"packed for the caller": {http.Header{"Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}, packed(secret, 0), ""},
		"nothing but depth":     {http.Header{"Content-Type": {"application/json"}}, strings.Repeat("[", 4000), "[4000 bytes that are no JSON]"},
		"no UTF-8 in a text":    {http.Header{"Content-Type": {"application/json"}}, "{\"a\":\"\xff\\u2028\"}", "{\"a\":\"\ufffd\\u2028\"}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			says := func(r *http.Request) (*http.Response, error) {
				resp := answer(r, http.StatusInternalServerError, tt.body)
				resp.Header, resp.ContentLength = tt.header.Clone(), int64(len(tt.body))
				return resp, nil
			}
			got := one(t, logged(t, slog.LevelInfo, newNeighbour(says), request(t.Context(), t, http.MethodGet, "")))
			if shown, _ := got["response_body"].(string); tt.want != "" && shown != tt.want {
				t.Errorf("body %q, want %q", shown, tt.want)
			}
			if r := get(t, httpclient.Chain(newNeighbour(says), named("cart"))); r.body != tt.body {
				t.Errorf("the caller gets %q, want %q", r.body, tt.body)
			}
		})
	}

	t.Run("packed by a server that dies", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, packed(secret, 10))
		}))
		defer server.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/carts/c7?limit=20&access_token="+madeUp, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		got := one(t, logged(t, slog.LevelInfo, server.Client().Transport, r))
		if shown, _ := got["response_body"].(string); !strings.HasSuffix(shown, "bytes, then it broke off]") {
			t.Errorf("body %q", shown)
		}
		if got["url.query"] != "limit=20&access_token=[redacted]" {
			t.Errorf("query %q", got["url.query"])
		}
	})
}
