package traces_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

func ask(t *testing.T, s *traces.Store, path, accept string) *httptest.ResponseRecorder {
	t.Helper()
	site := traces.Site{Path: "/debug/traces", Store: s}
	mux := http.NewServeMux()
	mux.Handle("GET /debug/traces", site.List())
	mux.Handle("GET /debug/traces/{id}", site.Trace())
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody)
	r.Header.Set("Accept", accept)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func wantPart(t *testing.T, w *httptest.ResponseRecorder, status int, contentType string, parts ...string) {
	t.Helper()
	if w.Code != status || !strings.HasPrefix(w.Header().Get("Content-Type"), contentType) {
		t.Errorf("answer = %d %s, want %d %s", w.Code, w.Header().Get("Content-Type"), status, contentType)
	}
	for _, part := range parts {
		if !strings.Contains(w.Body.String(), part) {
			t.Errorf("the answer lacks %s:\n%s", part, w.Body)
		}
	}
}

func TestSite_refuses(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	request(s, 1, 1, "")
	request(s, 2, 1, "")
	for path, want := range map[string]string{
		"/debug/traces/ff":                          "expected up to 32 hex digits",
		"/debug/traces/%3Cscript%3E":                "no trace is kept here",
		"/debug/traces/ab":                          "2 traces begin like this: ab00",
		"/debug/traces/row.html":                    "no trace is kept here",
		"/debug/traces?min=soon":                    "min=soon: expected a duration such as 250ms or 2s",
		"/debug/traces?failed=perhaps":              "failed=perhaps: expected true or false",
		"/debug/traces?sort=odd":                    "sort=odd: expected newest or slowest",
		"/debug/traces?limit=0":                     "limit=0: expected a number from 1 on",
		"/debug/traces?limit=999999999999999999999": "expected a number from 1 on",
	} {
		w := ask(t, s, path, browser)
		if w.Code < 400 || w.Code > 404 {
			t.Errorf("%s: status = %d, want a refusal", path, w.Code)
		}
		wantPart(t, w, w.Code, "application/problem+json", want)
	}
}

func TestSite_Trace(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	purchase(s)

	t.Run("is a page for browsers", func(t *testing.T) {
		t.Parallel()
		wantPart(t, ask(t, s, "/debug/traces/ab", browser), 200, "text/html",
			"<h1>POST /acquiring/v1/payments</h1>", `<span class="place">shop-cart</span>`, "× 3: an N&#43;1?", "failed: connection refused", "<dt>http.response.status_code</dt><dd>201</dd>",
			`<a href="/debug/traces/ab000000000000000000000000000007">`, `<td class="number">2</td><td class="number failed">1</td><td class="number">55.0 ms</td>`)
	})
	t.Run("is text for others", func(t *testing.T) {
		t.Parallel()
		wantPart(t, ask(t, s, "/debug/traces/ab?width=70", "*/*"), 200, "text/plain", narrow)
		wantPart(t, ask(t, s, "/debug/traces/ab?as=text&width=-5", browser), 200, "text/plain", "14 spans")
	})
	t.Run("is JSON for programs", func(t *testing.T) {
		t.Parallel()
		var got traces.Trace
		w := ask(t, s, "/debug/traces/ab", "application/json")
		wantPart(t, w, 200, "application/json")
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Spans != 14 {
			t.Errorf("%d spans, %v", got.Spans, err)
		}
	})
}

func TestSite_List(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	purchase(s)
	request(s, 2, 3, "broken")
	wantPart(t, ask(t, s, "/debug/traces", browser), 200, "text/html", `<a href="/debug/traces/ab000000000000000000000000000001">POST /acquiring/v1/payments</a>`, "shop-edge → shop-acquiring", "200 failed", "2 traces")
	wantPart(t, ask(t, s, "/debug/traces?route=payments&min=50&sort=slowest", browser), 200, "text/html", "1 trace", `value="payments"`, `value="slowest" selected`)
	wantPart(t, ask(t, s, "/debug/traces?failed=true", "application/json"), 200, "application/json", `{"traces":[{"trace_id":"ab000000000000000000000000000002","name":"GET /2"`)
	wantPart(t, ask(t, s, "/debug/traces?route=nowhere", "*/*"), 200, "text/plain", traces.NothingKept)
	wantPart(t, ask(t, s, "/debug/traces?route=nowhere", "application/json"), 200, "application/json", `{"traces":[]}`)
}

func TestSite_Page(t *testing.T) {
	t.Parallel()
	s := newStore(traces.Config{})
	hostile := work(at(1, 1, 0), telemetry.Client, `"><script>m`, `<script>alert(1)</script>`, 0, 1, sql(`' <script>`), target(`javascript:alert(1)`))
	hostile.Error = `<img src=x onerror=alert(1)>`
	s.Record([]telemetry.SpanData{hostile})

	for _, path := range []string{"/debug/traces", "/debug/traces/ab", "/debug/traces?route=%22%3E%3Cscript%3E"} {
		w := ask(t, s, path, browser)
		if got := regexp.MustCompile(`https?://|<script|<img|<[^>]+ (style|on[a-z]+)=`).FindString(w.Body.String()); got != "" {
			t.Errorf("%s has %s", path, got)
		}
		if policy := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self';") || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: policy = %q, cache %s", path, policy, w.Header().Get("Cache-Control"))
		}
	}
	if css := ask(t, s, "/debug/traces/traces.css", browser); css.Code != 200 || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style sheet: %d %s", css.Code, css.Header().Get("Content-Type"))
	}
}
