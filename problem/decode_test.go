package problem_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/problem"
)

func TestDecode_NoProblem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ contentType, body string }{
		"Nothing":     {"", ""},
		"Page":        {"text/html", "<h1>secret stack trace</h1>"},
		"PlainJSON":   {"application/json", `{"detail":"secret stack trace","code":"secret"}`},
		"Garbage":     {problem.ContentType, "\x00\xff{{{secret"},
		"Cut":         {problem.ContentType, `{"detail":"secret`},
		"WrongTypes":  {problem.ContentType, `{"detail":["secret"],"code":7}`},
		"Array":       {problem.ContentType, `["secret"]`},
		"TooLong":     {problem.ContentType, `{"detail":"secret","x":"` + strings.Repeat("x", 256<<10) + `"}`},
		"TwoOfThem":   {problem.ContentType, `{"detail":"secret"}{"detail":"secret"}`},
		"BadMimeType": {"application/problem+json; =", `{"detail":"secret"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := problem.Decode(418, http.Header{"Content-Type": {c.contentType}}, []byte(c.body))
			if e.Status() != 418 || e.Code() != "i_m_a_teapot" {
				t.Errorf("got %d %s, want the status kept", e.Status(), e.Code())
			}
			if got, want := e.Error(), "the neighbour answered with status 418 and no explanation"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestDecode_NoError(t *testing.T) {
	t.Parallel()
	for _, status := range []int{-1, 0, 99, 101, 200, 204, 302, 399, 600, 999, 1 << 30} {
		e := problem.Decode(status, nil, nil)
		if e.Status() != 502 || e.Code() != "bad_gateway" {
			t.Errorf("Decode(%d) = %d %s, want 502 bad_gateway", status, e.Status(), e.Code())
		}
	}
}

func TestDecode_TakesTheStatusOfTheAnswer(t *testing.T) {
	t.Parallel()
	e := problem.Decode(403, problemHeader(), []byte(`{"status":200,"title":"OK","detail":"no"}`))
	if e.Status() != 403 || e.Code() != "forbidden" || e.Detail() != "no" {
		t.Errorf("got %d %s %q, want 403 forbidden", e.Status(), e.Code(), e.Detail())
	}
}

func TestDecode_KeepsLittle(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 3000)
	h := problemHeader()
	h.Set("Set-Cookie", "session=stolen")
	h.Set("Allow", long)
	h.Set("Retry-After", "1\r\nX-Evil: 1")
	h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	e := problem.Decode(401, h, []byte(`{"detail":"`+long+`","code":"`+long+`","errors":[{"location":"`+long+`","message":"`+long+`"}]}`))

	if got, want := e.Headers(), (http.Header{"Www-Authenticate": {`Bearer error="invalid_token"`}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got headers %v, want %v", got, want)
	}
	if e.Code() != "unauthorized" {
		t.Errorf("got a code of %d bytes, want unauthorized", len(e.Code()))
	}
	if f := e.Fields()[0]; len(e.Detail()) > 1000 || len(f.Location) > 200 || len(f.Message) > 500 {
		t.Errorf("got texts of %d, %d and %d bytes", len(e.Detail()), len(f.Location), len(f.Message))
	}
}

// Whatever one module writes, its neighbour reads, however wild the texts.
func TestDecode_ReadsWhatWriteWrote(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		wrote := drawProblem(t)
		w := httptest.NewRecorder()
		problem.Write(w, wrote, rapid.StringMatching(`[0-9a-f]{0,32}`).Draw(t, "trace"))
		read := problem.Decode(w.Code, w.Header(), w.Body.Bytes())
		if got, want := read.Body(""), wrote.Body(""); !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v\nwant %+v", got, want)
		}
		if got, want := read.Headers(), wrote.Headers(); !reflect.DeepEqual(got, want) {
			t.Fatalf("got headers %v, want %v", got, want)
		}
	})
}

func drawProblem(t *rapid.T) *problem.Error {
	text := rapid.OneOf(rapid.String(), rapid.StringN(0, 2000, 8000))
	e := rapid.SampledFrom(kinds).Draw(t, "kind").make("%s", text.Draw(t, "detail"))
	if rapid.Bool().Draw(t, "coded") {
		e = e.WithCode(rapid.StringMatching(`[a-z][a-z0-9_]{0,63}`).Draw(t, "code"))
	}
	if rapid.Bool().Draw(t, "later") {
		e = e.WithHeader("Retry-After", rapid.StringMatching(`[1-9][0-9]{0,3}`).Draw(t, "seconds"))
	}
	for range rapid.IntRange(0, 60).Draw(t, "fields") {
		e = e.WithField(text.Draw(t, "location"), text.Draw(t, "message"))
	}
	return e
}

// FuzzDecode feeds a neighbour's lies; what is kept of them can be sent on.
func FuzzDecode(f *testing.F) {
	f.Add(404, problem.ContentType, []byte(`{"type":"about:blank","title":"Not Found","status":404,"detail":"no cart","code":"not_found"}`))
	f.Add(422, problem.ContentType+"; charset=utf-8", []byte(`{"errors":[{"location":"body","message":"\ud800"}],"code":"a\r\nb"}`))
	f.Add(500, "text/html", []byte("<h1>Oops</h1>"))
	f.Add(0, "", []byte(nil))
	f.Fuzz(func(t *testing.T, status int, contentType string, body []byte) {
		e := problem.Decode(status, http.Header{"Content-Type": {contentType}}, body)
		if e.Status() < 400 || e.Status() > 599 {
			t.Fatalf("got status %d, want that of an error", e.Status())
		}
		if len(e.Code()) > 64 || strings.ContainsAny(e.Code(), "\r\n\x00") || len(e.Error()) > 1000 || !utf8.ValidString(e.Error()) {
			t.Fatalf("got code %q and text %q", e.Code(), e.Error())
		}
		w := httptest.NewRecorder()
		problem.Write(w, e, "")
		again := httptest.NewRecorder()
		problem.Write(again, problem.Decode(w.Code, w.Header(), w.Body.Bytes()), "")
		if !bytes.Equal(w.Body.Bytes(), again.Body.Bytes()) {
			t.Fatalf("read and written again:\n%s\n%s", w.Body, again.Body)
		}
	})
}

func problemHeader() http.Header { return http.Header{"Content-Type": {problem.ContentType}} }
