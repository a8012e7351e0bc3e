package slipway

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/s2s"
	"github.com/slipway-go/slipway/s2s/rediscache"
	"github.com/slipway-go/slipway/telemetry"
	"github.com/slipway-go/slipway/telemetry/otlp"
	"github.com/slipway-go/slipway/telemetry/sentry"
	"github.com/slipway-go/slipway/telemetry/traces"
)

// An App is a product in one process: the modules that it hosts, and the way to
// those that live elsewhere.
type App struct {
	source    *config.Source
	settings  allSettings
	topology  *topology
	overrides Overrides
	log       *telemetry.Log
	logger    *slog.Logger     // of the log
	reports   *sentry.Reporter // nil: the log alone has them
	tracer    *telemetry.Tracer
	exporter  *otlp.Exporter // nil: spans are sent nowhere
	metrics   *prometheus.Registry
	traces    *traces.Store // nil: none are kept
	network   http.RoundTripper
	streaming *http.Transport // to where routes that stream are served; nil until the edge passes one on
	verifier  api.Authenticator
	identity  identity
	cookies   *cookies

	eventing eventing
	locks    map[string]*postgres.Locks // by the address of the database
	redis    *rediscache.Server         // nil: each process keeps its tokens to itself

	setups  map[string]*Setup
	tokens  map[string]*s2s.Tokens
	locals  map[string]http.RoundTripper
	handler http.Handler
	// inspectHandler is that of the listener of SLIPWAY_INSPECT_ADDR.
	inspectHandler http.Handler
	turns          turns
	flight         flight
	stopping       chan struct{} // closed when the process is told to stop
	served         []Served
	health         *health
	closers        []func() error
	idle           []http.RoundTripper // whose connections are let go at the end

	mu            sync.Mutex
	secrets       map[string]config.Secret
	announcements []announcement
}

// Overrides replace parts of an App; they are for test kits.
type Overrides struct {
	// Database returns a module's database, in place of the settings'.
	Database func(ctx context.Context, m Module) (*postgres.DB, error)
	// SSO serves the keys and the tokens in place of the module sso and of SSO_URL.
	SSO http.RoundTripper
	// Neighbour returns the transport from one module to another; next is the
	// App's own, or nil when the neighbour cannot be reached. The rest of the
	// chain stays: deadlines, retries, tokens.
	Neighbour func(caller, neighbour string, next http.RoundTripper) http.RoundTripper
	// Outside returns the transport from a module to the host that it calls by
	// this name; next is the App's own. The rest of the chain stays.
	Outside func(module, name string, next http.RoundTripper) http.RoundTripper
	// ServiceRoutes puts routes for services on the handler of a process that is
	// the edge, where they are not otherwise.
	ServiceRoutes bool
	// Stdout takes the log in place of the process's.
	Stdout io.Writer
	// Log wraps what takes the records of the log, to see them with their contexts.
	Log func(next slog.Handler) slog.Handler
	// Reporter learns of unexpected errors in place of the log.
	Reporter telemetry.Reporter
	// Spans gets those of every trace that is kept, beside what the settings name.
	Spans telemetry.Recorder
	// BlobDir returns the directory of the modules' objects where BLOB_DIR is not set. It is
	// called once a module asks for its store.
	BlobDir func() string
	// Clock tells when jobs are due, in place of the database, for kits that run them
	// with RunDue: an App with it does not run.
	Clock func() time.Time
}

// New checks the settings, the modules and the topology, and returns every
// mistake at once. It starts nothing.
func New(src *config.Source, modules ...Module) (*App, error) {
	return NewWith(src, Overrides{}, modules...)
}

