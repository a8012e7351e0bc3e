package faults_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/slipwaytest"
)

// Whatever happens to PostgreSQL: when it is back all effects come, each once.
func TestFault_database(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	both := worlds{}
	for _, oneBinary := range []bool{true, false} {
		both = append(both, newWorld(t, slipwaytest.Deployment{OneBinary: oneBinary, Databases: s}))
	}
	for round, dice := range slipwaytest.Rounds(t) {
		for _, f := range databaseFaults {
			if !t.Run(fmt.Sprintf("%s %d", f.name, round), func(t *testing.T) {
				inside := both.in(t)
				inside.suffer(func() {
					for _, w := range inside {
						f.befall(w, s, outage(round, dice))
					}
				})
			}) {
				return // what is missing now is missing from now on
			}
		}
	}
}

// A databaseFault befalls the databases of a world.
type databaseFault struct {
	name   string
	befall func(w *world, s *server, lasts time.Duration)
}

var databaseFaults = []databaseFault{
	{"crashed", func(w *world, _ *server, _ time.Duration) { w.crashServer() }},
	{"sessions of the pools ended", func(w *world, _ *server, _ time.Duration) {
		w.endSessions("application_name NOT IN ($1, 'slipway locks')")
	}},
	{"sessions of the locks ended", func(w *world, _ *server, _ time.Duration) {
		w.endSessions("application_name <> $1 AND application_name = 'slipway locks'")
	}},
	{"all sessions ended", func(w *world, _ *server, _ time.Duration) { w.endSessions("application_name <> $1") }},
	{"pools exhausted", func(w *world, _ *server, lasts time.Duration) { w.exhaust("sink", lasts) }},
	{"refusing connections", func(w *world, s *server, lasts time.Duration) { w.refuseConnections(s, "source", lasts) }},
	{"behind a black hole that passes", func(w *world, s *server, lasts time.Duration) {
		for _, p := range w.ways(s) {
			p.stall()
			time.Sleep(lasts)
			p.resume()
		}
	}},
	{"behind a black hole that ends the connections", func(w *world, s *server, lasts time.Duration) {
		for _, p := range w.ways(s) {
			p.stall()
			time.Sleep(lasts)
			p.cut()
			p.resume()
		}
	}},
}

// ways are the proxies to the databases of source and sink.
func (w *world) ways(s *server) []*proxy {
	var all []*proxy
	seen := map[*proxy]bool{}
	for _, m := range []string{"source", "sink"} {
		if p := s.to(w.Database(m)); !seen[p] {
			seen[p], all = true, append(all, p)
		}
	}
	return all
}

// crashServer kills a process of PostgreSQL, which then ends all others and recovers from
// its log, as after a power cut.
func (w *world) crashServer() {
	w.t.Helper()
	pid := one[int](w, "source", "SELECT pg_backend_pid()")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("PostgreSQL is back", func() bool {
		_, err := many[int](w.t.Context(), w.databases["source"], "SELECT 1")
		return err == nil
	})
}

// endSessions ends those of every module's database that the condition names; $1 is the
// test's own.
func (w *world) endSessions(condition string) {
	w.t.Helper()
	const times = 3
	for range times {
		for _, m := range moduleNames {
			w.exec(m, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND "+condition, testSession)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// exhaust has every connection of a module's pool wait for a lock.
func (w *world) exhaust(module string, lasts time.Duration) {
	w.t.Helper()
	err := pgx.BeginFunc(w.t.Context(), w.databases[module], func(tx pgx.Tx) error {
		if _, err := tx.Exec(w.t.Context(), "LOCK TABLE kit_delivery, effects IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		time.Sleep(lasts)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// refuseConnections lets nobody into a module's database, and those out who are there.
func (w *world) refuseConnections(s *server, module string, lasts time.Duration) {
	w.t.Helper()
	name := one[string](w, module, "SELECT current_database()")
	admin, err := pgx.Connect(w.t.Context(), s.URL())
	if err != nil {
		w.t.Fatal(err)
	}
	defer admin.Close(w.t.Context()) //nolint:errcheck // its statements count
	exec := func(sql string, args ...any) {
		w.t.Helper()
		if _, err := admin.Exec(w.t.Context(), sql, args...); err != nil {
			w.t.Fatal(err)
		}
	}
	exec("ALTER DATABASE " + pgx.Identifier{name}.Sanitize() + " ALLOW_CONNECTIONS false")
	exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
	time.Sleep(lasts)
	exec("ALTER DATABASE " + pgx.Identifier{name}.Sanitize() + " ALLOW_CONNECTIONS true")
}
