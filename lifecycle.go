package slipway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// Run starts the product, serves until ctx is done and stops: not ready, no new
// requests, requests in hand finished, background work ended, no new events taken,
// jobs in hand finished, the last events published, databases closed, the last spans
// sent.
// The first failure stops everything and is the returned error.
func (a *App) Run(ctx context.Context) error {
	defer a.flushLog()
	for _, p := range misspelt(a.source, a.topology.modules) {
		a.logger.WarnContext(ctx, "a setting is read by nothing", "variable", p.Variable, "fix", p.Fix)
	}
	if err := a.Start(ctx); err != nil {
		if ctx.Err() != nil {
			err = nil // told to stop before it had begun
		}
		return errors.Join(err, a.Close())
	}
	return errors.Join(a.serve(ctx), a.Close())
}

// Start opens the databases, brings their schemas up to date and sets the
// modules up. It neither listens nor runs background work, but that spans are sent
// where the settings say; [App.Handler] serves from then on. Close it, also after an
// error.
func (a *App) Start(ctx context.Context) error {
	a.startExport(ctx) // first, so that it ends last
	if a.redis != nil {
		a.closers = append(a.closers, a.redis.Close)
	}
	databases, err := a.openDatabases(ctx)
	if err != nil {
		return err
	}
	return a.setup(databases)
}

// Handler returns what the process serves; nil before Start.
func (a *App) Handler() http.Handler { return a.handler }

// Close gives back what Start opened, last first.
func (a *App) Close() error {
	var errs []error
	for _, c := range slices.Backward(a.closers) {
		errs = append(errs, c())
	}
	a.closers = nil
	for _, transport := range append(slices.Collect(maps.Values(a.locals)), append(a.idle, a.network)...) {
		(&http.Client{Transport: transport}).CloseIdleConnections()
	}
	return errors.Join(errs...)
}

func (a *App) serve(ctx context.Context) error {
	d, err := a.openDoor(ctx)
	if err != nil {
		return err
	}
	return d.during(ctx, func(ctx context.Context) error { return a.record(ctx, a.serveProduct) })
}

func (a *App) serveProduct(ctx context.Context) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.settings.process.Addr)
	if err != nil {
		return fmt.Errorf("listen on SLIPWAY_ADDR=%s: %w; is another process using the address? choose another with SLIPWAY_ADDR=127.0.0.1:8081", a.settings.process.Addr, err)
	}
	server := a.server(ctx)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return served(server.Serve(listener)) })
	// Each part goes on until the one that gives it work has ended: requests, then
	// background work, then events and jobs.
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	carry, stopCarrying := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCarrying()
	g.Go(func() error {
		defer stopCarrying()
		return a.workBehind(work)
	})
	g.Go(func() error { return a.eventing.run(carry) })
	g.Go(func() error {
		<-gctx.Done()
		defer stopWork()
		return a.drain(server)
	})
	a.health.ready.Store(true)
	a.greet(listener.Addr().String())
	return g.Wait()
}

func (a *App) server(ctx context.Context) *http.Server {
	return &http.Server{
		// The end of ctx is no end of requests in hand; see drain.
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		Handler:           a.handler,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		// Bodies have their own deadline in api; answers must leave in this time.
		WriteTimeout:   a.settings.process.RequestTimeout + 30*time.Second,
		MaxHeaderBytes: 32 << 10,
		ErrorLog:       slog.NewLogLogger(a.logger.Handler(), slog.LevelWarn),
	}
}

func served(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve: %w", err)
}

// drain lets requests in hand finish.
func (a *App) drain(server *http.Server) error {
	a.health.ready.Store(false)
	close(a.stopping)
	time.Sleep(a.settings.process.DrainDelay)
	ctx, cancel := context.WithTimeout(context.Background(), a.settings.process.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		_ = server.Close() // the time is over
		return fmt.Errorf("requests in hand did not finish within SLIPWAY_SHUTDOWN_TIMEOUT=%s: %w", a.settings.process.ShutdownTimeout, err)
	}
	return nil
}

// workBehind runs the background work of every module until ctx is done.
func (a *App) workBehind(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		<-ctx.Done()
		return nil
	})
	for _, b := range a.backgrounds() {
		g.Go(func() error {
			return b.guarded(a.tracer.Behind(ctx, b.module), a.observer(b.module).WithDefaults().Reporter)
		})
	}
	return g.Wait()
}

func (a *App) backgrounds() []background {
	var all []background
	for _, m := range a.hosted() {
		all = append(all, a.setups[m.Name()].background...)
	}
	return all
}

// guarded runs the work as the service and reports its failure, which ends the process.
func (b background) guarded(ctx context.Context, reporter telemetry.Reporter) error {
	ctx = auth.AsService(ctx, "background work "+b.name)
	err := b.contained(ctx)
	if err == nil || errors.Is(err, context.Canceled) {
		return nil
	}
	err = fmt.Errorf("background work %s: %w", b.name, err)
	reporter.Report(ctx, err, slog.String("background", b.name))
	return err
}

func (b background) contained(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = telemetry.Panicked(p)
		}
	}()
	return b.run(ctx)
}

// openDatabases returns the database of every hosted module that has migrations.
func (a *App) openDatabases(ctx context.Context) (map[string]*postgres.DB, error) {
	databases := map[string]*postgres.DB{}
	var private *postgres.Private
	for _, m := range a.hosted() {
		if m.migrations == nil {
			continue
		}
		db, err := a.openDatabase(ctx, m, &private)
		if err != nil {
			return nil, unreachable(m.Name(), err)
		}
		databases[m.Name()] = db
	}
	return databases, nil
}

func (a *App) openDatabase(ctx context.Context, m Module, private **postgres.Private) (*postgres.DB, error) {
	if a.overrides.Database != nil {
		return a.overrides.Database(ctx, m)
	}
	s, err := a.databaseSettings(m)
	if err != nil {
		return nil, err
	}
	if s.URL.Reveal() == "" {
		if s.URL, err = a.privateDatabase(ctx, private); err != nil {
			return nil, err
		}
	}
	db, err := postgres.Open(postgres.Config{URL: s.URL, Schema: m.Name(), MaxConns: s.MaxConns})
	if err != nil {
		return nil, err
	}
	a.closers = append(a.closers, func() error { db.Close(); return nil })
	if !a.settings.process.Migrate {
		return db, nil
	}
	return db, m.Migrate(ctx, db)
}

func (a *App) privateDatabase(ctx context.Context, private **postgres.Private) (config.Secret, error) {
	if *private == nil {
		p, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: filepath.Join(a.settings.process.DataDir, "postgres"), Durable: true})
		if err != nil {
			return "", fmt.Errorf("start a private PostgreSQL (set DATABASE_URL to use one of your own): %w", err)
		}
		*private = p
		a.closers = append(a.closers, p.Close)
	}
	return config.Secret((*private).URL()), nil
}

func (a *App) databaseSettings(m Module) (database, error) {
	own, err := config.Load[database](a.source, settingsPrefix(m.Name()))
	if err != nil || own.URL.Reveal() != "" {
		return own, err
	}
	shared, err := config.Load[database](a.source, "")
	if err == nil && shared.URL.Reveal() == "" && a.source.Environment() == config.Production {
		err = config.Errors{{
			Variable: "DATABASE_URL", Expected: "the address of PostgreSQL, such as postgres://user:password@host/database",
			Fix: "in production nothing is started privately; <MODULE>_DATABASE_URL gives a module its own",
		}}
	}
	return shared, err
}
