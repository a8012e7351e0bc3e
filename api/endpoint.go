package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// An endpoint is everything that happens around one route's handler, in one
// pass: trace, panic, authentication, authorisation, bounds, idempotency, the
// access line. Separate middlewares would each wrap the writer and the context
// again; fused they cost half as much.
type endpoint struct {
	route         *Route
	pattern       string
	path          string              // of the pattern
	redactor      *telemetry.Redactor // of paths with secrets in them; nil: there are none
	unmatched     bool                // no template says what in a path is secret
	public        bool
	private       bool // the answer is for nobody else, so no cache may keep it
	audience      []string
	maxBody       int64
	timeout       time.Duration
	bodyTimeout   time.Duration
	streams       bool // by its pace
	pace          Pace
	raw           bool // the body's errors are for huma, which tells the client itself
	authenticator Authenticator
	idempotency   IdempotencyStore
	module        string
	metrics       *routeMetrics
	observer      telemetry.Observer // its reports have the unexpected errors; the access line has only what the client was told
	prepare       Preparation        // may be nil
	next          http.Handler
}

// A Preparation changes a request before it is looked at, as part of it: a cookie becomes a
// token. It returns the request, or a copy; of an error the client gets the problem.
type Preparation func(ctx context.Context, r *http.Request) (*http.Request, error)

func newEndpoint(s *Server, r *Route, next http.Handler) *endpoint {
	e := &endpoint{
		route: r, pattern: r.Pattern(), path: r.path, public: r.access.IsPublic(),
		private:  !r.access.IsPublic() || r.method != http.MethodGet,
		audience: []string{s.cfg.Audience, s.cfg.EdgeAudience}, maxBody: r.maxBody,
		timeout: r.timeout, bodyTimeout: s.cfg.BodyTimeout, streams: r.streams, pace: s.cfg.Pace, raw: !r.mounted,
		authenticator: s.cfg.Authenticator, module: s.contract.name, observer: s.cfg.Observer, next: next,
		metrics: s.metrics.route(r.Pattern()), redactor: redactorOf(r.path),
	}
	if limit := s.cfg.MaxTimeout; limit > 0 && !r.streams {
		e.timeout = min(e.timeout, limit)
	}
	if r.idempotent {
		e.idempotency = s.cfg.Idempotency
		s.metrics.idempotent(e.metrics, r.method)
	}
	return e
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{ResponseWriter: w, endpoint: e, start: time.Now(), status: http.StatusOK}
	e.metrics.active.Inc()
	defer e.metrics.active.Dec()
	ctx, cancel := e.context(r, x)
	defer cancel()
	defer e.finish(ctx, x, r)
	defer e.recover(ctx, x)
	e.bound(x, r)
	e.serve(ctx, x, r)
	if x.isShort(r) {
		panic(http.ErrAbortHandler) // likewise half of an answer
	}
}

// serve authenticates before anything of the request's content is read.
func (e *endpoint) serve(ctx context.Context, x *exchange, r *http.Request) {
	r, err := e.prepared(ctx, r)
	if err == nil {
		ctx, err = e.admit(ctx, x, r)
	}
	if err != nil {
		fail(ctx, x, err)
		return
	}
	r = r.WithContext(ctx)
	if e.maxBody >= 0 && r.ContentLength > e.maxBody {
		fail(ctx, x, problem.TooLarge("the body has %d bytes; this route takes up to %d", r.ContentLength, e.maxBody))
		return
	}
	if e.idempotency != nil {
		e.serveOnce(ctx, x, r)
		return
	}
	e.next.ServeHTTP(x, r)
}

func (e *endpoint) prepared(ctx context.Context, r *http.Request) (*http.Request, error) {
	if e.prepare == nil {
		return r, nil
	}
	return e.prepare(ctx, r)
}

// context carries the trace, the exchange and the deadline.
func (e *endpoint) context(r *http.Request, x *exchange) (context.Context, context.CancelFunc) {
	parent, _ := telemetry.TraceparentOf(r.Header)
	x.ctx = exchangeContext{r.Context(), x}
	ctx, span := e.observer.Tracer.Begin(&x.ctx, parent, e.module, telemetry.Server, e.pattern)
	at := telemetry.SpanFrom(ctx)
	x.span, x.trace, x.sampled = span, at.TraceID, at.Sampled
	if r.Header.Get(httpclient.AttemptHeader) != "" {
		ctx = httpclient.WithoutRetry(ctx)
	}
	if e.timeout == 0 {
		return ctx, func() {}
	}
	end := x.start.Add(e.timeout)
	if earlier, ok := ctx.Deadline(); ok && !earlier.After(end) {
		return ctx, func() {} // a neighbour in this process, whose own deadline comes first
	}
	return context.WithDeadline(ctx, end)
}

func (e *endpoint) admit(ctx context.Context, x *exchange, r *http.Request) (context.Context, error) {
	if e.public {
		if e.route == nil {
			return ctx, nil
		}
		ctx, x.guard = auth.NewGuard(ctx, nil, e.route.access)
		return ctx, nil
	}
	p, raw, err := e.authenticator.Authenticate(ctx, r)
	if err != nil {
		return ctx, err
	}
	x.principal = p
	if err := e.route.access.Authorize(p, e.audience, x.start); err != nil {
		return ctx, err
	}
	ctx, x.guard = auth.NewGuard(auth.WithToken(ctx, raw), p, e.route.access)
	return ctx, nil
}

// redactorOf returns one for a path that has secrets in it, or nil.
func redactorOf(path string) *telemetry.Redactor {
	if r := (&telemetry.Redactor{}); r.HidesIn(path) {
		return r
	}
	return nil
}

