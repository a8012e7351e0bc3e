package eventdocs_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/eventdocs"
)

func get(t *testing.T, document []byte, path string) *httptest.ResponseRecorder {
	t.Helper()
	h, err := eventdocs.Handler("/docs/events/", document)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody))
	return w
}

func port(t *testing.T) []byte {
	t.Helper()
	b, err := os.ReadFile("../testdata/port.asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandler(t *testing.T) {
	t.Parallel()
	page := get(t, port(t), "/docs/events/")
	html := page.Body.String()

	t.Run("shows every event", func(t *testing.T) {
		t.Parallel()
		for _, want := range []string{
			`<article id="customs.cleared.v1"`, `<article id="harbour.ship.arrived.v1"`, `<article id="harbour.ship.arrived.v2"`,
			"A ship lies at its berth &amp; may be unloaded.", "<dd>the arrival&#39;s id.</dd>", "<dd>customs, pilots</dd>", "<dd>nobody</dd>",
		} {
			if !strings.Contains(html, want) {
				t.Errorf("the page lacks %s", want)
			}
		}
	})

	t.Run("shows every field, with those inside", func(t *testing.T) {
		t.Parallel()
		for _, want := range []string{
			"<code>id</code></th><td>string, uuid</td><td>yes</td><td>The arrival&#39;s id.</td>",
			"<code>pilot</code></th><td>string or null</td><td>yes</td>",
			"<code>berth</code></th><td>string: north, south</td><td>no</td>",
			"<code>tugs</code></th><td>list of harbour.Ship or null</td>", "<code>tugs[].name</code></th><td>string</td><td>yes</td>",
			"<code>papers</code></th><td>map to harbour.Ship</td>", "<code>papers.*.name</code>", "<code>due.amount</code></th><td>integer, int64</td>",
		} {
			if !strings.Contains(html, want) {
				t.Errorf("the page lacks %s\n%s", want, html)
			}
		}
	})

	t.Run("asks nobody else and runs nothing", func(t *testing.T) {
		t.Parallel()
		if policy := page.Header().Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; style-src 'self';") {
			t.Errorf("policy = %q", policy)
		}
		if got := regexp.MustCompile(`https?://|<script|style=|onclick`).FindString(html); got != "" {
			t.Errorf("the page has %s", got)
		}
	})

	t.Run("has a style sheet and nothing else", func(t *testing.T) {
		t.Parallel()
		if css := get(t, port(t), "/docs/events/events.css"); css.Code != http.StatusOK || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") {
			t.Errorf("status = %d, type %s", css.Code, css.Header().Get("Content-Type"))
		}
		if other := get(t, port(t), "/docs/events/page.html"); other.Code != http.StatusNotFound {
			t.Errorf("status = %d, want 404", other.Code)
		}
	})
}

type chain struct {
	Link  string `json:"link"`
	Inner *chain `json:"inner,omitempty"`
}

type forge struct{}

func (forge) ModuleName() string { return "forge" }

func TestHandler_edges(t *testing.T) {
	t.Parallel()

	t.Run("ends at a type that holds itself", func(t *testing.T) {
		t.Parallel()
		made := events.Define[chain](forge{}, "made", 1, "A chain was made.")
		document, err := events.Document(events.Info{Title: "forge"}, events.Channel{Definition: made.Declared()})
		if err != nil {
			t.Fatal(err)
		}
		html := get(t, document, "/docs/events/").Body.String()
		if !strings.Contains(html, "<code>inner</code></th><td>forge.Chain</td>") || strings.Contains(html, "inner.link") {
			t.Errorf("page = %s", html)
		}
	})

	t.Run("says that there is no event", func(t *testing.T) {
		t.Parallel()
		document, err := events.Document(events.Info{Title: "quiet"})
		if err != nil {
			t.Fatal(err)
		}
		if html := get(t, document, "/docs/events/").Body.String(); !strings.Contains(html, "No module of this product emits an event.") {
			t.Errorf("page = %s", html)
		}
	})

	t.Run("refuses what is no description", func(t *testing.T) {
		t.Parallel()
		if _, err := eventdocs.Handler("/docs/events/", []byte("[]")); err == nil {
			t.Error("Handler() = nil, want an error")
		}
	})
}
