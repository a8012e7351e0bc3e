// Package apidocs serves a product's API description as a page: Swagger UI,
// embedded, which asks no foreign host.
//
// Mount [Handler] at "GET /docs/". The page works under a Content-Security-Policy
// that allows nothing but this server.
package apidocs

import (
	"embed"
	"net/http"

	"github.com/swaggest/swgui/v5/static"
	"github.com/vearutop/statigz"
)

//go:embed index.html init.js docs.css
var page embed.FS

// policy allows this server alone; Swagger UI sets inline styles and draws its
// icons from data URLs.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the page and its assets below prefix ("/docs/"). The page
// reads the description from /openapi.json.
func Handler(prefix string) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", statigz.FileServer(static.FS))
	own := http.FileServerFS(page)
	for _, name := range []string{"init.js", "docs.css"} {
		mux.Handle("/"+name, own)
	}
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, page, "index.html")
	})
	return http.StripPrefix(prefix[:len(prefix)-1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-cache")
		h.Set("Referrer-Policy", "no-referrer")
		mux.ServeHTTP(w, r)
	}))
}
