package slipway

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
)

// An operator looks at the events and jobs of a product and mends them, over the
// databases and the broker that the settings name. It serves nobody, and leaves the
// schemas as they are.
type operator struct {
	app       *App
	private   *postgres.Private
	databases map[string]*postgres.DB
}

// newOperator reads no more settings than it needs, so that it works beside any
// process of the product.
func newOperator(src *config.Source, overrides Overrides, modules []Module) (*operator, error) {
	s, settingsErr := loadSettings(src)
	s.process.Migrate = false
	t, topologyErr := newTopology(src, s.process.Modules, modules, true)
	if err := config.Join(settingsErr, topologyErr); err != nil {
		return nil, err
	}
	return &operator{app: &App{source: src, settings: s, topology: t, overrides: overrides}, databases: map[string]*postgres.DB{}}, nil
}

func (o *operator) close() error { return o.app.Close() }

// eventful returns the modules that this process hosts and that have a database, or
// the one that is asked for.
func (o *operator) eventful(only string) ([]Module, error) {
	if only != "" {
		m, err := o.module(only)
		return []Module{m}, err
	}
	all := slices.DeleteFunc(o.app.hosted(), func(m Module) bool { return !m.HasDatabase() })
	if len(all) == 0 {
		return nil, fmt.Errorf("no module here has a database: SLIPWAY_MODULES=%s", strings.Join(o.app.settings.process.Modules, ","))
	}
	return all, nil
}

// module finds one that can be operated here.
func (o *operator) module(name string) (Module, error) {
	m, ok := o.find(name)
	switch {
	case !ok:
		return Module{}, fmt.Errorf("module %q: the product has none of this name; expected one of %s", name, strings.Join(o.app.topology.names(), ", "))
	case !m.HasDatabase():
		return Module{}, fmt.Errorf("module %s has no database, and so neither events nor jobs", name)
	case !o.app.topology.hosted[name]:
		return Module{}, fmt.Errorf("module %s is not hosted here (SLIPWAY_MODULES=%s): run the command with its settings, or with SLIPWAY_MODULES unset",
			name, strings.Join(o.app.settings.process.Modules, ","))
	}
	return m, nil
}

func (o *operator) find(name string) (Module, bool) {
	i := slices.IndexFunc(o.app.topology.modules, func(m Module) bool { return m.Name() == name })
	if i < 0 {
		return Module{}, false
	}
	return o.app.topology.modules[i], true
}

// database opens the module's, hosted here or not.
func (o *operator) database(ctx context.Context, m Module) (*postgres.DB, error) {
	if db := o.databases[m.Name()]; db != nil {
		return db, nil
	}
	if err := o.mustExist(m); err != nil {
		return nil, err
	}
	db, err := o.app.openDatabase(ctx, m, &o.private)
	if err != nil {
		return nil, unreachable(m.Name(), err)
	}
	o.databases[m.Name()] = db
	return db, nil
}

// mustExist refuses to make the private database of development: in a folder where the
// product never ran there is nothing to look at, and whoever looks is in the wrong one.
func (o *operator) mustExist(m Module) error {
	if o.app.overrides.Database != nil || o.private != nil {
		return nil
	}
	s, err := o.app.databaseSettings(m)
	if err != nil || s.URL.Reveal() != "" {
		return err
	}
	dir, err := filepath.Abs(filepath.Join(o.app.settings.process.DataDir, "postgres"))
	if err == nil {
		_, err = os.Lstat(filepath.Join(dir, "data"))
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("module %s has no database here: DATABASE_URL is not set, and there is none in %s: start the product here first, or run the command where it was started", m.Name(), dir)
	}
	return err
}

func (o *operator) outbox(ctx context.Context, m Module) (*outbox.Outbox, error) {
	db, err := o.database(ctx, m)
	if err != nil {
		return nil, err
	}
	return outbox.New(db), nil
}

func (o *operator) jobs(ctx context.Context, m Module) (*jobs.Admin, error) {
	db, err := o.database(ctx, m)
	if err != nil {
		return nil, err
	}
	return jobs.NewAdmin(db), nil
}

var errNoBroker = errors.New("no broker is set, so events travel inside one process and there are no queues: expected AMQP_URL, such as amqp://user:password@10.0.0.8:5672/shop; or --services, while the command services runs")

// broker returns RabbitMQ, or [errNoBroker].
func (o *operator) broker() (*rabbitmq.Bus, error) {
	url := o.app.settings.broker.URL
	if url.Reveal() == "" {
		return nil, errNoBroker
	}
	return rabbitmq.Open(rabbitmq.Config{URL: url, Subscriptions: o.app.subscriptions(), Name: o.app.settings.process.name() + " command"})
}

// The codes of PostgreSQL for a table and a schema that are not there.
const (
	undefinedTable  = "42P01"
	undefinedSchema = "3F000"
)

// explain says first of an error what a person can do about tables that are missing.
func explain(module string, err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && (e.Code == undefinedTable || e.Code == undefinedSchema) {
		return fmt.Errorf("module %s has no tables in this database: start the product once, which makes them, or is %sDATABASE_URL another one? It says: %w",
			module, settingsPrefix(module), err)
	}
	if postgres.IsUnavailable(err) {
		return unreachable(module, err)
	}
	return err
}
