package faults_test

import (
	"context"
	"fmt"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A world is the product as processes, and the oracle that watches it.
type world struct {
	*slipwaytest.Kit

	t         testing.TB
	oneBinary bool
	// numbers are those of facts that were given out.
	numbers *atomic.Int64
	// databases are the modules', reached past whatever the test breaks.
	databases map[string]*pgxpool.Pool
	// route is that to a broker of the test's own; nil: there is none.
	route *route
	// replayed are the effects that replays add.
	replayed map[effect]int
}

// moduleNames are those of the oracle's.
var moduleNames = []string{"source", "sink", "other"}

func newWorld(t *testing.T, d slipwaytest.Deployment) *world {
	t.Helper()
	return newWorldOf(t, d, product()...)
}

func newWorldOf(t *testing.T, d slipwaytest.Deployment, modules ...slipway.Module) *world {
	t.Helper()
	d.Settings = maps.Clone(d.Settings)
	if d.Settings == nil {
		d.Settings = map[string]string{}
	}
	d.Settings["LOG_LEVEL"] = "warn"
	w := &world{Kit: slipwaytest.Deploy(t, d, modules...), t: t, oneBinary: d.OneBinary, numbers: &atomic.Int64{}, databases: map[string]*pgxpool.Pool{}, replayed: map[effect]int{}}
	w.route, _ = d.Broker.(*route)
	direct, _ := d.Databases.(interface{ direct(address string) string })
	for _, m := range modules {
		address := w.Database(m.Name())
		if direct != nil {
			address = direct.direct(address)
		}
		w.databases[m.Name()] = connect(t, address, m.Name())
	}
	return w
}

// connect opens a module's database for the test, whose sessions are called faults.
func connect(t testing.TB, address, schema string) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	cfg.MaxConns = 2
	cfg.ConnConfig.RuntimeParams["search_path"], cfg.ConnConfig.RuntimeParams["application_name"] = schema, testSession
	pool, err := pgxpool.NewWithConfig(context.WithoutCancel(t.Context()), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// testSession is the name of the test's own sessions in PostgreSQL.
const testSession = "faults"

// in is the same world inside a subtest.
func (w *world) in(t *testing.T) *world {
	c := *w
	c.Kit, c.t = w.In(t), t
	return &c
}

// inBoth runs the test with one binary, whose events travel through the database, and
// with services over RabbitMQ.
func inBoth(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	for name, oneBinary := range map[string]bool{"one binary": true, "services": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, newWorld(t, slipwaytest.Deployment{OneBinary: oneBinary}))
		})
	}
}

// next returns the first of some numbers that nobody has had.
func (w *world) next(count int64) int64 { return w.numbers.Add(count) - count + 1 }

// request is one for facts that are new.
func (w *world) request(count int64, o ordeal) commitInput {
	var in commitInput
	in.Body.First, in.Body.Count, in.Body.Ordeal = w.next(count), count, o
	return in
}

// commit commits facts in one transaction, and returns the first of their numbers.
func (w *world) commit(count int64, o ordeal) int64 {
	w.t.Helper()
	in := w.request(count, o)
	slipwaytest.Do(w.Kit, commit, in).Want(204)
	return in.Body.First
}

// commitDirect commits facts on which source works as well.
func (w *world) commitDirect(count int64) {
	w.t.Helper()
	in := w.request(count, ordeal{})
	in.Body.Direct = true
	slipwaytest.Do(w.Kit, commit, in).Want(204)
}

// try commits facts where the process may die. Whether an answer came decides nothing.
func (w *world) try(count int64, o ordeal) {
	in := w.request(count, o)
	in.Body.Direct = true
	_ = slipwaytest.Try(w.Kit, commit, in)
}

// load commits facts until the returned function is called, a few at a time: at first in
// quick succession, and then more slowly, so that a long fault leaves no mountain.
func (w *world) load(every time.Duration) (stop func()) {
	const quick, slower, atOnce = 40, 10, 2
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for n := 0; ctx.Err() == nil; n++ {
			w.try(atOnce, ordeal{})
			if n == quick {
				every *= slower
			}
			_ = pause(ctx, every)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// exec runs a statement in a module's schema.
func (w *world) exec(module, sql string, args ...any) int64 {
	w.t.Helper()
	tag, err := w.databases[module].Exec(w.t.Context(), sql, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", module, err)
	}
	return tag.RowsAffected()
}

// one returns the one value that a query has.
func one[T any](w *world, module, sql string, args ...any) T {
	w.t.Helper()
	all, err := many[T](w.t.Context(), w.databases[module], sql, args...)
	if err != nil || len(all) != 1 {
		w.t.Fatalf("%s: %d rows, %v", module, len(all), err)
	}
	return all[0]
}

func many[T any](ctx context.Context, db *pgxpool.Pool, sql string, args ...any) ([]T, error) {
	rows, err := db.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// wait is the patience of a test with what processes do by themselves; the machine may
// be slow.
const wait = 45 * time.Second

// eventually waits until it is so.
func (w *world) eventually(what string, so func() bool) {
	w.t.Helper()
	w.eventuallyWithin(wait, what, so)
}

func (w *world) eventuallyWithin(limit time.Duration, what string, so func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(limit); !so(); time.Sleep(25 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("after %s it is still not so: %s\n%s", limit, what, w.state())
		}
	}
}

// state tells how far everything is, for a person.
func (w *world) state() string {
	var text string
	for _, m := range moduleNames {
		const sql = `SELECT concat_ws(', ', (SELECT count(*) || ' unpublished' FROM kit_outbox WHERE published_at IS NULL), (SELECT count(*) || ' held' FROM kit_outbox_held),
			(SELECT string_agg(n || ' ' || job || ' ' || state || reason, ', ')
			 FROM (SELECT count(*) n, job, state, max(' (failures ' || failures || ', ' || left(reason, 200) || ')') reason FROM kit_delivery GROUP BY job, state ORDER BY job, state) x))`
		said, err := many[string](context.WithoutCancel(w.t.Context()), w.databases[m], sql)
		text += fmt.Sprintf("%s: %v %v\n", m, said, err)
	}
	return text
}
