package outbox_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
)

func TestMain(m *testing.M) {
	if point := os.Getenv(childVariable); point != "" {
		if err := relayUntil(context.Background(), point); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	postgrestest.Main(m)
}

type shop struct{}

func (shop) ModuleName() string { return "shop" }

type order struct {
	N    int    `json:"n"`
	Note string `json:"note,omitempty"`
}

var (
	paid     = events.Define[order](shop{}, "order.paid", 1, "An order is paid.")
	paidV2   = events.Define[order](shop{}, "order.paid", 2, "An order is paid.")
	paidV3   = events.Define[order](shop{}, "order.paid", 3, "An order is paid.")
	sent     = events.Define[order](shop{}, "order.sent", 1, "An order is on its way.")
	patience = 30 * time.Second
)

func open(t testing.TB) *postgres.DB {
	t.Helper()
	return postgrestest.Open(t, os.DirFS("../../migrations"))
}

// reopen returns the same database as another process has it.
func reopen(t testing.TB, db *postgres.DB) *postgres.DB {
	t.Helper()
	again, err := postgres.Open(postgres.Config{URL: config.Secret(postgrestest.URL(t)), Schema: db.Schema()})
	if err != nil {
		t.Fatalf("open the database again: %v", err)
	}
	t.Cleanup(again.Close)
	return again
}

// emit broadcasts orders with the numbers from and until before to, in one transaction.
func emit(t testing.TB, db *postgres.DB, event *events.Event[order], from, to int) {
	t.Helper()
	err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		for n := from; n < to; n++ {
			if err := event.Emit(ctx, tx, fmt.Sprint(n), order{N: n}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("emit orders %d to %d: %v", from, to, err)
	}
}

func mustExec(t testing.TB, db postgres.Querier, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}

// A takingBus takes messages, and fails when it is told to.
type takingBus struct {
	mu      sync.Mutex
	taken   []events.Message
	batches [][]events.Message
	// answer decides on the nth batch, and how much of it is taken all the same.
	answer func(n int, batch []events.Message) (taken int, err error)
}

func (b *takingBus) Publish(_ context.Context, batch []events.Message) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, taken, err := len(b.batches), len(batch), error(nil)
	b.batches = append(b.batches, batch)
	if b.answer != nil {
		taken, err = b.answer(n, batch)
	}
	b.taken = append(b.taken, batch[:taken]...)
	return err
}

func (b *takingBus) messages() []events.Message {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.taken)
}

// keys are those of the messages, in the order in which they were taken.
func (b *takingBus) keys() []string { return keysOf(b.messages()) }

func keysOf(messages []events.Message) []string {
	var all []string
	for _, m := range messages {
		all = append(all, m.Key)
	}
	return all
}

func idsOf(messages []events.Message) []uuid.UUID {
	var all []uuid.UUID
	for _, m := range messages {
		all = append(all, m.ID)
	}
	return all
}

// numbers are the keys of the orders from and until before to.
func numbers(from, to int) []string {
	var all []string
	for n := from; n < to; n++ {
		all = append(all, fmt.Sprint(n))
	}
	return all
}

// hasAll tells whether every key of want is among got.
func hasAll(got, want []string) bool {
	have := map[string]bool{}
	for _, key := range got {
		have[key] = true
	}
	return !slices.ContainsFunc(want, func(key string) bool { return !have[key] })
}

func newRelay(db *postgres.DB, bus outbox.Bus, change ...func(*outbox.RelayConfig)) *outbox.Relay {
	cfg := outbox.RelayConfig{Outbox: outbox.New(db), Bus: bus}
	for _, c := range change {
		c(&cfg)
	}
	return outbox.NewRelay(cfg)
}

// declaring gives a relay a version of the module that knows these events.
func declaring(all ...events.Declared) func(*outbox.RelayConfig) {
	return func(cfg *outbox.RelayConfig) {
		for _, e := range all {
			cfg.Topics = append(cfg.Topics, e.Declared().Topic())
		}
	}
}

// locked gives a relay the locks of a process of its own.
func locked(t testing.TB, db *postgres.DB) func(*outbox.RelayConfig) {
	t.Helper()
	locks := postgres.NewLocks(db)
	t.Cleanup(locks.Close)
	return func(cfg *outbox.RelayConfig) { cfg.Locks = locks }
}

// run runs a relay until the test ends or the returned function is called.
func run(t testing.TB, r *outbox.Relay) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v, want nil after the end of its context", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func pass(t testing.TB, r *outbox.Relay) {
	t.Helper()
	if err := r.Pass(t.Context()); err != nil {
		t.Errorf("Pass() = %v", err)
	}
}

// logged keeps lines.
type logged struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(p)
}

func (l *logged) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.lines.String(), text)
}

func (l *logged) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.String()
}
