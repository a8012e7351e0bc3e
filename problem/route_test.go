package problem_test

import (
	"strings"
	"testing"

	"github.com/slipway-go/slipway/problem"
)

func TestNoRoute_RepeatsThePathSafely(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/carts/7":                         `nothing here answers GET "/carts/7"`,
		"/a\r\nX: \x1b[31m":                `nothing here answers GET "/a\r\nX: \x1b[31m"`,
		"/\u202egpj.exe":                   `nothing here answers GET "/\u202egpj.exe"`,
		"/\xff":                            `nothing here answers GET "/�"`,
		`/"quoted"`:                        `nothing here answers GET "/\"quoted\""`,
		"/" + strings.Repeat("long/", 200): `nothing here answers GET "/` + strings.Repeat("long/", 39) + `l…"`,
	} {
		e := problem.NoRoute("GET", path)
		if e.Status() != 404 || e.Code() != "no_route" || e.Detail() != want {
			t.Errorf("NoRoute(%q) = %d %s\n got %s\nwant %s", path, e.Status(), e.Code(), e.Detail(), want)
		}
	}
}

func TestNotAllowed(t *testing.T) {
	t.Parallel()
	e := problem.NotAllowed("PATCH", "GET", "HEAD", "POST")
	if got, want := e.Headers().Get("Allow"), "GET, HEAD, POST"; got != want {
		t.Errorf("Allow is %q, want %q", got, want)
	}
	if got, want := e.Detail(), "PATCH is not possible here; this address takes GET, HEAD, POST"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := problem.NotAllowed(strings.Repeat("X", 999)); len(got.Detail()) > 60 || got.Headers().Values("Allow") == nil {
		t.Errorf("got %q and Allow %q, want a short text and an empty header", got.Detail(), got.Headers().Values("Allow"))
	}
}
