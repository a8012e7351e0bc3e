package slipwaytest

import (
	"net/http"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
)

// listen adds a tracer to those that learn of the modules' statements. It must
// be called before the modules' databases are opened.
func (w *world) listen(tracer pgx.QueryTracer) {
	if w.tracer != nil {
		tracer = multitracer.New(w.tracer, tracer)
	}
	w.tracer = tracer
}

// recorded is the way from one module to another, recorded.
func (w *world) recorded(caller, neighbour string, next http.RoundTripper) http.RoundTripper {
	return w.happened.Neighbour(neighbour, w.neighbours.transport(caller, neighbour, next))
}

// recordedOutside is the way from a module to a host outside, recorded.
func (w *world) recordedOutside(module, name string, next http.RoundTripper) http.RoundTripper {
	return w.happened.Neighbour(name, w.externals.transport(module, name, next))
}

// patternOf returns what names the route of a request as the handler's mux does.
func patternOf(h http.Handler) func(*http.Request) string {
	mux, ok := h.(interface {
		Handler(r *http.Request) (http.Handler, string)
	})
	return func(r *http.Request) string {
		if !ok {
			return ""
		}
		if _, pattern := mux.Handler(r); pattern != "/" {
			return pattern
		}
		return "" // the answer to what no route takes
	}
}

// tell says why the test may have failed: the tree of what happened, if anything
// did, and with go test -v the log too.
func (w *world) tell(t testing.TB) {
	t.Helper()
	happened, hint := w.happened.String(), ""
	if !testing.Verbose() {
		hint = " (go test -v shows the log as well)"
	}
	if happened != "" {
		t.Logf("what happened%s:\n%s", hint, happened)
	}
	if testing.Verbose() {
		t.Logf("what the modules logged:\n%s", w.log)
	}
}
