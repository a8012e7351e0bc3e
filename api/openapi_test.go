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

	t.Run("describes what a mounted route takes and answers", func(t *testing.T) {
		t.Parallel()
		c := api.Module("scans")
		type form struct {
			Note string `json:"note,omitempty" maxLength:"9"`
			Scan string `json:"scan" format:"binary"`
		}
		api.Handler(c, "POST /scans/{shelf}/{name...}", public, "Send a scan").Takes(api.Form[form]()).Answers(201, api.JSON[book]())
		api.Handler(c, "GET /scans/{name}", public, "See a scan").Answers(200, api.Bytes("image/*")).
			Or(304, "You have it").Or(410, "It is gone")
		api.Handler(c, "DELETE /scans/{name}", public, "Drop a scan").Answers(204, api.Nothing())
		doc := describe(t, c)
		send, see := doc.Paths["/scans/{shelf}/{name}"]["post"], doc.Paths["/scans/{name}"]["get"]
		if got := send.names(); !slices.Equal(got, []string{"path shelf", "path name"}) {
			t.Errorf("parameters = %v", got)
		}
		fields := doc.Components.Schemas["scans.Form"].Properties
		if ref := send.RequestBody.Content["multipart/form-data"].Schema.Ref; ref != "#/components/schemas/scans.Form" || fields["scan"].Format != "binary" || fields["note"] == nil {
			t.Errorf("the form is %q with %+v, want a page to offer a file", ref, fields)
		}
		if ref := send.Responses["201"].Content["application/json"].Schema.Ref; ref != "#/components/schemas/scans.Book" || send.Responses["200"].Description != "" {
			t.Errorf("the answer is %q of %+v, want a book with 201 and no 200", ref, send.Responses)
		}
		if got := see.Responses["200"].Content["image/*"].Schema; got.Format != "binary" {
			t.Errorf("the image is %+v, want bytes", got)
		}
		if drop := doc.Paths["/scans/{name}"]["delete"]; drop.Responses["204"].Description != "Drop a scan" || drop.Responses["204"].Content != nil {
			t.Errorf("204 is %+v, want no body", drop.Responses)
		}
		if got := see.Responses["304"]; got.Description != "You have it" || len(got.Content) > 0 {
			t.Errorf("304 is %+v, want words and no body", got)
		}
		if got := see.Responses["410"]; got.Description != "It is gone" || got.Content["application/problem+json"].Schema.Ref == "" {
			t.Errorf("410 is %+v, want a problem", got)
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
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	Summary    string `json:"summary"`
	Parameters []struct {
		In   string `json:"in"`
		Name string `json:"name"`
	} `json:"parameters"`
	RequestBody content            `json:"requestBody"`
	Responses   map[string]content `json:"responses"`
}

type content struct {
	Description string `json:"description"`
	Content     map[string]struct {
		Schema schema `json:"schema"`
	} `json:"content"`
}

type schema struct {
	Ref        string             `json:"$ref"`
	Format     string             `json:"format"`
	Properties map[string]*schema `json:"properties"`
}

func (o operation) names() []string {
	var all []string
	for _, p := range o.Parameters {
		all = append(all, p.In+" "+p.Name)
	}
	return all
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
