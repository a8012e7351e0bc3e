package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

// everything is an input with each kind of parameter that can be declared.
type everything struct {
	Name   string    `path:"name"`
	ID     uuid.UUID `path:"id"`
	Number int64     `path:"number"`
	Text   string    `query:"text"`
	Count  int       `query:"count" minimum:"1" default:"7"`
	Ratio  float64   `query:"ratio"`
	Flag   bool      `query:"flag"`
	List   []string  `query:"list"`
	Since  time.Time `query:"since"`
	Header string    `header:"X-Note"`
	Body   struct {
		Words []string       `json:"words"`
		Map   map[string]int `json:"map"`
		Big   int64          `json:"big"`
	}
}

// inProcess calls a server as a neighbour in the same process would.
type inProcess struct{ *api.Server }

func (c inProcess) ModuleName() string { return c.Contract().Name() }

func (c inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, r)
	return w.Result(), nil
}

type registrar struct{ server *api.Server }

func (r registrar) API() *api.Server { return r.server }

func drawEverything(t *rapid.T) everything {
	text := rapid.StringOf(rapid.Rune().Filter(func(c rune) bool { return c != 0 })) // U+0000 is refused everywhere
	in := everything{
		Name:   rapid.StringN(1, 20, -1).Filter(func(s string) bool { return s != "." && s != ".." && s != "/" && !strings.ContainsRune(s, 0) }).Draw(t, "name"),
		ID:     uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")),
		Number: rapid.Int64().Draw(t, "number"),
		Text:   text.Draw(t, "text"),
		Count:  rapid.IntRange(1, 1<<53).Draw(t, "count"),
		Ratio:  rapid.Float64().Draw(t, "ratio"),
		Flag:   rapid.Bool().Draw(t, "flag"),
		Header: rapid.StringMatching(`[!-~]([ -~]{0,20}[!-~])?`).Draw(t, "header"),
		Since:  time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "since"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")).UTC(),
	}
	if words := rapid.SliceOfN(rapid.StringMatching(`[^,\x00]{1,8}`), 0, 3).Draw(t, "list"); len(words) > 0 {
		in.List = words
	}
	in.Body.Words = rapid.SliceOf(text).Draw(t, "words")
	in.Body.Map = rapid.MapOf(text, rapid.Int()).Draw(t, "map")
	in.Body.Big = rapid.Int64().Draw(t, "big")
	return in
}

func TestCall_arrivesAsItWasSent(t *testing.T) {
	t.Parallel()
	c := api.Module("echo")
	op := api.POST[everything, api.Empty](c, "/{name}/{id}/x/{number}", auth.Public("a test"), "Take everything")
	server := api.NewServer(c, api.ServerConfig{})
	var got everything
	api.Handle(registrar{server}, op, func(_ context.Context, in everything) (api.Empty, error) {
		got = in
		return api.Empty{}, nil
	})
	if err := server.Err(); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		in := drawEverything(t)
		got = everything{}
		if _, err := api.Call(t.Context(), inProcess{server}, op, in); err != nil {
			t.Fatalf("Call(%+v) = %v", in, err)
		}
		if !reflect.DeepEqual(got, in) {
			t.Fatalf("got  %+v\nsent %+v", got, in)
		}
	})
}

func TestCall_refusesWhatAPathCannotCarry(t *testing.T) {
	t.Parallel()
	c := api.Module("echo")
	type named struct {
		Name string `path:"name"`
	}
	op := api.GET[named, api.Empty](c, "/things/{name}", auth.Public("a test"), "Get a thing")
	for _, name := range []string{"", ".", "..", "/"} {
		_, err := api.Call(t.Context(), inProcess{api.NewServer(c, api.ServerConfig{})}, op, named{name})
		if err == nil || !strings.Contains(err.Error(), "cannot be sent in a path") {
			t.Errorf("Call(%q) = %v", name, err)
		}
	}
}
