package api

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// An exchange is one request on its way through an endpoint. As the response
// writer it sees the status; in the context it lets the layers beneath note
// what the access line and the error report must know.
type exchange struct {
	http.ResponseWriter
	endpoint  *endpoint
	ctx       exchangeContext
	start     time.Time
	trace     [16]byte
	span      *telemetry.Span
	sampled   bool // the trace is
	principal *auth.Principal
	guard     *auth.Guard
	status    int
	bytes     int64
	wrote     bool
	silenced  bool // the handler's answer was replaced; what it still writes is dropped
	replayed  bool
	aborted   bool  // the handler dropped the connection
	lost      bool  // the client did, in the middle of the answer
	flow      *flow // of an answer that streams; nil of others
	broken    brokenBody
	problem   *problem.Error // what the client was told
	err       error          // the unexpected error behind a 5xx, for the report
}

// An exchangeContext is part of its exchange: as a value of context.WithValue
// it would cost an allocation of every request.
type exchangeContext struct {
	context.Context
	exchange *exchange
}

type exchangeKey struct{}

func (c *exchangeContext) Value(key any) any {
	if key == (exchangeKey{}) {
		return c.exchange
	}
	return c.Context.Value(key)
}

func exchangeFrom(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

func traceID(ctx context.Context) string {
	if x := exchangeFrom(ctx); x != nil {
		return x.traceID()
	}
	return ""
}

func (x *exchange) traceID() string { return hex.EncodeToString(x.trace[:]) }

// note keeps what the access line says of an error and what is reported, and
// returns the problem that the client sees.
func note(ctx context.Context, err error) *problem.Error {
	x := exchangeFrom(ctx)
	if x != nil {
		err = x.broken.explain(err)
	}
	p := problem.From(err)
	if x != nil {
		x.problem = p
		if !p.Expected() {
			x.err = err
		}
	}
	return p
}

// fail answers with the problem that err is.
func fail(ctx context.Context, w http.ResponseWriter, err error) {
	p := note(ctx, err)
	if x := exchangeFrom(ctx); x != nil && x.wrote {
		x.silenced = true // too late to change the answer
		return
	}
	problem.Write(w, p, traceID(ctx))
}

var errOwnerSkipped = errors.New("declared Owner, but its handler succeeded without auth.Own: call auth.Own(ctx, owner) once the object is loaded")

// WriteHeader refuses a success that skipped the owner check of an Owner route.
func (x *exchange) WriteHeader(code int) {
	if x.wrote || x.silenced {
		return
	}
	if code >= 100 && code < 200 {
		x.ResponseWriter.WriteHeader(code)
		return
	}
	if x.skipsOwner(code) {
		x.replace(fmt.Errorf("%s: %w", x.endpoint.pattern, errOwnerSkipped))
		return
	}
	x.wrote, x.status = true, code
	h := x.Header()
	if _, ok := h["X-Content-Type-Options"]; !ok {
		h["X-Content-Type-Options"] = noSniff
	}
	if x.broken.unread.Load() {
		h["Connection"] = closing // what may still come is no request, and net/http would take it for one
	}
	if _, ok := h["Cache-Control"]; !ok && x.endpoint.private {
		h["Cache-Control"] = noStore
	}
	x.ResponseWriter.WriteHeader(code)
}

// skipsOwner reports a success of an Owner route whose handler never asked whose
// object it is. A replayed answer passed the check when it was made.
func (x *exchange) skipsOwner(code int) bool {
	return code < http.StatusBadRequest && x.guard != nil && !x.replayed &&
		x.endpoint.route.access.IsOwner() && !x.guard.OwnChecked()
}

// Shared header values: they are replaced, never appended to in place.
var (
	noSniff = []string{"nosniff"}
	noStore = []string{"no-store"}
	closing = []string{"close"}
)

// replace answers with err instead of what the handler is about to write.
func (x *exchange) replace(err error) {
	x.err, x.problem = err, problem.From(err)
	clear(x.Header())
	x.wrote = true
	x.status = x.problem.Status()
	problem.Write(x.ResponseWriter, x.problem, x.traceID())
	x.silenced = true
}

func (x *exchange) Write(b []byte) (int, error) {
	if !x.wrote {
		x.WriteHeader(http.StatusOK)
	}
	if x.silenced {
		return len(b), nil
	}
	n, err := x.write(b)
	x.bytes += int64(n)
	return n, err
}

// ReadFrom lets the connection take the bytes from src itself: the content of a file then
// never comes through this process.
func (x *exchange) ReadFrom(src io.Reader) (int64, error) {
	if !x.wrote {
		x.WriteHeader(http.StatusOK)
	}
	if x.silenced {
		return io.Copy(io.Discard, src)
	}
	if x.flow != nil {
		return x.stream(src)
	}
	n, err := io.Copy(x.ResponseWriter, src)
	x.bytes += n
	x.lost = x.lost || isLost(err)
	return n, err
}

// isLost reports that nobody takes the answer any more. Where bytes go past net/http, the
// request's context does not end with the connection.
func isLost(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.ETIMEDOUT) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, os.ErrDeadlineExceeded)
}

