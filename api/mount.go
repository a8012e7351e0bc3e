package api

import (
	"fmt"
	"net/http"
	"time"

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

// Timeout bounds the handler's work. Default: [DefaultTimeout].
func (m *Mounted) Timeout(d time.Duration) *Mounted {
	m.timeout = d
	return m.recheck()
}

// MaxBody bounds the request's body in bytes. Default: [DefaultMaxBody].
func (m *Mounted) MaxBody(bytes int64) *Mounted {
	m.maxBody = bytes
	return m.recheck()
}

func (m *Mounted) recheck() *Mounted {
	if err := m.check(); err != nil {
		m.contract.fail(fmt.Errorf("%s: %s: %w", m.contract.name, m.Pattern(), err))
	}
	return m
}

// Mount serves the declared route by h.
func Mount(s Registrar, m *Mounted, h http.Handler) { s.API().mount(m.Route, h) }
