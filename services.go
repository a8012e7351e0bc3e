package slipway

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/internal/fleet"
	"github.com/slipway-go/slipway/internal/loopback"
	"github.com/slipway-go/slipway/postgres"
)

// ServicesConfig says how a product runs as one process per module.
type ServicesConfig struct {
	// Source holds the settings that all processes share.
	Source *config.Source
	// Executable and Args start one process of the product. Default: this binary.
	Executable string
	Args       []string
	// Env is added to every process.
	Env []string
	// Databases creates databases by name and returns their addresses; a
	// *postgres.Private does. Every module gets one, whose name begins with
	// DatabasePrefix.
	Databases interface {
		Database(ctx context.Context, name string) (address string, err error)
	}
	DatabasePrefix string
	// Broker creates virtual hosts by name and returns their addresses; a
	// *rabbitmq.Private does. The events of the processes travel over one whose name
	// begins as those of their databases do. Nil: AMQP_URL says where, if they have events.
	Broker interface {
		VirtualHost(ctx context.Context, name string) (address string, err error)
	}
	// OneBinary runs all modules in one process with one database instead.
	OneBinary bool
	// Replicas says how many processes a module has, if more than one. Requests go to the
	// first, which is called as the module is; the others, cart-2 and so on, share its
	// events and jobs. One binary has as many as the module with the most.
	Replicas map[string]int
	// Stdout and Stderr take the processes' lines.
	Stdout, Stderr io.Writer
}

// Services is a product that runs as one process per module, each with a
// database of its own, behind the edge.
type Services struct {
	fleet     *fleet.Fleet
	addr      string
	oneBinary bool
	addrs     map[string]string // of the modules' processes
	databases map[string]string
	broker    string
	reserved  []*loopback.Address // of the modules' processes
}

// StartServices starts the processes and returns once all are ready. It is for
// development and tests: what it arranges by environment variables is what a
// deployment arranges in its own way.
func StartServices(ctx context.Context, cfg ServicesConfig, modules ...Module) (*Services, error) {
	p, err := planServices(ctx, cfg, modules)
	if err != nil {
		return nil, err
	}
	processes, err := p.processes()
	if err != nil {
		release(p.reserved)
		return nil, err
	}
	s := &Services{fleet: fleet.New(fleet.Config{Stdout: cfg.Stdout, Stderr: cfg.Stderr}), addr: p.edge, oneBinary: cfg.OneBinary, addrs: p.addrs, databases: p.databases, broker: p.broker, reserved: p.reserved}
	return s, s.fleet.Start(ctx, processes...)
}

// Addr returns the address of the edge.
func (s *Services) Addr() string { return s.addr }

// AddrOf returns the address of the process that hosts a module, the first of several; in one
// binary that is the edge.
func (s *Services) AddrOf(module string) string { return cmp.Or(s.addrs[module], s.addr) }

// Database returns the address of a module's database.
func (s *Services) Database(module string) string { return s.databases[module] }

// Broker returns the address of the virtual host over which the processes exchange
// events; "" where there is none of their own.
func (s *Services) Broker() string { return s.broker }

// Wait blocks until ctx is done or a process ends by itself.
func (s *Services) Wait(ctx context.Context) error { return s.fleet.Wait(ctx) }

// Stop ends every process in order.
func (s *Services) Stop() error {
	err := s.fleet.Stop()
	release(s.reserved)
	return err
}

func release(reserved []*loopback.Address) {
	for _, a := range reserved {
		a.Release()
	}
}

// Kill ends the process that hosts a module at once, as a crash would.
func (s *Services) Kill(module string) error { return s.fleet.Kill(s.process(module)) }

// Terminate ends the process that hosts a module in order, as a deployment would.
func (s *Services) Terminate(module string) error { return s.fleet.Terminate(s.process(module)) }

// Await blocks until the process that hosts a module has ended, by itself or not.
func (s *Services) Await(ctx context.Context, module string) error {
	return s.fleet.Await(ctx, s.process(module))
}

// Pause stops the process that hosts a module where it is, as a machine that
// hangs would; its connections stay open.
func (s *Services) Pause(module string) error {
	return s.fleet.Signal(s.process(module), syscall.SIGSTOP)
}

// Resume ends a Pause.
func (s *Services) Resume(module string) error {
	return s.fleet.Signal(s.process(module), syscall.SIGCONT)
}

// Restart starts the process that hosts a module again.
func (s *Services) Restart(ctx context.Context, module string) error {
	return s.fleet.Restart(ctx, s.process(module))
}

// process returns the name of the process that hosts a module, or of the replica
// (cart-2) that is asked for.
func (s *Services) process(module string) string {
	if !s.oneBinary {
		return module
	}
	if _, n, ok := strings.Cut(module, "-"); ok {
		return wholeProcess + "-" + n
	}
	return wholeProcess
}

