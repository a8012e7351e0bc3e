package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// A Registrar is where a module's set-up registers its handlers;
// slipway.Setup is one.
type Registrar interface {
	API() *Server
}

// An Authenticator turns a request's token into a principal; *auth.Verifier is one.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request) (p *auth.Principal, raw string, err error)
}

// ServerConfig is what a module's server needs.
type ServerConfig struct {
	// Authenticator checks tokens. Required.
	Authenticator Authenticator
	// Audience is how tokens name the module. Default: its name.
	Audience string
	// EdgeAudience is the audience of tokens that users get at login. Default: "edge".
	EdgeAudience string
	// Observer learns of every request: by a line of the access log, a span, metrics and,
	// for an unexpected error, a report.
	telemetry.Observer

	// Idempotency stores answers; required by a contract with Idempotent routes.
	Idempotency IdempotencyStore
	// MaxTimeout caps the time that any route may take. Default: no cap.
	MaxTimeout time.Duration
	// BodyTimeout bounds the time in which a request's body must arrive. Default: 15s.
	BodyTimeout time.Duration
	// Pace is that of routes that stream.
	Pace Pace
}

// A Server serves the routes of one module.
type Server struct {
	contract  *Contract
	cfg       ServerConfig
	mux       *http.ServeMux
	huma      huma.API
	endpoints map[*Route]*endpoint
	metrics   serverMetrics
	current   *Route // the route being registered; huma hands over only its operation
	errs      []error
}

// NewServer returns a server for the contract's routes; [Handle] and [Mount] fill it.
func NewServer(c *Contract, cfg ServerConfig) *Server {
	if cfg.Audience == "" {
		cfg.Audience = c.name
	}
	if cfg.EdgeAudience == "" {
		cfg.EdgeAudience = "edge"
	}
	cfg.Observer = cfg.WithDefaults()
	if cfg.BodyTimeout == 0 {
		cfg.BodyTimeout = 15 * time.Second
	}
	cfg.Pace = cfg.Pace.withDefaults()
	s := &Server{contract: c, cfg: cfg, mux: http.NewServeMux(), endpoints: map[*Route]*endpoint{}, metrics: newServerMetrics(cfg.Metrics)}
	s.huma = newHuma(c.name, s.adapter())
	s.mux.Handle("/", s.unmatched(s.mux))
	return s
}

// Contract returns the contract that the server serves.
func (s *Server) Contract() *Contract { return s.contract }

// ServeHTTP serves every route of the module, those for services only included:
// it is the door for neighbours.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Endpoint returns the handler of one route, or nil when none is registered.
func (s *Server) Endpoint(r *Route) http.Handler {
	if e, ok := s.endpoints[r]; ok {
		return e
	}
	return nil
}

// EndpointAfter is [Server.Endpoint] with a preparation of each request, which may be nil.
func (s *Server) EndpointAfter(r *Route, prepare Preparation) http.Handler {
	e, ok := s.endpoints[r]
	if !ok || prepare == nil {
		return s.Endpoint(r)
	}
	prepared := *e
	prepared.prepare = prepare
	return &prepared
}

// Err returns what keeps the server from serving its contract: mistakes in
// declarations and in handlers, and routes without a handler.
func (s *Server) Err() error {
	errs := append([]error{s.contract.Err()}, s.errs...)
	for _, r := range s.contract.routes {
		if s.endpoints[r] == nil {
			errs = append(errs, fmt.Errorf("%s declares %s but does not handle it: call api.Handle or api.Mount in its set-up", s.contract.name, r.Pattern()))
		}
	}
	if s.cfg.Idempotency == nil && slices.ContainsFunc(s.contract.routes, (*Route).IsIdempotent) {
		errs = append(errs, fmt.Errorf("%s has Idempotent routes but no database: give the module slipway.Migrations", s.contract.name))
	}
	return errors.Join(errs...)
}

// Handle serves the operation by h. The handler returns a *problem.Error for
// what the client may cause and wraps everything else with what it was doing.
func Handle[In, Out any](s Registrar, op *Operation[In, Out], h func(context.Context, In) (Out, error)) {
	s.API().register(op.Route, func(a huma.API) { registerTyped(a, op.Route, h) })
}

func (s *Server) mount(r *Route, h http.Handler) {
	s.register(r, func(huma.API) { s.add(r, h) })
}

// register runs f, in which a type that huma cannot take panics, and keeps the
// panic as an error of the start.
func (s *Server) register(r *Route, f func(huma.API)) {
	defer func() {
		if p := recover(); p != nil {
			s.errs = append(s.errs, fmt.Errorf("%s: %s: %v", s.contract.name, r.Pattern(), p))
		}
	}()
	switch {
	case r.contract != s.contract:
		s.errs = append(s.errs, fmt.Errorf("%s handles %s, which module %s declares", s.contract.name, r.Pattern(), r.contract.name))
		return
	case s.endpoints[r] != nil:
		s.errs = append(s.errs, fmt.Errorf("%s handles %s twice", s.contract.name, r.Pattern()))
		return
	}
	s.current = r
	f(s.huma)
}

func (s *Server) add(r *Route, next http.Handler) {
	e := newEndpoint(s, r, next)
	s.endpoints[r] = e
	s.mux.Handle(r.Pattern(), e)
}

// unmatched answers what no route of mux takes: 404, or 405 with the methods
// that the path has.
func (s *Server) unmatched(mux *http.ServeMux) http.Handler {
	return Unmatched(s.contract.name, mux, s.cfg.Observer)
}

// Unmatched returns the fallback handler "/" of a mux: a problem 404, or 405
// with Allow when the path exists under another method.
func Unmatched(module string, mux *http.ServeMux, o telemetry.Observer) http.Handler {
	e := observed(module, "unmatched", o, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := unmatchedProblem(mux, r)
		Fail(w, r, p)
		if problem.Status(p) == http.StatusNotFound { // the client gets its path back, the line does not
			_ = Note(r, problem.NoRoute(r.Method, firstSegment(r.URL.Path)))
		}
	}))
	e.unmatched = true
	return e
}

func unmatchedProblem(mux *http.ServeMux, r *http.Request) error {
	var allowed []string
	for _, m := range append(slices.Clone(methods), http.MethodOptions) {
		probe := &http.Request{Method: m, URL: r.URL, Host: r.Host, Header: http.Header{}}
		if _, pattern := mux.Handler(probe); pattern != "" && pattern != "/" {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) > 0 {
		return problem.NotAllowed(r.Method, allowed...)
	}
	return problem.NoRoute(r.Method, r.URL.Path)
}
