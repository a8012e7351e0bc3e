package pages_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"github.com/slipway-go/slipway/modules/sso/internal/pages"
)

func get(t *testing.T, h http.Handler, address string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	w, r := httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if header != nil {
		r.Header = header
	}
	h.ServeHTTP(w, r)
	return w
}

// styleSheet is where a page of the set says that its style sheet is.
func styleSheet(t *testing.T, set *pages.Set) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := set.Write(w, http.StatusOK, pages.Message{Title: "Hello"}); err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`/sso/assets/[a-z.]+css\?v=[0-9a-f]+`).FindString(w.Body.String())
	if address == "" {
		t.Fatalf("the page names no style sheet:\n%s", w.Body)
	}
	return address
}

func TestSet_Assets(t *testing.T) {
	t.Parallel()
	set, err := pages.NewSet("Corner Shop")
	if err != nil {
		t.Fatal(err)
	}
	address := styleSheet(t, set)
	for name, c := range map[string]struct{ given, want string }{
		"are kept for long where a page says":              {address, "public, max-age=31536000, immutable"},
		"are asked for again without a digest":             {regexp.MustCompile(`\?.*`).ReplaceAllString(address, ""), "no-cache"},
		"are asked for again by the digest of another one": {regexp.MustCompile(`v=.*`).ReplaceAllString(address, "v=00000000"), "no-cache"},
		"are asked for again by somebody's own query":      {address + "&x=1", "no-cache"},
		"are kept by nobody where there are none":          {"/sso/assets/none.css?v=", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := get(t, set.Assets(), c.given, nil).Header().Get("Cache-Control"); got != c.want {
				t.Errorf("GET %s is answered with Cache-Control %q, want %q", c.given, got, c.want)
			}
		})
	}
	t.Run("are sent once to who asks again", func(t *testing.T) {
		t.Parallel()
		first := get(t, set.Assets(), address, nil)
		again := get(t, set.Assets(), address, http.Header{"If-None-Match": {first.Header().Get("ETag")}})
		if first.Code != http.StatusOK || again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("the answers are %d and then %d with %d bytes, want 200 and then 304 with none", first.Code, again.Code, again.Body.Len())
		}
	})
}