// shown returns the path as the access line and the span have it.
func (e *endpoint) shown(u *url.URL) string {
	if e.unmatched {
		return firstSegment(u.Path)
	}
	if e.redactor == nil {
		return u.Path // whoever writes it looks for what looks like a secret
	}
	return e.redactor.Path(e.path, u)
}

// firstSegment is what is shown of a path that no template explains: /resets/… may be a
// token with a slash too many, or with another method.
func firstSegment(path string) string {
	first, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if rest == "" {
		return path
	}
	return "/" + first + "/…"
}

// bound limits the size of the body and the time in which it must arrive. The
// time counts also for a request that is refused: net/http reads on for a while,
// to use the connection again.
func (e *endpoint) bound(x *exchange, r *http.Request) {
	if e.streams {
		e.stream(x, r)
		return
	}
	if !hasBody(r) {
		return
	}
	deadline := http.NewResponseController(x.ResponseWriter).SetReadDeadline
	_ = deadline(x.start.Add(e.bodyTimeout)) // not supported in process, where no body trickles
	r.Body = &timedBody{ReadCloser: e.limited(x, r), deadline: deadline, raw: e.raw, broken: &x.broken}
}

func hasBody(r *http.Request) bool {
	return r.Body != nil && r.Body != http.NoBody && r.ContentLength != 0
}

func (e *endpoint) limited(x *exchange, r *http.Request) io.ReadCloser {
	if e.maxBody < 0 {
		return r.Body
	}
	return http.MaxBytesReader(x.ResponseWriter, r.Body, e.maxBody+1)
}

func (e *endpoint) recover(ctx context.Context, x *exchange) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		x.aborted = true
		panic(p) // net/http's own way to drop a connection
	}
	begun := x.wrote
	fail(ctx, x, fmt.Errorf("%s: %w", e.pattern, telemetry.Panicked(p)))
	if begun {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
}

func (e *endpoint) finish(ctx context.Context, x *exchange, r *http.Request) {
	x.release(r)
	if x.err != nil || x.aborted {
		x.settle(r.Context())
	}
	if x.err != nil {
		x.report(ctx, r)
	}
	end, level := time.Now(), slog.LevelInfo
	var buffer [maxAttrs]slog.Attr
	attrs := x.appendAttrs(buffer[:0], r, end)
	if x.status >= http.StatusInternalServerError {
		level = slog.LevelError
		if x.span != nil {
			x.span.Fail(x.failure())
		}
	}
	e.metrics.observe(x, r.Method, end)
	e.log(ctx, level, end, attrs)
	x.span.End(attrs...)
}

// log writes the access line. It hands its own record to the handler: the
// logger's methods would look for the line of code that called them.
func (e *endpoint) log(ctx context.Context, level slog.Level, end time.Time, attrs []slog.Attr) {
	h := e.observer.Logger.Handler()
	if !h.Enabled(ctx, level) {
		return
	}
	line := slog.NewRecord(end, level, "request", 0)
	line.AddAttrs(attrs...)
	_ = h.Handle(ctx, line) // as slog.Logger does: a log that fails must not fail the request
}

// observedBodyTimeout is for bodies that the edge passes on.
const observedBodyTimeout = 30 * time.Second

// Observe gives a handler beside the modules (the edge proxy, a page) what every
// route has: the trace, the access line, the report of a panic. It checks no
// token and does not bound a body's size.
func Observe(module, pattern string, o telemetry.Observer, h http.Handler) http.Handler {
	return observed(module, pattern, o, nil, h)
}

// PassConfig is how the edge passes a route on.
type PassConfig struct {
	Observer telemetry.Observer
	// Prepare is done to each request first; it may be nil.
	Prepare Preparation
	// Timeout bounds a request. A route that streams has a bound of its own.
	Timeout time.Duration
	// Pace is that of routes that stream.
	Pace Pace
}

// Pass is [Observe] for a declared route that another process serves: its requests have the
// same time there and here.
func Pass(module string, r *Route, cfg PassConfig, h http.Handler) http.Handler {
	e := observed(module, r.Pattern(), cfg.Observer, cfg.Prepare, h)
	e.timeout, e.streams, e.pace = cfg.Timeout, r.streams, cfg.Pace.withDefaults()
	if r.streams {
		e.timeout = r.timeout
	}
	return e
}

func observed(module, pattern string, o telemetry.Observer, prepare Preparation, h http.Handler) *endpoint {
	_, path := splitPattern(pattern)
	return &endpoint{
		module: module, pattern: pattern, path: path, redactor: redactorOf(path), public: true, maxBody: -1, bodyTimeout: observedBodyTimeout,
		observer: o.WithDefaults(), metrics: newServerMetrics(o.Metrics).route(pattern), prepare: prepare, next: h,
	}
}

// Fail answers with the problem that err is, from a handler inside an endpoint.
func Fail(w http.ResponseWriter, r *http.Request, err error) { fail(r.Context(), w, err) }

// Note is [Fail] for a handler that answers with a page of its own: the access line
// and, of an unexpected error, the report are as ever. It returns what to tell.
func Note(r *http.Request, err error) *problem.Error { return note(r.Context(), err) }

// TraceID returns the id under which logs and reports have the request of a handler
// inside an endpoint; "" elsewhere.
func TraceID(r *http.Request) string { return traceID(r.Context()) }

func remoteIP(r *http.Request) string {
	if !strings.Contains(r.RemoteAddr, ":") {
		return r.RemoteAddr // a neighbour in this process
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
