package slipway

import (
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
)

// A Module is a business capability: a contract and what serves it. Make one
// with [NewModule].
type Module struct {
	contract   *api.Contract
	migrations fs.FS
	calls      []string
	emits      []*events.Definition
	subscribes []*events.Definition
	aroundJobs []jobs.Middleware
	commands   []func() []*cobra.Command
	// What depends on the type of the module's settings is held as functions.
	prepare    func(*config.Source) (func(*Setup) error, error)
	neighbours func(*config.Source) ([]config.Neighbour, error)
	variables  []config.Variable
}

// An Option adds to a module what its contract does not say.
type Option func(*Module)

// Migrations gives the module a schema of its own, kept by the goose migrations
// at the root of fsys. Without it the module has no database.
func Migrations(fsys fs.FS) Option { return func(m *Module) { m.migrations = fsys } }

// Calls declares neighbours that the module always calls. A neighbour that the
// product chooses is a field of type [config.Neighbour] in the module's settings
// and needs no declaration.
func Calls(contracts ...*api.Contract) Option {
	return func(m *Module) {
		for _, c := range contracts {
			m.calls = append(m.calls, c.Name())
		}
	}
}

// Emits declares the events that the module broadcasts, which are of its own
// contract. What it does not declare is no part of the product's description, and
// nobody can subscribe to it.
func Emits(declared ...events.Declared) Option {
	return func(m *Module) { m.emits = append(m.emits, definitions(declared)...) }
}

// Subscribes declares the events of other modules that the module's jobs handle, so
// that every process knows who wants what without the set-up of modules that live
// elsewhere.
func Subscribes(declared ...events.Declared) Option {
	return func(m *Module) { m.subscribes = append(m.subscribes, definitions(declared)...) }
}

// AroundJobs adds middleware around every attempt of the module's jobs, the first
// outermost. A product adds its own to a module that comes with the kit:
//
//	cart.New().With(slipway.AroundJobs(audit))
func AroundJobs(middleware ...jobs.Middleware) Option {
	return func(m *Module) { m.aroundJobs = append(m.aroundJobs, middleware...) }
}

// Checks has f look at the module's settings, which are a C, when all mistakes of the
// settings are told, before anything starts. It is for what the struct cannot know of
// itself: what this product has given the module in another way. Its problems name
// variables in full. Of a setting that cannot be read f sees the default.
func Checks[C any](f func(config.Environment, C) []config.Problem) Option {
	return func(m *Module) {
		prepare := m.prepare
		m.prepare = func(src *config.Source) (func(*Setup) error, error) {
			setup, err := prepare(src)
			cfg, _ := config.Load[C](src, settingsPrefix(m.Name())) // prepare has told what cannot be read
			if problems := f(src.Environment(), cfg); len(problems) > 0 {
				err = config.Join(err, config.Errors(problems))
			}
			return setup, err
		}
	}
}

// With returns the module with more options.
func (m Module) With(opts ...Option) Module {
	m.calls, m.emits, m.subscribes = slices.Clip(m.calls), slices.Clip(m.emits), slices.Clip(m.subscribes)
	m.aroundJobs, m.commands = slices.Clip(m.aroundJobs), slices.Clip(m.commands)
	for _, opt := range opts {
		opt(&m)
	}
	return m
}

func definitions(declared []events.Declared) []*events.Definition {
	all := make([]*events.Definition, len(declared))
	for i, d := range declared {
		all[i] = d.Declared()
	}
	return all
}

// NewModule joins a contract and its set-up. C is the struct of the module's
// settings; its variables carry the module's name as prefix (CART_). The set-up
// registers handlers and starts nothing.
func NewModule[C any](contract *api.Contract, setup func(*Setup, C) error, opts ...Option) Module {
	prefix := settingsPrefix(contract.Name())
	m := Module{
		contract:   contract,
		variables:  config.Describe[C](prefix),
		neighbours: func(src *config.Source) ([]config.Neighbour, error) { return config.Neighbours[C](src, prefix) },
		prepare: func(src *config.Source) (func(*Setup) error, error) {
			cfg, err := config.Load[C](src, prefix)
			return func(s *Setup) error { return setup(s, cfg) }, err
		},
	}
	return m.With(opts...)
}

// Name returns the module's name.
func (m Module) Name() string { return m.contract.Name() }

// HasDatabase reports whether the module has migrations, and so a schema.
func (m Module) HasDatabase() bool { return m.migrations != nil }

// Contract returns the module's contract.
func (m Module) Contract() *api.Contract { return m.contract }

// Emits returns the events that the module broadcasts.
func (m Module) Emits() []*events.Definition { return slices.Clone(m.emits) }

// Subscribes returns the events that the module's jobs handle.
func (m Module) Subscribes() []*events.Definition { return slices.Clone(m.subscribes) }

// callees returns every neighbour that the module may call, sorted.
func (m Module) callees(src *config.Source) ([]string, error) {
	chosen, err := m.neighbours(src)
	if err != nil {
		return nil, fmt.Errorf("neighbours of %s: %w", m.Name(), err)
	}
	names := slices.Clone(m.calls)
	for _, n := range chosen {
		names = append(names, n.ModuleName())
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}
