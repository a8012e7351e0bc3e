package golden_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/golden"
)

// spy is a test of another name that keeps what is said.
type spy struct {
	testing.TB
	name string
	said []string
}

func (s *spy) Name() string { return s.name }

func (s *spy) Errorf(format string, args ...any) {
	s.said = append(s.said, fmt.Sprintf(format, args...))
}

// exchange is one that works; change makes another of it.
func exchange(change func(e *golden.Exchange)) golden.Exchange {
	e := golden.Exchange{
		Request: golden.Request{
			Caller: "user anna as customer", Method: "POST", URL: &url.URL{Path: "/carts", RawQuery: "dry=true"}, Host: "kit",
			Header: http.Header{"Content-Type": {"application/json"}, "Idempotency-Key": {"k1"}}, Body: []byte(`{"sku":"TEA"}`),
		},
		Response: golden.Response{
			Status: 201, Header: http.Header{"Content-Type": {"application/json"}, "Location": {"/carts/7"}}, Body: []byte(`{"id":7,"sku":"TEA"}`),
		},
	}
	if change != nil {
		change(&e)
	}
	return e
}

// files are of a new folder, whatever the environment says.
func files(t *testing.T, update string) *golden.Files {
	t.Helper()
	t.Setenv("SLIPWAY_UPDATE", update)
	t.Setenv("CI", "")
	return &golden.Files{Dir: filepath.Join(t.TempDir(), "golden")}
}

// again are the same files in another run.
func again(t *testing.T, f *golden.Files) *golden.Files {
	t.Helper()
	t.Setenv("SLIPWAY_UPDATE", "")
	return &golden.Files{Dir: f.Dir}
}

// said is what a test of that name says when it uses the files.
func said(t *testing.T, f *golden.Files, name string, exchanges ...golden.Exchange) string {
	t.Helper()
	s := &spy{TB: t, name: name}
	for _, e := range exchanges {
		f.Exchange(s, name, e)
	}
	return strings.Join(s.said, "\n")
}

func mustSay(t *testing.T, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("said:\n%s\nwant in it: %s", got, want)
		}
	}
}

func mustPass(t *testing.T, got string) {
	t.Helper()
	if got != "" {
		t.Errorf("said:\n%s\nwant nothing", got)
	}
}

func TestFiles_Exchange_missing(t *testing.T) {
	f := files(t, "")
	mustSay(t, said(t, f, "TestBuy/twice", exchange(nil)), "TestBuy/twice.txt is missing",
		"SLIPWAY_UPDATE=1 go test ./slipwaytest/internal/golden -run '^TestBuy$'", "+ POST /carts?dry=true")
	if _, err := os.Stat(f.Dir); err == nil {
		t.Error("the file was written without SLIPWAY_UPDATE=1")
	}
}

