// Package pages renders what people see of the SSO in a browser.
//
// A page is a Go value; [Set.Write] renders it under a strict Content-Security-Policy.
// Pages are complete without a script; only passkeys need one, which browsers have no
// other way to reach. Everything is embedded: nothing is asked of a foreign host.
package pages

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed templates/*.html
var templates embed.FS

// A Page is one of this package's structs.
type Page interface {
	template() string // the file's name without .html
	// leads is the origin to which the page's form leads in the end; "" for this one.
	leads() string
}

// A Set renders the pages of one product.
type Set struct {
	product string
	all     map[string]*template.Template
	assets  assets
}

// NewSet returns the pages of the product that people know by this name.
func NewSet(product string) (*Set, error) {
	assets, err := readAssets()
	if err != nil {
		return nil, err
	}
	layout, err := template.New("").Funcs(template.FuncMap{"asset": assets.address}).ParseFS(templates, "templates/layout.html")
	if err != nil {
		return nil, fmt.Errorf("read the layout of pages: %w", err)
	}
	s := &Set{product: product, all: map[string]*template.Template{}, assets: assets}
	names, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		own, err := template.Must(layout.Clone()).ParseFS(templates, name)
		if err != nil {
			return nil, fmt.Errorf("read page %s: %w", name, err)
		}
		s.all[strings.TrimSuffix(path.Base(name), ".html")] = own
	}
	return s, nil
}

// Write answers with the page.
func (s *Set) Write(w http.ResponseWriter, status int, p Page) error {
	var page bytes.Buffer
	err := s.all[p.template()].ExecuteTemplate(&page, "layout", struct {
		Product string
		Page    Page
	}{s.product, p})
	if err != nil {
		return fmt.Errorf("render page %s: %w", p.template(), err)
	}
	secure(w.Header(), p.leads())
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the browser may be gone
	return nil
}

// secure allows the page nothing but this server. Browsers ask the policy of a form
// also about where the answer redirects, so a login on behalf of a client names it.
func secure(h http.Header, leads string) {
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "+
		strings.TrimSpace("form-action 'self' "+leads)+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	// Not no-referrer: by that a browser hides the Origin of the page's own form.
	h.Set("Referrer-Policy", "same-origin")
}