// wholeProcess names the one process that hosts every module.
const wholeProcess = "all"

// A plan is the environment of every process.
type plan struct {
	cfg     ServicesConfig
	name    string
	edge    string
	modules []string
	addrs   map[string]string
	shared  []string            // for every process
	own     map[string][]string // for the process of one module
	// databases are the addresses of the modules' databases.
	databases map[string]string
	broker    string
	reserved  []*loopback.Address
	// trusted has a module's process believe the edge of this plan, which stands between
	// users and it, and what stands in front of that.
	trusted string
	// export has a module's process send its spans to the edge, which shows traces whole.
	export []string
}

func planServices(ctx context.Context, cfg ServicesConfig, modules []Module) (*plan, error) {
	s, err := loadSettings(cfg.Source)
	if err != nil {
		return nil, err
	}
	p := &plan{cfg: cfg, name: s.process.name(), edge: s.process.Addr, addrs: map[string]string{}, own: map[string][]string{}, databases: map[string]string{}}
	if err := p.addBroker(ctx, modules); err != nil {
		return nil, err
	}
	if cfg.OneBinary {
		return p, p.addWhole(ctx, modules)
	}
	p.trusted = "SLIPWAY_TRUSTED_PROXIES=" + strings.Join(append(networks(s.process.TrustedProxies).strings(), "127.0.0.1/32"), ",")
	p.shared = append(p.shared, "SLIPWAY_PUBLIC_URL="+s.process.publicURL())
	p.export = exportToEdge(cfg.Source, s)
	if s.verifier.Issuer == "" {
		p.shared = append(p.shared, "SSO_ISSUER="+s.process.publicURL())
	}
	for _, m := range modules {
		if err := p.add(ctx, m); err != nil {
			release(p.reserved)
			return nil, fmt.Errorf("plan the process of %s: %w", m.Name(), err)
		}
	}
	return p, nil
}

// exportToEdge returns the settings by which the edge gets the spans of all, unless somebody
// else does. They come soon and unpacked: all are on one machine, and a person waits.
func exportToEdge(src *config.Source, s allSettings) []string {
	if s.otlp.On() || !takesSpans(src.Environment(), s.traces) {
		return nil
	}
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + reachable(s.process.Addr), "OTEL_EXPORTER_OTLP_COMPRESSION=none", "OTEL_BSP_SCHEDULE_DELAY=200"}
}

// addBroker lets the processes meet where there is something to say.
func (p *plan) addBroker(ctx context.Context, modules []Module) error {
	if p.cfg.Broker == nil || !slices.ContainsFunc(modules, Module.hasEvents) {
		return nil
	}
	address, err := p.cfg.Broker.VirtualHost(ctx, cmp.Or(strings.TrimRight(p.cfg.DatabasePrefix, "_"), p.name))
	if err != nil {
		return fmt.Errorf("make a virtual host for the events: %w", err)
	}
	p.broker, p.shared = address, append(p.shared, "AMQP_URL="+address)
	return nil
}

// addWhole plans the one process that hosts every module.
func (p *plan) addWhole(ctx context.Context, modules []Module) error {
	for _, m := range modules {
		p.shared = append(p.shared, p.secretOf(m.Name()))
	}
	if !slices.ContainsFunc(modules, Module.HasDatabase) {
		return nil
	}
	url, err := p.cfg.Databases.Database(ctx, p.cfg.DatabasePrefix+wholeProcess)
	p.shared = append(p.shared, "DATABASE_URL="+url)
	for _, m := range modules {
		p.databases[m.Name()] = url
	}
	return err
}

// secretOf returns the module's credential: the one that is given, since a provider of
// somebody else's knows it, or a new one.
func (p *plan) secretOf(module string) string {
	name := settingsPrefix(module) + "CLIENT_SECRET"
	given, _ := p.cfg.Source.Lookup(name)
	return name + "=" + cmp.Or(given, rand.Text()+rand.Text())
}

func (p *plan) add(ctx context.Context, m Module) error {
	name, prefix := m.Name(), settingsPrefix(m.Name())
	reserved, err := loopback.Reserve()
	if err != nil {
		return err
	}
	addr := reserved.String()
	p.reserved = append(p.reserved, reserved)
	p.modules, p.addrs[name] = append(p.modules, name), addr
	p.shared = append(p.shared, prefix+"URL=http://"+addr)
	secret := p.secretOf(name)
	p.own[name] = append(p.own[name], secret)
	p.own[name] = append(p.own[name], p.trusted)
	p.own[name] = append(p.own[name], p.export...)
	if name != ssoModule {
		p.own[ssoModule] = append(p.own[ssoModule], secret)
	}
	if m.migrations == nil {
		return nil
	}
	url, err := p.cfg.Databases.Database(ctx, p.cfg.DatabasePrefix+name)
	p.own[name] = append(p.own[name], prefix+"DATABASE_URL="+url)
	p.databases[name] = url
	return err
}

