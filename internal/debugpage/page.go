// Package debugpage shows operators what is inside a process: as a page to a browser, as
// text to a terminal. Pages need no script and ask no other host, and work with a keyboard
// and a screen reader.
package debugpage

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"text/tabwriter"
)

// A Page is sections of tables under a title.
type Page struct {
	Title string
	About string // a sentence or two
	// Up is the address of the page that lists this one; "" on that page itself.
	Up       string
	Sections []Section
}

// A Section is one table.
type Section struct {
	Title  string
	About  string
	Header []string
	Rows   [][]Cell // of as many cells as Header
}

// A Cell is a text, with an address where it leads somewhere. Code is for what is typed.
type Cell struct {
	Text, Link string
	Code       bool
}

// Texts makes plain cells.
func Texts(all ...string) []Cell {
	cells := make([]Cell, len(all))
	for i, t := range all {
		cells[i].Text = t
	}
	return cells
}

// Wanted reports whether the caller reads pages, as browsers do; the others get text or JSON.
func Wanted(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

var (
	//go:embed page.html
	layout string
	//go:embed page.css
	style string
)

// Serve answers with the page, or with its text.
func (p Page) Serve(w http.ResponseWriter, r *http.Request) error {
	h := w.Header()
	h.Add("Vary", "Accept")
	if !Wanted(r) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(p.Text())) // the client may be gone
		return nil
	}
	b, err := p.html()
	if err != nil {
		return err
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy())
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	_, _ = w.Write(b) // likewise
	return nil
}

// policy admits the page's own style and nothing else.
func policy() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

type view struct {
	Page

	Style template.CSS
}

func (p Page) html() ([]byte, error) {
	t, err := template.New("page").Parse(layout)
	if err != nil {
		return nil, fmt.Errorf("parse the page %s: %w", p.Title, err)
	}
	b := &bytes.Buffer{}
	if err := t.Execute(b, view{p, template.CSS(style)}); err != nil { //nolint:gosec // a file of this package
		return nil, fmt.Errorf("make the page %s: %w", p.Title, err)
	}
	return b.Bytes(), nil
}

// Text is the page for a terminal.
func (p Page) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", p.Title)
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n%s\n", s.Title)
		w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, row := range s.Rows {
			texts := make([]string, len(row))
			for i, c := range row {
				texts[i] = strings.Join(strings.Fields(c.Text), " ")
			}
			_, _ = fmt.Fprintln(w, "  "+strings.TrimRight(strings.Join(texts, "\t"), "\t")) // into memory
		}
		_ = w.Flush() // likewise
	}
	return b.String()
}
