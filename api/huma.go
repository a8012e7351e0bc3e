package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/queryparam"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// strictCasing makes huma refuse {"qty":1,"QTY":5000}: validation would look at
// one field and encoding/json fill in the other. It is huma's only setting that
// is a global variable.
var strictCasing = sync.OnceFunc(func() { huma.ValidateStrictCasing = true })

// newHuma returns a huma API for one module. Schema names carry the module's
// name, so that two modules may both have an Item.
func newHuma(module string, a huma.Adapter) huma.API {
	strictCasing()
	namer := func(t reflect.Type, hint string) string { return module + "." + huma.DefaultSchemaNamer(t, hint) }
	return huma.NewAPI(huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: module, Version: "1"},
			Components: &huma.Components{Schemas: newRegistry(namer)},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat(), "json": jsonFormat()},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{toProblem},
		CreateHooks:                  nil,
	}, a)
}

// jsonFormat is huma's, but that a text which nobody can store is refused, and
// that an output which cannot be encoded becomes a panic, and so a 500: huma
// would write its regret into a 200.
func jsonFormat() huma.Format {
	encode, decode := huma.DefaultJSONFormat.Marshal, huma.DefaultJSONFormat.Unmarshal
	return huma.Format{
		Unmarshal: func(body []byte, v any) error { return decodeUsable(decode, body, v) },
		Marshal: func(w io.Writer, v any) error {
			err := encode(w, v)
			if _, ok := errors.AsType[*json.UnsupportedValueError](err); ok || isEncoding(err) {
				panic(fmt.Errorf("encode the answer: %w", err))
			}
			return err
		},
	}
}

func isEncoding(err error) bool {
	_, marshaler := errors.AsType[*json.MarshalerError](err)
	_, kind := errors.AsType[*json.UnsupportedTypeError](err)
	return marshaler || kind
}

// A typedRoute registers a route's types without a handler, for the documentation.
type typedRoute interface{ document(a huma.API, r *Route) }

type typed[In, Out any] struct{}

func (typed[In, Out]) document(a huma.API, r *Route) {
	registerTyped(a, r, func(context.Context, In) (Out, error) { panic("documentation only") })
}

type answer[T any] struct{ Body T }

func registerTyped[In, Out any](a huma.API, r *Route, h func(context.Context, In) (Out, error)) {
	if isEmpty(r.out) {
		huma.Register(a, r.huma(), func(ctx context.Context, in *In) (*struct{}, error) {
			if _, err := h(ctx, *in); err != nil {
				return nil, handlerError(ctx, err)
			}
			return nil, nil //nolint:nilnil // huma's way to say: the status alone
		})
		return
	}
	huma.Register(a, r.huma(), func(ctx context.Context, in *In) (*answer[Out], error) {
		out, err := h(ctx, *in)
		if err != nil {
			return nil, handlerError(ctx, err)
		}
		return &answer[Out]{out}, nil
	})
}

func (r *Route) huma() huma.Operation {
	return huma.Operation{
		OperationID:   r.contract.name + "-" + strings.ToLower(r.method) + strings.NewReplacer("/", "-", "{", "", "}", "").Replace(r.path),
		Method:        r.method,
		Path:          r.path,
		Summary:       r.doc,
		DefaultStatus: r.status,
		Tags:          []string{r.contract.name},
		// huma refuses at the limit, http.MaxBytesReader above it: one more
		// byte lets a body of exactly the limit pass.
		MaxBodyBytes: r.maxBody + 1,
		Responses:    r.problems(),
		Parameters:   r.extraParameters(),
		Security:     r.security(),
		Extensions:   map[string]any{"x-slipway-access": r.access.String()},
	}
}

// problems documents the refusals that the endpoint itself makes; what a handler
// adds is covered by the default.
func (r *Route) problems() map[string]*huma.Response {
	codes := []int{}
	if !r.access.IsPublic() {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if r.access.IsOwner() {
		codes = append(codes, http.StatusNotFound)
	}
	if r.in != nil && !isEmpty(r.in) {
		codes = append(codes, http.StatusUnprocessableEntity)
	}
	if r.idempotent {
		codes = append(codes, http.StatusBadRequest, http.StatusConflict)
	}
	all := map[string]*huma.Response{"default": problemResponse("Any other problem (RFC 9457)")}
	for _, code := range codes {
		all[strconv.Itoa(code)] = problemResponse(http.StatusText(code))
	}
	return all
}

// extraParameters documents what the endpoint reads and the input does not.
func (r *Route) extraParameters() []*huma.Param {
	if !r.idempotent {
		return nil
	}
	shortest, longest := 1, maxIdempotencyKey
	return []*huma.Param{{
		Name: IdempotencyHeader, In: "header",
		Description: "Any text that is new for a new request, and the same when this one is sent again: then it takes effect once.",
		Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest},
		Required:    r.keyRequired,
	}}
}