// NewWith is [New] with parts replaced, for test kits.
func NewWith(src *config.Source, o Overrides, modules ...Module) (*App, error) {
	a := &App{source: src, overrides: o, setups: map[string]*Setup{}, tokens: map[string]*s2s.Tokens{}, locals: map[string]http.RoundTripper{}, locks: map[string]*postgres.Locks{}, secrets: map[string]config.Secret{}, stopping: make(chan struct{})}
	var errs [5]error
	a.settings, errs[0] = loadSettings(src)
	a.topology, errs[1] = newTopology(src, a.settings.process.Modules, modules, o.Neighbour != nil)
	if a.topology == nil {
		return nil, config.Join(errs[:]...)
	}
	a.network, errs[2] = httpclient.NewTransport(a.settings.http)
	errs[4] = a.observe()
	errs[3] = a.shareTokens()
	if err := config.Join(append(errs[:], a.identify(), a.checkBroker(), a.checkLevels(), a.checkSettings())...); err != nil {
		return nil, err
	}
	return a, a.openReports()
}

func (a *App) observe() error {
	a.log = a.openLog()
	a.logger = a.log.Logger
	if wrap := a.overrides.Log; wrap != nil {
		a.logger = slog.New(wrap(a.logger.Handler()))
	}
	a.keepTraces()
	a.metrics = newRegistry()
	a.countLostLines()
	err := a.openExport()
	a.tracer = telemetry.NewTracer(a.settings.trace, &telemetry.Redactor{}, a.recorders()...)
	return err
}

// recorders are those who get the spans.
func (a *App) recorders() []telemetry.Recorder {
	var all []telemetry.Recorder
	if a.overrides.Spans != nil {
		all = append(all, a.overrides.Spans)
	}
	if a.exporter != nil {
		all = append(all, a.exporter)
	}
	if a.traces != nil {
		all = append(all, a.traces)
	}
	return all
}

// observer is by what a module, the edge or the kit's own part is seen at work.
func (a *App) observer(module string) telemetry.Observer {
	logger := a.logger.With("module", module)
	return telemetry.Observer{
		Logger: logger, Reporter: a.reporter(module, logger), Tracer: a.tracer,
		Metrics: prometheus.WrapRegistererWith(prometheus.Labels{"module": module}, a.metrics),
	}
}

// shareTokens opens the cache that replicas share, if there is one; it connects at
// the first use.
func (a *App) shareTokens() error {
	address := a.settings.tokens.URL
	if address.Reveal() == "" {
		return nil
	}
	secure, err := a.settings.http.TLS()
	if err != nil {
		return nil //nolint:nilerr // the transport to neighbours tells the same
	}
	a.redis, err = rediscache.Open(rediscache.Config{URL: address, TLS: secure, Timeout: a.settings.tokens.Timeout, Logger: a.logger})
	if err != nil {
		return fmt.Errorf("REDIS_URL: %w", err)
	}
	return nil
}

// ssoModule is the name under which the SSO is known to the kit: tokens come
// from it when the product has it.
const ssoModule = "sso"

// hasSSO reports whether the product issues its tokens itself.
func (a *App) hasSSO() bool { return slices.Contains(a.topology.names(), ssoModule) }

// checkSettings loads every hosted module's settings, so that all mistakes show
// before anything starts.
func (a *App) checkSettings() error {
	var errs []error
	for _, m := range a.hosted() {
		_, err := m.prepare(a.source)
		errs = append(errs, err)
		if m.migrations != nil && a.overrides.Database == nil {
			_, err = a.databaseSettings(m)
			errs = append(errs, err)
		}
		if _, ok := a.secret(m.Name()); !ok && len(a.topology.callees[m.Name()]) > 0 && a.overrides.Neighbour == nil {
			errs = append(errs, config.Errors{{
				Variable: settingsPrefix(m.Name()) + "CLIENT_SECRET", Expected: "the credential of service " + m.Name() + " at the SSO, 32 characters or more",
				Fix: "the process that hosts the SSO needs the same value",
			}})
		}
	}
	return config.Join(errs...)
}

func (a *App) hosted() []Module {
	return slices.DeleteFunc(slices.Clone(a.topology.modules), func(m Module) bool { return !a.topology.hosted[m.Name()] })
}