// isShort reports an answer that ended before the length that it had announced.
func (x *exchange) isShort(r *http.Request) bool {
	if !x.wrote || x.silenced || r.Method == http.MethodHead || x.status == http.StatusNotModified {
		return false
	}
	announced := x.Header()["Content-Length"]
	if len(announced) != 1 {
		return false
	}
	n, err := strconv.ParseInt(announced[0], 10, 64)
	return err == nil && x.bytes < n
}

// Unwrap lets http.ResponseController reach the connection.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// Flush serves handlers that stream.
func (x *exchange) Flush() {
	if !x.wrote {
		x.WriteHeader(http.StatusOK)
	}
	if f, ok := x.ResponseWriter.(http.Flusher); ok && !x.silenced {
		f.Flush()
	}
}

// settle looks again at an answer that an error has ended. Of one that broke off the client
// may have a status of success already; it is counted and told by what became of it: 500, or
// 499 where the caller went away.
func (x *exchange) settle(asked context.Context) {
	x.err = telemetry.Sound(x.err)
	if x.status >= http.StatusInternalServerError {
		return
	}
	_, panicked := errors.AsType[*telemetry.PanicError](x.err)
	why := errBrokeOff
	if !panicked && (x.lost || errors.Is(asked.Err(), context.Canceled)) {
		why = context.Canceled
	}
	p := problem.From(why)
	x.status = p.Status()
	if x.aborted && x.problem == nil {
		x.problem = p
	}
}

// errBrokeOff is of a handler that dropped the connection with http.ErrAbortHandler, or
// wrote less than it had announced.
var errBrokeOff error = problem.Internal("the handler broke off its answer")

// maxAttrs is how many attributes an access line has at most.
const maxAttrs = 12

// appendAttrs appends the attributes of the access line.
func (x *exchange) appendAttrs(attrs []slog.Attr, r *http.Request, end time.Time) []slog.Attr {
	attrs = append(attrs,
		slog.String(telemetry.HTTPRequestMethod, r.Method),
		slog.String(telemetry.HTTPRoute, x.endpoint.path),
		slog.String(telemetry.URLPath, x.endpoint.shown(r.URL)),
		slog.Int(telemetry.HTTPResponseStatusCode, x.status),
		slog.Float64(telemetry.DurationMS, float64(end.Sub(x.start).Microseconds())/1000),
		slog.Int64(telemetry.HTTPResponseBodySize, x.bytes),
		slog.String(telemetry.ClientAddress, remoteIP(r)),
	)
	if p := x.principal; p != nil {
		if !p.IsService() {
			attrs = append(attrs, slog.String(telemetry.UserID, p.Subject))
		}
		if s := p.Service(); s != "" {
			attrs = append(attrs, slog.String(telemetry.Caller, s))
		}
	}
	if x.replayed {
		attrs = append(attrs, slog.Bool(telemetry.Replayed, true))
	}
	if x.problem != nil {
		attrs = append(attrs, slog.String(telemetry.Code, x.problem.Code()))
		if said := x.problem.Detail(); said != "" { // of what is unexpected the report tells
			attrs = append(attrs, slog.String(telemetry.Detail, said))
		}
	}
	return attrs
}

// failure is why the request failed on our side.
func (x *exchange) failure() string {
	switch {
	case x.err != nil:
		return x.err.Error()
	case x.problem != nil:
		return x.problem.Detail()
	}
	return http.StatusText(x.status)
}

// A timedBody takes the deadline of the body's arrival away at its end: a read
// deadline that stays would cancel the handler's context.
type timedBody struct {
	io.ReadCloser
	deadline func(time.Time) error
	raw      bool // its errors stay what they are
	broken   *brokenBody
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, io.EOF):
		_ = b.deadline(time.Time{})
	case err != nil:
		b.broken.unread.Store(true)
		if !b.raw {
			err = b.broken.keep(bodyError(err))
		}
	}
	return n, err
}