func (r *Route) security() []map[string][]string {
	if r.access.IsPublic() {
		return nil
	}
	return []map[string][]string{{"bearer": permissionNames(r.access.Permissions())}}
}

func permissionNames(ps []auth.Permission) []string {
	names := make([]string, len(ps))
	for i, p := range ps {
		names[i] = p.Name()
	}
	return names
}

// statusError carries a handler's error through huma to the encoder.
type statusError struct{ problem.Body }

func (e *statusError) Error() string             { return e.Detail }
func (e *statusError) GetStatus() int            { return e.Status }
func (e *statusError) ContentType(string) string { return problem.ContentType }

// handlerError notes an unexpected error for the log and the report, and
// returns what the client may see of it.
func handlerError(ctx context.Context, err error) error {
	p := note(ctx, err)
	return huma.ErrorWithHeaders(&statusError{p.Body(traceID(ctx))}, p.Headers())
}

// toProblem turns huma's own errors (validation, decoding) into problem bodies.
func toProblem(c huma.Context, _ string, v any) (any, error) {
	switch e := v.(type) {
	case *statusError:
		return e.Body, nil
	case *huma.ErrorModel:
		p := invalid(e)
		if own, ok := c.(*humaContext); ok {
			own.refusal = p.Status() // huma would keep its own on the status line
		}
		_ = note(c.Context(), p)
		return p.Body(traceID(c.Context())), nil
	}
	return v, nil
}

// humaContext is huma's view of a request.
type humaContext struct {
	op      *huma.Operation
	r       *http.Request
	w       http.ResponseWriter
	status  int
	refusal int // the status of our problem in place of huma's error
	sent    bool
}

func (s *Server) adapter() huma.Adapter { return humaAdapter{s} }

type humaAdapter struct{ *Server }

func (a humaAdapter) Handle(op *huma.Operation, handler func(huma.Context)) {
	parameters := parametersOf(op)
	a.add(a.current, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := parameters.check(r); err != nil {
			Fail(w, r, err)
			return
		}
		defer refuseUnhashable(func(err error) { Fail(w, r, err) })
		c := &humaContext{op: op, r: r, w: w}
		handler(c)
		c.send()
	}))
}

var _ huma.Context = (*humaContext)(nil)

func (c *humaContext) Operation() *huma.Operation { return c.op }
func (c *humaContext) Context() context.Context   { return c.r.Context() }
func (c *humaContext) Method() string             { return c.r.Method }
func (c *humaContext) Host() string               { return c.r.Host }
func (c *humaContext) RemoteAddr() string         { return c.r.RemoteAddr }
func (c *humaContext) URL() url.URL               { return *c.r.URL }
func (c *humaContext) Param(name string) string   { return c.r.PathValue(name) }
func (c *humaContext) Query(name string) string   { return queryparam.Get(c.r.URL.RawQuery, name) }
func (c *humaContext) Header(name string) string  { return c.r.Header.Get(name) }
func (c *humaContext) BodyReader() io.Reader      { return c.r.Body }
func (c *humaContext) TLS() *tls.ConnectionState  { return c.r.TLS }
func (c *humaContext) BodyWriter() io.Writer      { return c }
func (c *humaContext) Status() int                { return c.status }

func (c *humaContext) Version() huma.ProtoVersion {
	return huma.ProtoVersion{Proto: c.r.Proto, ProtoMajor: c.r.ProtoMajor, ProtoMinor: c.r.ProtoMinor}
}

func (c *humaContext) EachHeader(yield func(name, value string)) {
	for name, values := range c.r.Header {
		for _, v := range values {
			yield(name, v)
		}
	}
}

func (c *humaContext) GetMultipartForm() (*multipart.Form, error) {
	const inMemory = 64 << 10
	err := c.r.ParseMultipartForm(inMemory)
	return c.r.MultipartForm, err
}

// SetReadDeadline does nothing: the endpoint bounds the body's arrival itself.
// huma's deadline would outlive the body and cancel a handler that works on.
func (c *humaContext) SetReadDeadline(time.Time) error { return nil }

// SetStatus keeps the status until the first byte of the body, or its absence:
// huma sets it before it knows whether the body can be encoded.
func (c *humaContext) SetStatus(code int) { c.status = cmp.Or(c.refusal, code) }

func (c *humaContext) send() {
	if !c.sent && c.status != 0 {
		c.sent = true
		c.w.WriteHeader(c.status)
	}
}

// Write implements io.Writer for the body.
func (c *humaContext) Write(b []byte) (int, error) {
	c.send()
	return c.w.Write(b)
}

func (c *humaContext) AppendHeader(name, value string) { c.w.Header().Add(name, value) }

func (c *humaContext) SetHeader(name, value string) {
	if name == "Content-Type" && value == "application/json" {
		c.w.Header()["Content-Type"] = contentJSON
		return
	}
	c.w.Header().Set(name, value)
}
