package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	public := auth.Public("a test")

	t.Run("refuses a route that two modules declare", func(t *testing.T) {
		t.Parallel()
		one, two := api.Module("one"), api.Module("two")
		api.GET[api.Empty, book](one, "/things", public, "Get things")
		api.GET[api.Empty, book](two, "/things", public, "Get things")
		_, err := api.Document(api.Info{Title: "both", Version: "1"}, one, two)
		if err == nil || !strings.Contains(err.Error(), "GET /things is declared by two modules") {
			t.Errorf("Document() = %v, want the route in it", err)
		}
	})

	t.Run("joins the methods that two modules have on one path", func(t *testing.T) {
		t.Parallel()
		one, two := api.Module("one"), api.Module("two")
		api.GET[api.Empty, book](one, "/things", public, "Get things")
		api.PUT[addInput, book](two, "/things", public, "Put things")
		api.PATCH[addInput, book](two, "/things", public, "Change things")
		doc := describe(t, one, two)
		if got := doc.methods("/things"); !slices.Equal(got, []string{"get", "patch", "put"}) {
			t.Errorf("methods = %v", got)
		}
		for _, name := range []string{"one.Book", "two.Book", "two.NewBook", "Problem"} {
			if doc.Components.Schemas[name] == nil {
				t.Errorf("there is no schema %s; want each module's type under its own name", name)
			}
		}
	})

	t.Run("describes what an http.Handler serves, a subtree too", func(t *testing.T) {
		t.Parallel()
		c := api.Module("files")
		api.Handler(c, "GET /files/{path...}", public, "Read a file")
		api.Handler(c, "/tree/", public, "Look around")
		doc := describe(t, c)
		for path, summary := range map[string]string{"/files/{path}": "Read a file", "/tree/": "Look around"} {
			if got := doc.Paths[path]["get"].Summary; got != summary {
				t.Errorf("%s: summary = %q, want %q", path, got, summary)
			}
		}
	})

	t.Run("keeps to itself what is for services", func(t *testing.T) {
		t.Parallel()
		if got := describe(t, newShelf().contract).methods("/books/{id}"); !slices.Equal(got, []string{"get"}) {
			t.Errorf("methods = %v, want get alone: DELETE is for services", got)
		}
	})
}

// A description is what these tests read of an OpenAPI document.
type description struct {
	Paths map[string]map[string]struct {
		Summary string `json:"summary"`
	} `json:"paths"`
	Components struct {
		Schemas map[string]json.RawMessage `json:"schemas"`
	} `json:"components"`
}

func describe(t *testing.T, contracts ...*api.Contract) description {
	t.Helper()
	raw, err := api.Document(api.Info{Title: "a test", Version: "1"}, contracts...)
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d description) methods(path string) []string {
	var all []string
	for method := range d.Paths[path] {
		all = append(all, method)
	}
	slices.Sort(all)
	return all
}
