package slipwaytest

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/slipwaytest/internal/testdb"
)

// A running module is one that runs as main would run it, in this process: with a
// listener, background work and a database of its own.
type running struct {
	*world
	probe    http.Handler // what a caller from outside reaches
	database string       // its name; "" when the module has none
	broker   *wire        // nil when the module has no events
	before   []string     // doors of the process before it
	own      string       // the module's own door
	lied     bool         // about its health
	pool     *postgres.DB
	cancel   context.CancelFunc
	ended    chan error
}

// run starts the module and returns when it is ready.
func (u *universal) run(t *testing.T) *running {
	t.Helper()
	p := &running{world: newWorld(t, []slipway.Module{u.module}, false), own: freeAddr(t), ended: make(chan error, 1)}
	for _, prepare := range u.worlds {
		prepare(&Kit{world: p.world, t: t, caller: anonymous})
	}
	if u.hasEvents() {
		p.broker = newWire(t)
	}
	p.before, _ = doors()
	overrides := p.overrides(t, p.open)
	overrides.ServiceRoutes = false
	overrides.Clock = nil // jobs run by themselves here, and by the database's time
	app, err := slipway.NewWith(u.processSettings(p), overrides, u.module)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	p.cancel = cancel
	go func() { p.ended <- app.Run(ctx) }()
	t.Cleanup(func() { p.end(t) })
	p.probe = &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: p.own}) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(unreachable) },
	}
	if u.sabotage != nil {
		p.probe = u.sabotage(p.probe)
	}
	p.awaitStart(t)
	return p
}

// startPatience covers migrations, too.
const startPatience = time.Minute

// awaitStart waits until the module serves, or says why it does not.
func (p *running) awaitStart(t *testing.T) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) { // the process changes by itself, and nothing tells when
		if status, _ := p.ask(t, "/readyz"); status == http.StatusOK {
			return
		}
		select {
		case err := <-p.ended:
			p.ended <- nil // for end
			t.Fatalf("the module does not start: %v\n%s", err, p.log)
		default:
		}
		if time.Since(began) > startPatience {
			t.Fatalf("the module is not ready after %s: does its set-up wait for something? It starts nothing\n%s", startPatience, p.log)
		}
	}
}

func (u *universal) processSettings(p *running) *config.Source {
	values := map[string]string{
		"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "test", "SLIPWAY_ADDR": p.own, "SLIPWAY_DOCS": "false",
		"SLIPWAY_DRAIN_DELAY": "300ms", "SSO_ISSUER": authtest.URL,
	}
	if p.broker != nil {
		values["AMQP_URL"] = p.broker.address
	}
	maps.Copy(values, u.settings)
	return config.New(values)
}

// open returns a database of its own, that can be taken away.
func (p *running) open(ctx context.Context, t testing.TB, m slipway.Module, _ pgx.QueryTracer) (*postgres.DB, error) {
	t.Helper()
	p.database = testdb.UniqueName(m.Name())
	address, err := databases.Database(ctx, p.database)
	if err != nil {
		return nil, err
	}
	db, err := postgres.Open(postgres.Config{URL: config.Secret(address), Schema: m.Name(), ConnectTimeout: time.Second})
	if err != nil {
		return nil, err
	}
	p.pool = db // closed once the module has ended, which uses it until then
	return db, m.Migrate(ctx, db)
}

// end stops the module, if it still runs, and closes its database.
func (p *running) end(t *testing.T) {
	t.Helper()
	p.cancel()
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("the module did not stop as it was told: %v\n%s", err, p.log)
		}
	case <-time.After(30 * time.Second):
		t.Errorf("the module did not stop within 30s: its background work must end when its context does\n%s", p.log)
		return // and holds its connections
	}
	if p.pool != nil {
		p.pool.Close()
	}
}

// healthPatience is how long the kit may take to notice a change: it asks its
// databases twice a second, and hears at once that its broker is away.
const healthPatience = 5 * time.Second

// brokerPatience is how long it may take to reach a broker that has come back, which it
// tries every few seconds.
const brokerPatience = 20 * time.Second

// unreachable is what a probe gets of a process that is not there.
const unreachable = http.StatusBadGateway

// want waits until the path answers with one of the statuses.
func (p *running) want(t *testing.T, path string, statuses ...int) {
	t.Helper()
	p.wantWithin(t, healthPatience, path, statuses...)
}

func (p *running) wantWithin(t *testing.T, patience time.Duration, path string, statuses ...int) {
	t.Helper()
	began := time.Now()
	for {
		got, body := p.ask(t, path)
		switch {
		case slices.Contains(statuses, got):
			return
		case time.Since(began) > patience:
			p.lied = true
			t.Errorf("GET %s: got %d for %s, want %v: what it says is not true, and whoever runs the process believes it\n%s\n%s", path, got, patience, statuses[0], body, p.log)
			return
		}
		time.Sleep(20 * time.Millisecond) // the process changes by itself, and nothing tells when
	}
}

func (p *running) ask(t *testing.T, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+p.own+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	p.probe.ServeHTTP(w, r)
	resp := w.Result()
	body, _ := io.ReadAll(resp.Body) // it is in memory
	return resp.StatusCode, string(body)
}

// setReachable lets new connections to the module's database in or keeps them out,
// and ends those that there are.
func (p *running) setReachable(t *testing.T, reachable bool) {
	t.Helper()
	if err := databases.SetReachable(t.Context(), p.database, reachable); err != nil {
		t.Fatal(err)
	}
}

// strangeDoors are the addresses on which the process has begun to listen since,
// without the module's own.
func (p *running) strangeDoors() (addresses []string, known bool) {
	now, known := doors()
	return slices.DeleteFunc(now, func(a string) bool { return a == p.own || slices.Contains(p.before, a) }), known
}
