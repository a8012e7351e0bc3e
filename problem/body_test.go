package problem_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/problem"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	w.Header().Set("Cache-Control", "public")
	w.Header().Set("Content-Length", "12345")
	err := problem.Unprocessable("see <errors>").WithCode("bad_cart").WithField("body.quantity", "1 or more").WithHeader("Retry-After", "3")
	problem.Write(w, fmt.Errorf("add: %w", err), "4bf92f35")

	want := `{"type":"about:blank","title":"Unprocessable Entity","status":422,"detail":"see \u003cerrors\u003e",` +
		`"code":"bad_cart","trace_id":"4bf92f35","errors":[{"location":"body.quantity","message":"1 or more"}]}`
	if got := w.Body.String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if w.Code != 422 {
		t.Errorf("got status %d, want 422", w.Code)
	}
	for key, want := range map[string]string{
		"Content-Type": "application/problem+json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
		"Retry-After": "3", "Content-Length": strconv.Itoa(len(want)),
	} {
		if got := w.Header().Get(key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestWrite_LeavesTheHeadersOfASharedProblemAlone(t *testing.T) {
	t.Parallel()
	shared := problem.TooManyRequests("slow down").WithHeader("Retry-After", "3")
	w := httptest.NewRecorder()
	problem.Write(w, shared, "")
	w.Header()["Retry-After"][0] = "changed"
	if got := shared.Headers().Get("Retry-After"); got != "3" {
		t.Errorf("got %q, want 3", got)
	}
}

func TestWrite_NoBodyCarriesTheCause(t *testing.T) {
	t.Parallel()
	const canary = "canary: password=hunter2"
	for _, k := range kinds {
		for _, err := range []error{
			k.make("for people").Wrap(errors.New(canary)),
			fmt.Errorf(canary+": %w", k.make("for people")),
		} {
			if body := written(err); strings.Contains(body, "canary") {
				t.Errorf("%d: the body carries the cause: %s", k.status, body)
			}
		}
	}
	if body := written(errors.New(canary)); strings.Contains(body, "canary") {
		t.Errorf("the body carries the error: %s", body)
	}
}

func TestWrite_InternalDetailStaysInside(t *testing.T) {
	t.Parallel()
	err := problem.Internal("canary").WithField("canary", "canary").WithCode("owner_not_checked")
	body := written(err)
	if strings.Contains(body, "canary") {
		t.Errorf("the body carries the detail: %s", body)
	}
	if want := `"code":"owner_not_checked"`; !strings.Contains(body, want) {
		t.Errorf("got %s, want it to keep %s", body, want)
	}
	if got := err.Error(); got != "canary" {
		t.Errorf("the log gets %q, want the detail", got)
	}
}

func TestBody_EveryStatusHasATitle(t *testing.T) {
	t.Parallel()
	for status := 400; status < 600; status++ {
		b := problem.Decode(status, nil, nil).Body("")
		if b.Title == "" || b.Code == "" || b.Status != status || strings.ContainsAny(b.Code, " '-") {
			t.Errorf("got %+v for status %d", b, status)
		}
	}
	if got := problem.Decode(499, nil, nil).Body("").Title; got != "Client Closed Request" {
		t.Errorf("499 is titled %q", got)
	}
	if got := problem.Decode(418, nil, nil).Code(); got != "i_m_a_teapot" {
		t.Errorf("418 has the code %q", got)
	}
}

func TestBody_ContentType(t *testing.T) {
	t.Parallel()
	if got := (problem.Body{}).ContentType("application/json"); got != problem.ContentType {
		t.Errorf("got %q, want %q", got, problem.ContentType)
	}
}

func written(err error) string {
	w := httptest.NewRecorder()
	problem.Write(w, err, "")
	return w.Body.String()
}

func BenchmarkWrite(b *testing.B) {
	err := problem.NotFound("there is no cart %s", "c7").WithHeader("Retry-After", "1")
	w := &sink{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		problem.Write(w, err, "4bf92f3577b34da6a3ce929d0e0e4736")
	}
}

func BenchmarkDecode(b *testing.B) {
	body, err := json.Marshal(problem.NotFound("there is no cart c7").WithField("path.id", "unknown").Body("4bf92f35"))
	if err != nil {
		b.Fatal(err)
	}
	header := http.Header{"Content-Type": {problem.ContentType}}
	b.ReportAllocs()
	for b.Loop() {
		_ = problem.Decode(404, header, body)
	}
}

// A sink is a response writer that keeps nothing.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}