func (p *plan) processes() ([]fleet.Process, error) {
	if p.cfg.OneBinary {
		most := slices.Max(append(slices.Collect(maps.Values(p.cfg.Replicas)), 1))
		return p.replicas(wholeProcess, p.edge, nil, most)
	}
	var all []fleet.Process
	for _, m := range p.modules {
		some, err := p.replicas(m, p.addrs[m], p.own[m], p.cfg.Replicas[m])
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	return append(all, p.process(edgeOnly, edgeOnly, p.edge, nil)), nil
}

// replicas are the processes that host the same; addr is that of the first.
func (p *plan) replicas(hosted, addr string, own []string, count int) ([]fleet.Process, error) {
	all := []fleet.Process{p.process(hosted, hosted, addr, own)}
	for n := 2; n <= count; n++ {
		reserved, err := loopback.Reserve()
		if err != nil {
			return nil, fmt.Errorf("plan process %d of %s: %w", n, hosted, err)
		}
		p.reserved = append(p.reserved, reserved)
		all = append(all, p.process(fmt.Sprintf("%s-%d", hosted, n), hosted, reserved.String(), own))
	}
	return all, nil
}

func (p *plan) process(name, hosted, addr string, own []string) fleet.Process {
	env := append(os.Environ(), p.cfg.Env...)
	env = append(env, p.shared...)
	env = append(env, own...)
	env = append(env, "SLIPWAY_ADDR="+addr)
	if hosted != wholeProcess {
		env = append(env, "SLIPWAY_MODULES="+hosted)
	}
	if name != wholeProcess {
		env = append(env, "SLIPWAY_NAME="+p.name+"-"+name)
	}
	if name != wholeProcess && name != edgeOnly {
		env = append(env, "SLIPWAY_INSPECT_ADDR=") // it is one address, which the first process has
	}
	return fleet.Process{Name: name, Path: p.cfg.Executable, Args: p.cfg.Args, Env: env, Ready: "http://" + addr + "/readyz"}
}

// runServices is the command "services".
func runServices(ctx context.Context, src *config.Source, modules []Module) error {
	if src.Environment() == config.Production {
		return errors.New("the command services is for development: it starts a private PostgreSQL and makes up credentials; in production start each process with SLIPWAY_MODULES")
	}
	s, err := loadSettings(src)
	if err != nil {
		return err
	}
	executable, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this binary: %w", err)
	}
	databases, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: filepath.Join(s.process.DataDir, "postgres"), Durable: true})
	if err != nil {
		return fmt.Errorf("start a private PostgreSQL: %w", err)
	}
	cfg := ServicesConfig{Source: src, Executable: executable, Databases: databases, Stdout: os.Stdout, Stderr: os.Stderr}
	if s.broker.URL.Reveal() != "" || !slices.ContainsFunc(modules, Module.hasEvents) {
		return errors.Join(serveServices(ctx, s, cfg, modules), databases.Close())
	}
	fmt.Fprintln(os.Stderr, "Starting a private RabbitMQ, which carries the events between the services: it takes some seconds.")
	broker, err := rabbitmq.StartPrivate(ctx, rabbitmq.PrivateConfig{Dir: filepath.Join(s.process.DataDir, "rabbitmq"), Durable: true})
	if err != nil {
		return errors.Join(fmt.Errorf("start a private RabbitMQ (set AMQP_URL to use one of your own): %w", err), databases.Close())
	}
	cfg.Broker = broker
	return errors.Join(serveServices(ctx, s, cfg, modules), broker.Close(), databases.Close())
}

func serveServices(ctx context.Context, s allSettings, cfg ServicesConfig, modules []Module) error {
	services, err := StartServices(ctx, cfg, modules...)
	if err != nil {
		return err
	}
	title := fmt.Sprintf("%s is ready as %d services (%s)", s.process.name(), len(modules), strings.Join(moduleNames(modules), ", "))
	lines := append(addresses(services.Addr(), s.process), s.traces.addresses(services.Addr(), cfg.Source.Environment())...)
	greeting(title, lines, "Ctrl-C stops them.")
	return errors.Join(services.Wait(ctx), services.Stop())
}

func moduleNames(modules []Module) []string {
	names := make([]string, len(modules))
	for i, m := range modules {
		names[i] = m.Name()
	}
	return names
}
