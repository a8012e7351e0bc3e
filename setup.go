package slipway

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// A Setup is what a module's set-up works with: everything that the module may
// use, and nothing of any other module.
type Setup struct {
	app        *App
	module     Module
	server     *api.Server
	db         *postgres.DB
	worker     *jobs.Worker
	logger     *slog.Logger
	background []background
	errs       []error
}

type background struct {
	module string
	name   string // module/work
	run    func(context.Context) error
}

// API returns where api.Handle and api.Mount register.
func (s *Setup) API() *api.Server { return s.server }

// DB returns the module's database: its own schema, through its own pool. The
// module must have [Migrations].
func (s *Setup) DB() *postgres.DB {
	if s.db == nil {
		s.fail(fmt.Errorf("%s uses its database but has no migrations: give NewModule slipway.Migrations", s.module.Name()))
	}
	return s.db
}

// Calls returns the caller for a neighbour: a contract (cartapi.Module) that
// the module declares with [Calls], or a setting of type config.Neighbour.
func (s *Setup) Calls(n interface{ ModuleName() string }) api.Caller {
	name := n.ModuleName()
	if !slices.Contains(s.app.topology.callees[s.module.Name()], name) {
		s.fail(fmt.Errorf("%s calls %s without declaring it: give NewModule slipway.Calls(%sapi.Module), or make it a config.Neighbour among the settings",
			s.module.Name(), name, name))
	}
	return s.app.caller(s.module.Name(), name)
}

// Background runs f from the moment the process serves until it stops; f returns
// when its context is done. The context acts as the service. An error or a
// panic of f stops the process: what may fail is handled inside. Since f goes on for ever
// it is no span; telemetry.Round begins a trace of each thing that it does.
func (s *Setup) Background(name string, f func(context.Context) error) {
	s.background = append(s.background, background{s.module.Name(), s.module.Name() + "/" + name, f})
}

// Jobs returns where jobs.On, jobs.Handle and jobs.Cron register, and where
// [jobs.Worker.Use] adds middleware. The module must have [Migrations].
func (s *Setup) Jobs() *jobs.Worker {
	if s.DB() == nil {
		return jobs.NewWorker(jobs.Config{}) // the set-up has failed, and goes on to find more
	}
	return s.worker
}

// Announce prints a line for the person who started the process in
// development, below the addresses: a demo user, a page to open.
func (s *Setup) Announce(label, text string) { s.app.announce(label, text) }

// Logger returns the module's logger.
func (s *Setup) Logger() *slog.Logger { return s.logger }

// Metrics returns where the module registers counts of its own, by promauto.With. Each gets
// the label module. What anybody may invent (a path, an id, a tenant, an error's text) must not
// be a label: every value is memory, here and in Prometheus, for as long as the process lives.
func (s *Setup) Metrics() prometheus.Registerer { return s.app.observer(s.module.Name()).Metrics }

// Environment returns development, test or production.
func (s *Setup) Environment() config.Environment { return s.app.source.Environment() }

// Contracts returns the contract of every module of the product, hosted here or
// not, in the order of main, and last what the kit itself serves for operators.
func (s *Setup) Contracts() []*api.Contract { return append(s.app.contracts(), kit) }

// Neighbours returns who may call whom in the whole product: caller → callees.
func (s *Setup) Neighbours() map[string][]string { return s.app.topology.neighbours() }

// PublicURL returns the address under which people reach the product, without a slash at
// its end.
func (s *Setup) PublicURL() string {
	return strings.TrimSuffix(s.app.settings.process.publicURL(), "/")
}

// Issuer returns the address that tokens name as their issuer.
func (s *Setup) Issuer() string { return s.app.identity.issuer }

// EdgeAudience returns the audience of tokens that users get at login.
func (s *Setup) EdgeAudience() string { return s.app.identity.Audience }

// TrustedProxies returns the networks in front of this process whose X-Forwarded-For is
// believed; what anybody else writes there is not.
func (s *Setup) TrustedProxies() []netip.Prefix { return s.app.settings.process.TrustedProxies }

// ServiceSecret returns the credential of a module as a client of the SSO, or
// false when this process does not know it.
func (s *Setup) ServiceSecret(module string) (config.Secret, bool) { return s.app.secret(module) }

// SecretInSettings reports whether the settings of this process give the module's
// credential (<MODULE>_CLIENT_SECRET).
func (s *Setup) SecretInSettings(module string) bool { return s.app.secretInSettings(module) }

func (s *Setup) fail(err error) { s.errs = append(s.errs, err) }
