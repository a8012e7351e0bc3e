package api

import (
	"net/http"

	"github.com/slipway-go/slipway/auth"
)

// A Mounted route serves any http.Handler, with its access declared all the same.
type Mounted struct{ *Route }

// Handler declares a route that an http.Handler of the module serves. The
// pattern is one of http.ServeMux: "POST /oauth/token" or a subtree "/files/".
// The kit still authenticates, bounds, traces and logs. A handler that scripts of other
// origins may call with a header of their own declares OPTIONS for it as well.
func Handler(c *Contract, pattern string, access auth.Access, doc string) *Mounted {
	method, path := splitPattern(pattern)
	r := &Route{
		contract: c, method: method, path: path, pattern: joinPattern(method, path), access: access, doc: doc, mounted: true,
		status: http.StatusOK, maxBody: DefaultMaxBody, timeout: DefaultTimeout,
	}
	c.add(r)
	return &Mounted{r}
}

// Mount serves the declared route by h.
func Mount(s Registrar, m *Mounted, h http.Handler) { s.API().mount(m.Route, h) }
