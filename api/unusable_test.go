package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/auth/authtest"
)

type letterInput struct {
	Name string   `path:"name"`
	Find string   `query:"find"`
	Sort []string `query:"sort"`
	Many []string `query:"many,explode"`
	Mark string   `header:"X-Mark"`
	Body letter
}

type letter struct {
	Text  string            `json:"text,omitempty"`
	Lines []string          `json:"lines,omitempty"`
	Words map[string]string `json:"words,omitempty"`
	Tags  []string          `json:"tags,omitempty" uniqueItems:"true"`
}

// letters serves a route that takes every text, and notes what reached it.
func letters(t *testing.T) (send func(target, mark, body string) reply, reached *[]letterInput) {
	t.Helper()
	c := api.Module("letters")
	op := api.POST[letterInput, api.Empty](c, "/letters/{name}", auth.Public("a test"), "Write a letter")
	w := &world{Server: api.NewServer(c, api.ServerConfig{Authenticator: authtest.NewIssuer().Verifier()})}
	reached = &[]letterInput{}
	api.Handle(w, op, func(_ context.Context, in letterInput) (api.Empty, error) {
		*reached = append(*reached, in)
		return api.Empty{}, nil
	})
	if err := w.Err(); err != nil {
		t.Fatal(err)
	}
	return func(target, mark, body string) reply {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Mark", mark)
		return w.answer(t, r)
	}, reached
}

// No handler has to think of what PostgreSQL cannot store.
func TestServer_RefusesTextThatCannotBeStored(t *testing.T) {
	t.Parallel()
	send, reached := letters(t)
	for name, c := range map[string]struct{ target, mark, body, location string }{
		"NULInPath":        {"/letters/a%00b", "", `{}`, "path.name"},
		"NULInQuery":       {"/letters/a?find=%00", "", `{}`, "query.find"},
		"NULInHeader":      {"/letters/a", "\x00", `{}`, "header.X-Mark"},
		"NULInText":        {"/letters/a", "", `{"text":"a\u0000b"}`, "body.text"},
		"NULInList":        {"/letters/a", "", `{"lines":["a","\u0000"]}`, "body.lines[1]"},
		"NULInMap":         {"/letters/a", "", `{"words":{"a":"\\\u0000"}}`, "body.words.a"},
		"NULInName":        {"/letters/a", "", `{"words":{"\u0000":"a"}}`, "body.words"},
		"BytesInPath":      {"/letters/%ff", "", `{}`, "path.name"},
		"BytesInQuery":     {"/letters/a?find=%c3%28", "", `{}`, "query.find"},
		"BytesInHeader":    {"/letters/a", "\xff", `{}`, "header.X-Mark"},
		"BytesInText":      {"/letters/a", "", "{\"text\":\"\xff\"}", "body"},
		"ParameterTwice":   {"/letters/a?find=x&find=y", "", `{}`, "query.find"},
		"EscapedNameTwice": {"/letters/a?find=x&f%69nd=y", "", `{}`, "query.find"},
		"UniqueObjects":    {"/letters/a", "", `{"tags":[{},{}]}`, "body"},
		"UniqueLists":      {"/letters/a", "", `{"tags":["a",[]]}`, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			got := send(c.target, c.mark, c.body)
			if got.Code != 422 || got.problem.Code != "validation_failed" || got.problem.Status != 422 || len(got.problem.Errors) != 1 || got.problem.Errors[0].Location != c.location {
				t.Errorf("answer = %d %s, want a 422 that names %s", got.Code, got.Body, c.location)
			}
		})
	}
	if len(*reached) > 0 {
		t.Errorf("the handler got %+v", *reached)
	}
}

func TestServer_RefusesAQueryThatCannotBeRead(t *testing.T) {
	t.Parallel()
	send, _ := letters(t)
	for _, query := range []string{"find=%zz", "%zz=find", "find=%", "x=1&find=%f"} {
		if got := send("/letters/a?"+query, "", `{}`); got.Code != 400 || got.problem.Code != "malformed_query" {
			t.Errorf("%s: answer = %d %s, want 400 malformed_query", query, got.Code, got.Body)
		}
	}
}

func TestServer_TakesTextThatOnlyLooksLikeIt(t *testing.T) {
	t.Parallel()
	send, reached := letters(t)
	got := send("/letters/%E2%82%AC?find=%2500&sort=a,a&many=a&many=b", "x", `{"text":"\\u0000","lines":["€","\ufffd"],"tags":["a","b"]}`)
	if got.Code != 204 || len(*reached) != 1 {
		t.Fatalf("answer = %d %s, want 204", got.Code, got.Body)
	}
	in := (*reached)[0]
	if in.Name != "€" || in.Find != "%00" || len(in.Many) != 2 || in.Body.Text != `\u0000` || in.Body.Lines[1] != "\ufffd" {
		t.Errorf("the handler got %+v", in)
	}
}

type brokenOff struct{}

func (brokenOff) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestServer_SaysOnTheStatusLineWhatTheProblemSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/books", io.NopCloser(brokenOff{}))
	r.Header.Set("Authorization", "Bearer "+w.token(t, "anna", "shelf:write"))
	if got := w.answer(t, r); got.Code != 400 || got.problem.Status != 400 || got.problem.Code != "body_incomplete" {
		t.Errorf("answer = %d %s, want 400 body_incomplete", got.Code, got.Body)
	}
}

// BenchmarkServer is the way of a request through a route, without a network.
func BenchmarkServer(b *testing.B) {
	c := api.Module("letters")
	op := api.POST[letterInput, api.Empty](c, "/letters/{name}", auth.Public("a test"), "Write a letter")
	w := &world{Server: api.NewServer(c, api.ServerConfig{Authenticator: authtest.NewIssuer().Verifier()})}
	api.Handle(w, op, func(context.Context, letterInput) (api.Empty, error) { return api.Empty{}, nil })
	body := `{"text":"` + strings.Repeat("a letter ", 20) + `","lines":["one","two"]}`
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/letters/anna?find=anything", http.NoBody)
	r.Header.Set("Content-Type", "application/json")
	b.ReportAllocs()
	for b.Loop() {
		r.Body = io.NopCloser(strings.NewReader(body))
		out := httptest.ResponseRecorder{}
		w.ServeHTTP(&out, r)
		if out.Code != http.StatusNoContent {
			b.Fatal(out.Code)
		}
	}
}