func TestFiles_Exchange_differs(t *testing.T) {
	for name, tt := range map[string]struct {
		change func(e *golden.Exchange)
		want   string
	}{
		"a field more":          {func(e *golden.Exchange) { e.Response.Body = []byte(`{"id":7,"sku":"TEA","cost":3}`) }, "+   \"cost\": 3\n"},
		"a field less":          {func(e *golden.Exchange) { e.Response.Body = []byte(`{"id":7}`) }, "-   \"sku\": \"TEA\"\n"},
		"another value":         {func(e *golden.Exchange) { e.Response.Body = []byte(`{"id":7,"sku":"Tea"}`) }, "+   \"sku\": \"Tea\"\n"},
		"another writing":       {func(e *golden.Exchange) { e.Response.Body = []byte(`{"id":7.0,"sku":"TEA"}`) }, "+   \"id\": 7.0,\n"},
		"another order of keys": {func(e *golden.Exchange) { e.Response.Body = []byte(`{"sku":"TEA","id":7}`) }, "+   \"id\": 7\n"},
		"another status":        {func(e *golden.Exchange) { e.Response.Status = 200 }, "- 201 Created\n+ 200 OK\n"},
		"another header":        {func(e *golden.Exchange) { e.Response.Header.Set("Location", "/carts/8") }, "+ Location: /carts/8\n"},
		"a header more":         {func(e *golden.Exchange) { e.Response.Header.Set("Retry-After", "3") }, "+ Retry-After: 3\n"},
		"a header less":         {func(e *golden.Exchange) { e.Response.Header.Del("Location") }, "- Location: /carts/7\n"},
		"another caller":        {func(e *golden.Exchange) { e.Request.Caller = "anonymous" }, "+ Caller: anonymous\n"},
		"another key":           {func(e *golden.Exchange) { e.Request.Header.Set("Idempotency-Key", "k2") }, "+ Idempotency-Key: k2\n"},
		"another path":          {func(e *golden.Exchange) { e.Request.URL = &url.URL{Path: "/carts"} }, "+ POST /carts\n"},
		"another request":       {func(e *golden.Exchange) { e.Request.Body = []byte(`{"sku":"POT"}`) }, "+   \"sku\": \"POT\"\n"},
		"no answer":             {func(e *golden.Exchange) { e.Response.Body = nil }, "-   \"id\": 7,\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := files(t, "1")
			mustPass(t, said(t, f, "TestBuy", exchange(nil)))
			f = again(t, f)
			mustSay(t, said(t, f, "TestBuy", exchange(tt.change)), "this run (+) differs from the golden file "+filepath.Join(f.Dir, "TestBuy.txt"), tt.want,
				"SLIPWAY_UPDATE=1 go test ./slipwaytest/internal/golden -run '^TestBuy$'")
		})
	}
}

func TestFiles_Exchange_isTheSame(t *testing.T) {
	f := files(t, "1")
	mustPass(t, said(t, f, "TestBuy", exchange(nil)))
	f = again(t, f)
	mustPass(t, said(t, f, "TestBuy", exchange(func(e *golden.Exchange) {
		e.Response.Body = []byte("{\n \"id\" :7, \"sku\":\"\\u0054EA\"}\n") // another writing of the same
		e.Response.Header.Set("Date", "today")
	})))

	t.Run("where git writes CRLF", func(t *testing.T) {
		path := filepath.Join(f.Dir, "TestBuy.txt")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		mustPass(t, said(t, again(t, f), "TestBuy", exchange(nil)))
	})
}

func TestFiles_Exchange_isNumbered(t *testing.T) {
	f := files(t, "1")
	other := exchange(func(e *golden.Exchange) { e.Response.Status = 409 })
	for range 2 { // as with -count=2
		t.Run("run", func(t *testing.T) { mustPass(t, said(t, f, "TestBuy", exchange(nil), other)) })
	}
	f = again(t, f)
	mustSay(t, said(t, f, "TestBuy", exchange(nil), exchange(nil)), "TestBuy.2.txt", "- 409 Conflict\n+ 201 Created\n")
}

func TestFiles_Exchange_twoUses(t *testing.T) {
	f := files(t, "1")
	other := exchange(func(e *golden.Exchange) { e.Response.Status = 409 })
	one, two := &spy{TB: t, name: "TestBuy/one_binary"}, &spy{TB: t, name: "TestBuy/services"}
	f.Exchange(one, "TestBuy", exchange(nil))
	f.Exchange(two, "TestBuy", other)
	mustPass(t, strings.Join(one.said, ""))
	mustSay(t, strings.Join(two.said, ""), "two uses in this run that differ, by TestBuy/one_binary (-) and by TestBuy/services (+)", "- 201 Created\n+ 409 Conflict\n")

	t.Run("that differ by case", func(t *testing.T) {
		f := files(t, "1")
		mustPass(t, said(t, f, "TestBuy/a", exchange(nil)))
		mustSay(t, said(t, f, "TestBuy/A", exchange(nil)), "rename one of the tests")
	})
}

