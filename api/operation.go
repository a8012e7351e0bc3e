package api

import (
	"fmt"
	"net/http"
	"reflect"
	"time"

	"github.com/slipway-go/slipway/auth"
)

// Empty is the input of a route without parameters and the output of a route
// that answers 204 without a body.
type Empty struct{}

// An Operation is a typed route as a value. Its input is a struct whose fields
// say where they come from (`path:"id"`, `query:"limit"`, `header:"Range"`, and
// Body), its output is the answer's body.
type Operation[In, Out any] struct {
	*Route
	encoder *encoder
}

// GET declares a route that reads.
func GET[In, Out any](c *Contract, path string, access auth.Access, doc string) *Operation[In, Out] {
	return declare[In, Out](c, http.MethodGet, path, access, doc)
}

// POST declares a route that creates or acts.
func POST[In, Out any](c *Contract, path string, access auth.Access, doc string) *Operation[In, Out] {
	return declare[In, Out](c, http.MethodPost, path, access, doc)
}

// PUT declares a route that replaces.
func PUT[In, Out any](c *Contract, path string, access auth.Access, doc string) *Operation[In, Out] {
	return declare[In, Out](c, http.MethodPut, path, access, doc)
}

// PATCH declares a route that changes a part.
func PATCH[In, Out any](c *Contract, path string, access auth.Access, doc string) *Operation[In, Out] {
	return declare[In, Out](c, http.MethodPatch, path, access, doc)
}

// DELETE declares a route that removes.
func DELETE[In, Out any](c *Contract, path string, access auth.Access, doc string) *Operation[In, Out] {
	return declare[In, Out](c, http.MethodDelete, path, access, doc)
}

// Status sets the status of a success. Default: 200, or 204 for [Empty].
func (o *Operation[In, Out]) Status(code int) *Operation[In, Out] {
	o.status = code
	return o
}

// Idempotent makes a request with an Idempotency-Key take effect once: the
// answer to a repeated key is replayed, a repetition while the first is at work
// is a 409, the same key with another body a 422. Keys belong to a principal
// and a route.
func (o *Operation[In, Out]) Idempotent() *Operation[In, Out] {
	o.idempotent = true
	return o.recheck()
}

// KeyRequired refuses a request without an Idempotency-Key, for an [Operation.Idempotent]
// route where acting twice would cost somebody.
func (o *Operation[In, Out]) KeyRequired() *Operation[In, Out] {
	o.keyRequired = true
	return o.Idempotent()
}

// MaxBody bounds the request's body in bytes. Default: [DefaultMaxBody].
func (o *Operation[In, Out]) MaxBody(bytes int64) *Operation[In, Out] {
	o.maxBody = bytes
	return o.recheck()
}

// Timeout bounds the handler's work. Default: [DefaultTimeout].
func (o *Operation[In, Out]) Timeout(d time.Duration) *Operation[In, Out] {
	o.timeout = d
	return o.recheck()
}

// recheck looks at the route again after a change.
func (o *Operation[In, Out]) recheck() *Operation[In, Out] {
	if err := o.check(); err != nil {
		o.contract.fail(fmt.Errorf("%s: %s: %w", o.contract.name, o.Pattern(), err))
	}
	return o
}

func declare[In, Out any](c *Contract, method, path string, access auth.Access, doc string) *Operation[In, Out] {
	o := define[In, Out](c, method, path, access, doc)
	c.add(o.Route)
	return o
}

func define[In, Out any](c *Contract, method, path string, access auth.Access, doc string) *Operation[In, Out] {
	r := &Route{
		contract: c, method: method, path: path, pattern: joinPattern(method, path), access: access, doc: doc,
		status: http.StatusOK, maxBody: DefaultMaxBody, timeout: DefaultTimeout,
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](),
	}
	if isEmpty(r.out) {
		r.status = http.StatusNoContent
	}
	r.typed = typed[In, Out]{}
	enc, err := newEncoder(r)
	if err != nil {
		c.fail(err)
	}
	return &Operation[In, Out]{Route: r, encoder: enc}
}

func isEmpty(t reflect.Type) bool { return t == reflect.TypeFor[Empty]() }
