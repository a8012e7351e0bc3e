package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
	"github.com/slipway-go/slipway/telemetry"
)

func TestMain(m *testing.M) {
	if point := os.Getenv(childVariable); point != "" {
		fmt.Fprintln(os.Stderr, workUntil(point)) // it should have died
		os.Exit(1)
	}
	postgrestest.Main(m)
}

// The contract of another module.
type contract string

func (c contract) ModuleName() string { return string(c) }

type payment struct {
	Amount int `json:"amount"`
}

var (
	captured = events.Define[payment](contract("acquiring"), "payment.captured", 1, "The money of a payment is ours.")
	refunded = events.Define[payment](contract("acquiring"), "payment.refunded", 1, "The money of a payment went back.")
)

// A world is a module's database and what happens with it.
type world struct {
	testing.TB

	db *postgres.DB

	mu      sync.Mutex
	reports []error
	log     []string
	attrs   map[string]map[string]slog.Value // of the last line with a message
}

func newWorld(t testing.TB, change ...func(*postgres.Config)) *world {
	t.Helper()
	w := &world{TB: t, db: postgrestest.Open(t, os.DirFS("../migrations"), change...)}
	w.exec("CREATE TABLE effects (event uuid, job text, n integer)")
	return w
}

// A module is one process's copy of the module: its worker.
type module struct{ *jobs.Worker }

func (m module) Jobs() *jobs.Worker { return m.Worker }

// module returns a process that subscribes to both events unless a change says otherwise.
func (w *world) module(change ...func(*jobs.Config)) module {
	w.Helper()
	locks := postgres.NewLocks(w.db)
	w.Cleanup(locks.Close)
	cfg := jobs.Config{
		DB: w.db, Locks: locks, Subscribes: []*events.Definition{captured.Declared()},
		Observer: telemetry.Observer{Logger: slog.New(record{w: w}), Reporter: w},
	}
	for _, c := range change {
		c(&cfg)
	}
	return module{jobs.NewWorker(cfg)}
}

func nothing(c *jobs.Config) { c.Subscribes = nil }

// start runs a worker until the end of the test, or until the returned function is called.
func (w *world) start(m module) (stop func()) {
	w.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.Context()))
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			w.Errorf("Run() = %v", err)
		}
	})
	w.Cleanup(stop)
	return stop
}

// Report implements telemetry.Reporter.
func (w *world) Report(_ context.Context, err error, _ ...slog.Attr) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reports = append(w.reports, err)
}

// reported returns what was reported so far.
func (w *world) reported() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]error(nil), w.reports...)
}

// logged counts the lines with a message.
func (w *world) logged(msg string) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, line := range w.log {
		if line == msg {
			n++
		}
	}
	return n
}

// attr returns what the last line with a message says of something.
func (w *world) attr(msg, name string) any {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.attrs[msg][name].Any()
}

// record keeps the messages of a log.
type record struct {
	w    *world
	with []slog.Attr
}

func (record) Enabled(context.Context, slog.Level) bool { return true }

func (r record) Handle(_ context.Context, line slog.Record) error {
	r.w.mu.Lock()
	defer r.w.mu.Unlock()
	r.w.log = append(r.w.log, line.Message)
	attrs := map[string]slog.Value{}
	add := func(a slog.Attr) bool { attrs[a.Key] = a.Value; return true }
	for _, a := range r.with {
		add(a)
	}
	line.Attrs(add)
	if r.w.attrs == nil {
		r.w.attrs = map[string]map[string]slog.Value{}
	}
	r.w.attrs[line.Message] = attrs
	return nil
}

func (r record) WithAttrs(attrs []slog.Attr) slog.Handler {
	return record{r.w, append(slices.Clone(r.with), attrs...)}
}

func (r record) WithGroup(string) slog.Handler { return r }

func (w *world) exec(sql string, args ...any) {
	w.Helper()
	if _, err := w.db.Exec(w.Context(), sql, args...); err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
}

// count returns the one number of a query.
func (w *world) count(sql string, args ...any) (n int) {
	w.Helper()
	if err := w.db.QueryRow(w.Context(), sql, args...).Scan(&n); err != nil {
		w.Fatalf("%s: %v", sql, err)
	}
	return n
}

// states counts the deliveries in a state.
func (w *world) states(state string) int {
	w.Helper()
	return w.count("SELECT count(*) FROM kit_delivery WHERE state = $1", state)
}

// until waits for what other goroutines do.
func (w *world) until(what string, ok func() bool) {
	w.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("waited in vain: %s", what)
		}
	}
}

func (w *world) untilState(state string, n int) {
	w.Helper()
	w.until(state, func() bool { return w.states(state) == n })
}

// message is an event as it comes from a bus.
func message(e events.Declared, data string) events.Message {
	d := e.Declared()
	return events.Message{ID: uuid.New(), Type: d.Type(), Version: d.Version(), Key: "p1", Time: time.Now(), Data: []byte(data)}
}

// accept brings so many events of captured.
func (w *world) accept(m module, n int) []events.Message {
	w.Helper()
	batch := make([]events.Message, n)
	for i := range batch {
		batch[i] = message(captured, `{"amount":7}`)
	}
	w.bring(m, batch...)
	return batch
}

func (w *world) bring(m module, batch ...events.Message) {
	w.Helper()
	if err := m.Accept(w.Context(), batch); err != nil {
		w.Fatalf("Accept() = %v", err)
	}
}

// marking is an effect that can be counted.
func marking[T any](d jobs.Delivery[T]) jobs.Effect {
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO effects VALUES ($1, $2, $3)", d.EventID, d.Job, d.Attempt)
		return err
	}
}

// mark is the work of a job whose effect can be counted.
func mark[T any](_ context.Context, d jobs.Delivery[T]) (jobs.Effect, error) { return marking(d), nil }
