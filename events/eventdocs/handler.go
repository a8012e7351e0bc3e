package eventdocs

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
)

//go:embed page.html events.css
var files embed.FS

const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page below prefix ("/docs/events/"). The document is AsyncAPI as
// events.Document writes it.
func Handler(prefix string, document []byte) (http.Handler, error) {
	p, err := read(document)
	if err != nil {
		return nil, err
	}
	html, err := p.render()
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/events.css", http.FileServerFS(files))
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(html) // the client may be gone
	})
	return http.StripPrefix(prefix[:len(prefix)-1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		h.Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	})), nil
}

func (p *page) render() ([]byte, error) {
	t, err := template.ParseFS(files, "page.html")
	if err != nil {
		return nil, fmt.Errorf("parse the page of events: %w", err)
	}
	b := &bytes.Buffer{}
	if err := t.Execute(b, p); err != nil {
		return nil, fmt.Errorf("make the page of events: %w", err)
	}
	return b.Bytes(), nil
}