func (a *App) contracts() []*api.Contract {
	all := make([]*api.Contract, len(a.topology.modules))
	for i, m := range a.topology.modules {
		all[i] = m.contract
	}
	return all
}

// secret returns a module's credential: the configured one, or one that lives as
// long as the process when module and SSO share it.
func (a *App) secret(module string) (config.Secret, bool) {
	if a.secretInSettings(module) {
		return a.topology.remote[module].Secret, true
	}
	if !a.topology.hosted[module] || !a.topology.hosted[ssoModule] && a.overrides.SSO == nil {
		return "", false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, ok := a.secrets[module]; !ok {
		a.secrets[module] = config.Secret(rand.Text() + rand.Text())
	}
	return a.secrets[module], true
}

func (a *App) secretInSettings(module string) bool {
	return a.topology.remote[module].Secret.Reveal() != ""
}

// setup gives every hosted module its parts and lets it register.
func (a *App) setup(databases map[string]*postgres.DB) error {
	a.verifier = a.authenticator()
	if err := a.prepareEvents(databases); err != nil {
		return err
	}
	for _, m := range a.hosted() {
		observer := a.observer(m.Name())
		cfg := api.ServerConfig{
			Authenticator: a.verifier, Audience: a.audienceOf(m.Name()), EdgeAudience: a.identity.Audience,
			Observer: observer, MaxTimeout: a.settings.process.RequestTimeout, Pace: a.settings.process.pace(),
		}
		if db := databases[m.Name()]; db != nil {
			cfg.Idempotency = newIdempotency(db)
		}
		s := &Setup{app: a, module: m, server: api.NewServer(m.contract, cfg), db: databases[m.Name()], worker: a.eventing.worker(m.Name()), logger: observer.Logger}
		if store, ok := cfg.Idempotency.(*idempotency); ok {
			s.Background("idempotency", store.sweep)
		}
		a.setups[m.Name()] = s
		a.locals[m.Name()] = s2s.Local(a.setups[m.Name()].server)
	}
	var errs []error
	for _, m := range a.hosted() {
		errs = append(errs, a.setups[m.Name()].run(a.source))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return a.route()
}

func (s *Setup) run(src *config.Source) error {
	setup, err := s.module.prepare(src)
	if err != nil {
		return err
	}
	if err := setup(s); err != nil {
		return fmt.Errorf("set up %s: %w", s.module.Name(), err)
	}
	var jobs error
	if s.worker != nil {
		jobs = s.worker.Err()
	}
	return errors.Join(append(s.errs, s.server.Err(), jobs)...)
}

// caller returns the way from one module to another.
func (a *App) caller(from, to string) api.Caller {
	p := a.topology.remote[to]
	cfg := s2s.ClientConfig{
		Neighbour: to, Audience: a.audienceOf(to), Scopes: a.serviceScopes(from, to),
		Tokens: a.tokensOf(from), Forward: p.Tokens == "forward",
		HTTP: a.settings.http, Observer: a.observer(from),
	}
	switch {
	case a.topology.hosted[to]:
		cfg.Transport = httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) { return a.locals[to].RoundTrip(r) })
	case p.URL != nil:
		cfg.BaseURL, cfg.Transport = p.URL, a.network
	}
	if a.overrides.Neighbour != nil {
		cfg.Transport = a.overrides.Neighbour(from, to, cfg.Transport)
	}
	return s2s.New(cfg)
}

// logged adds the trace, the line and the count per call to the way to the SSO.
func (a *App) logged(transport http.RoundTripper, o telemetry.Observer) http.RoundTripper {
	return httpclient.Chain(transport, httpclient.Trace(ssoModule),
		httpclient.Count(httpclient.CountConfig{Metrics: o.Metrics, Target: ssoModule}),
		httpclient.Log(httpclient.LogConfig{Logger: o.Logger, Redactor: &telemetry.Redactor{}, Target: ssoModule}))
}