func TestFiles_update(t *testing.T) {
	t.Run("is refused in CI", func(t *testing.T) {
		f := files(t, "1")
		t.Setenv("CI", "true")
		mustSay(t, said(t, f, "TestBuy", exchange(nil)), "SLIPWAY_UPDATE=1 with CI=true")
		if _, err := os.Stat(f.Dir); err == nil {
			t.Error("the file was written")
		}
	})

	t.Run("knows 1 and nothing else", func(t *testing.T) {
		mustSay(t, said(t, files(t, "yes"), "TestBuy", exchange(nil)), `SLIPWAY_UPDATE="yes": set it to 1`)
	})
}

func TestFiles_Text(t *testing.T) {
	f := files(t, "1")
	f.Text(t, "access.txt", []byte("a\nb\n"))
	f = again(t, f)
	s := &spy{TB: t, name: "TestAccess"}
	f.Text(s, "access.txt", []byte("a\nb"))
	mustSay(t, strings.Join(s.said, ""), "- b\n+ b (without a newline)\n", "-run '^TestAccess$'")
	again(t, f).Text(t, "access.txt", []byte("a\nb\n"))
}

func TestFiles_names(t *testing.T) {
	f := files(t, "1")
	long := strings.Repeat("x", 400)
	for name, want := range map[string]string{
		"TestBuy/a:b":           "TestBuy/a%3Ab.txt",
		"TestBuy/a%3Ab":         "TestBuy/a%253Ab.txt",
		"TestBuy/..":            "TestBuy/%2E%2E.txt",
		"TestBuy/a/":            "TestBuy/a/%.txt",
		"TestBuy/x.2":           "TestBuy/x%2E2.txt",
		"TestBuy/con":           "TestBuy/%63on.txt",
		"TestBuy/größe#01":      "TestBuy/größe#01.txt",
		"TestBuy/\x80":          "TestBuy/%80.txt",
		"TestBuy/\ufffd":        "TestBuy/%EF%BF%BD.txt",
		"TestBuy/" + long:       "TestBuy/xxxxxxxx*.txt",
		"TestBuy/" + long + "y": "TestBuy/xxxxxxxx*.txt",
	} {
		mustPass(t, said(t, f, name, exchange(func(e *golden.Exchange) { e.Request.Caller = fmt.Sprintf("%q", name) })))
		if found, err := filepath.Glob(filepath.Join(f.Dir, want)); err != nil || len(found) == 0 {
			t.Errorf("the file of %q: found %v, %v, want %s", name, found, err, want)
		}
	}
}

func TestFiles_Judged(t *testing.T) {
	judge := func(before, now []byte) error {
		if len(now) < len(before) {
			return fmt.Errorf("%s is less than %s", now, before)
		}
		return nil
	}
	say := func(f *golden.Files, got string) string {
		s := &spy{TB: t, name: "TestA"}
		f.Judged(s, "a.txt", []byte(got), judge)
		return strings.Join(s.said, "\n")
	}
	f := files(t, "1")
	if f.Has("a.txt") {
		t.Error("Has() = true before the first write")
	}
	mustPass(t, say(f, "one"))
	if !f.Has("a.txt") {
		t.Error("Has() = false")
	}

	mustSay(t, say(again(t, f), "more"), "SLIPWAY_UPDATE=1") // a difference that is allowed
	mustSay(t, say(again(t, f), "1"), "a.txt", "not allowed", "1 is less than one")

	f = &golden.Files{Dir: f.Dir}
	t.Setenv("SLIPWAY_UPDATE", "1")
	mustSay(t, say(f, "1"), "1 is less than one")
	mustPass(t, say(again(t, f), "one")) // it was not written

	f = &golden.Files{Dir: f.Dir}
	t.Setenv("SLIPWAY_UPDATE", "1")
	mustPass(t, say(f, "more"))
	mustPass(t, say(again(t, f), "more"))
}
