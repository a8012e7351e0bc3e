package traces

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slipway-go/slipway/problem"
)

//go:embed list.html trace.html row.html traces.css
var files embed.FS

const (
	styles = "traces.css"
	policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

// A Site is where the traces of a store are looked at.
type Site struct {
	// Path is that of the list; each trace is below it: /debug/traces.
	Path string
	// Store has the traces.
	Store *Store
	// Fail answers with a problem. Default: [problem.Write].
	Fail func(w http.ResponseWriter, r *http.Request, err error)
}

// List serves the list, and [Site.Trace] one of them, for a pattern that ends with {id}:
// as a page, as JSON, or else as text, as the header Accept asks or the parameter "as":
// html, json, text.
//
// The list takes route, a part of the name; failed=true; min, a duration such as 100ms;
// sort=slowest; limit. Text takes width, in columns.
func (s Site) List() http.Handler { return s.handler(s.list) }

// Trace serves one; see [Site.List].
func (s Site) Trace() http.Handler { return s.handler(s.one) }

func (s Site) handler(serve func(w http.ResponseWriter, r *http.Request) error) http.Handler {
	if s.Fail == nil {
		s.Fail = func(w http.ResponseWriter, _ *http.Request, err error) { problem.Write(w, err, "") }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Vary", "Accept")
		if err := serve(w, r); err != nil {
			s.Fail(w, r, err)
		}
	})
}

func (s Site) list(w http.ResponseWriter, r *http.Request) error {
	f, err := filterOf(r.URL.Query())
	if err != nil {
		return err
	}
	rows := s.Store.List(f)
	switch formOf(r) {
	case asHTML:
		return render(w, "list.html", listPage{Path: s.Path, Query: r.URL.Query(), Rows: rows})
	case asJSON:
		return writeJSON(w, List{rows})
	}
	return writeText(w, func(b *bytes.Buffer) error { return textOf(r).WriteList(b, rows) })
}

// A List is the list in JSON.
type List struct {
	Traces []Header `json:"traces"`
}

func (s Site) one(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if id == styles {
		http.ServeFileFS(w, r, files, styles)
		return nil
	}
	t, err := s.Store.Find(id)
	if err != nil {
		return s.told(id, err)
	}
	switch formOf(r) {
	case asHTML:
		return render(w, "trace.html", newPage(s.Path, t))
	case asJSON:
		return writeJSON(w, t)
	}
	return writeText(w, func(b *bytes.Buffer) error { return textOf(r).Write(b, t) })
}

// told says what to do about an identifier that leads nowhere.
func (s Site) told(id string, err error) error {
	const most = 40
	if ambiguous, ok := errors.AsType[*AmbiguousError](err); ok {
		return problem.BadRequest("%s…: %s; give more digits", clip(id, most), ambiguous)
	}
	return problem.NotFound("no trace is kept here whose id is, or begins with, %q: expected up to 32 hex digits, as in trace_id of a problem or of a line of the log; "+
		"%s lists those that are kept, and the oldest go first", clip(id, most), s.Path)
}

func filterOf(q url.Values) (f Filter, err error) {
	const usual = 50
	f = Filter{Route: strings.TrimSpace(q.Get("route")), Limit: usual}
	if f.Failed, err = truth(q.Get("failed")); err != nil {
		return f, problem.BadRequest("failed=%s: expected true or false", clip(q.Get("failed"), maxShown))
	}
	if f.Min, err = duration(q.Get("min")); err != nil {
		return f, problem.BadRequest("min=%s: expected a duration such as 250ms or 2s", clip(q.Get("min"), maxShown))
	}
	switch sort := q.Get("sort"); sort {
	case "", "newest":
	case "slowest":
		f.Slowest = true
	default:
		return f, problem.BadRequest("sort=%s: expected newest or slowest", clip(sort, maxShown))
	}
	if q.Has("limit") {
		if f.Limit, err = strconv.Atoi(q.Get("limit")); err != nil || f.Limit < 1 {
			return f, problem.BadRequest("limit=%s: expected a number from 1 on", clip(q.Get("limit"), maxShown))
		}
	}
	return f, nil
}

const maxShown = 40

func truth(text string) (bool, error) {
	if text == "" {
		return false, nil
	}
	return strconv.ParseBool(text) //nolint:wrapcheck // the caller says it better
}

// duration takes a bare number for milliseconds.
func duration(text string) (time.Duration, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, nil
	}
	if ms, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Duration(ms * float64(time.Millisecond)), nil
	}
	return time.ParseDuration(strings.ReplaceAll(text, " ", "")) //nolint:wrapcheck // likewise
}

// A form is how an answer is written.
type form int

const (
	asText form = iota
	asHTML
	asJSON
)

func formOf(r *http.Request) form {
	switch as := r.URL.Query().Get("as"); as {
	case "html":
		return asHTML
	case "json":
		return asJSON
	case "text":
		return asText
	}
	accept := r.Header.Get("Accept")
	switch {
	case strings.Contains(accept, "text/html"):
		return asHTML
	case strings.Contains(accept, "json"):
		return asJSON
	}
	return asText
}

func textOf(r *http.Request) Text {
	const widest = 500
	width, _ := strconv.Atoi(r.URL.Query().Get("width")) // what is none is the usual one
	return Text{Width: min(width, widest)}
}

// writeText writes nothing before all is there, so that a failure is one.
func writeText(w http.ResponseWriter, write func(*bytes.Buffer) error) error {
	return send(w, "text/plain; charset=utf-8", write)
}

func writeJSON(w http.ResponseWriter, v any) error {
	return send(w, "application/json", func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(v) })
}

func render(w http.ResponseWriter, name string, page any) error {
	t, err := template.ParseFS(files, name, "row.html")
	if err != nil {
		return fmt.Errorf("parse the page of traces: %w", err)
	}
	return send(w, "text/html; charset=utf-8", func(b *bytes.Buffer) error { return t.ExecuteTemplate(b, name, page) })
}

func send(w http.ResponseWriter, contentType string, write func(*bytes.Buffer) error) error {
	b := &bytes.Buffer{}
	if err := write(b); err != nil {
		return fmt.Errorf("write traces: %w", err)
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = b.WriteTo(w) // the client may be gone
	return nil
}
