package api

import (
	"fmt"
	"net/http"
	"reflect"
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

// Takes documents what the handler reads. It checks nothing.
func (m *Mounted) Takes(c Content) *Mounted {
	m.takes = &c
	return m
}

// Answers documents a success: its status, and what the handler writes. Default: 200, and
// nothing is known of its body.
func (m *Mounted) Answers(status int, c Content) *Mounted {
	m.status, m.answers = status, &c
	return m
}

// Or documents another answer: its status, and when it is given. From 400 on it is a problem.
func (m *Mounted) Or(status int, when string) *Mounted {
	if m.more == nil {
		m.more = map[int]string{}
	}
	m.more[status] = when
	return m
}

// A Content is a body of a [Mounted] route, for its documentation: [Form], [JSON], [Bytes] or
// [Nothing].
type Content struct {
	media string       // "" for nothing
	typed reflect.Type // nil for bytes
}

// Form is multipart/form-data with the fields of T, which is described by its tags as the
// Body of an operation is. A field of text with the tag format:"binary" is a file.
func Form[T any]() Content { return Content{"multipart/form-data", reflect.TypeFor[T]()} }

// JSON is a T, as an operation answers it.
func JSON[T any]() Content { return Content{"application/json", reflect.TypeFor[T]()} }

// Bytes are of a media type, or of several, such as image/*.
func Bytes(mediaType string) Content { return Content{media: mediaType} }

// Nothing is no body, as of a 204.
func Nothing() Content { return Content{} }

func (m *Mounted) recheck() *Mounted {
	if err := m.check(); err != nil {
		m.contract.fail(fmt.Errorf("%s: %s: %w", m.contract.name, m.Pattern(), err))
	}
	return m
}

// Mount serves the declared route by h.
func Mount(s Registrar, m *Mounted, h http.Handler) { s.API().mount(m.Route, h) }
