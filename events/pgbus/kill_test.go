package pgbus_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/events/pgbus"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
)

// Variables of a child process that relays until it comes to a point.
const (
	childVariable  = "SLIPWAY_PGBUS_TEST_FAILPOINT"
	urlVariable    = "SLIPWAY_PGBUS_TEST_URL"
	schemaVariable = "SLIPWAY_PGBUS_TEST_SCHEMA"
)

func relayUntil(ctx context.Context, point string) error {
	ctx, err := failpoint.Armed(ctx, point)
	if err != nil {
		return err
	}
	db, err := postgres.Open(postgres.Config{URL: config.Secret(os.Getenv(urlVariable)), Schema: os.Getenv(schemaVariable)})
	if err != nil {
		return err
	}
	defer db.Close()
	return serve(ctx, db)
}

// serve is a product of one process: a shop that emits, and a cart that wants it.
func serve(ctx context.Context, db *postgres.DB) error {
	locks := postgres.NewLocks(db)
	defer locks.Close()
	cart := events.Subscription{Module: "cart", Topics: []string{"shop.order.paid.v1"}}
	o := outbox.New(db)
	bus := pgbus.New(pgbus.Config{Subscriptions: []events.Subscription{cart}, Stores: map[string]pgbus.Store{"shop": o}})
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return bus.Run(ctx) })
	g.Go(func() error { return bus.Consume(ctx, cart, acceptInto(db)) })
	g.Go(func() error {
		return outbox.NewRelay(outbox.RelayConfig{Outbox: o, Bus: bus, Locks: locks}).Run(ctx)
	})
	return g.Wait()
}

// acceptInto refuses now and then, as a subscriber does whose database is away.
func acceptInto(db *postgres.DB) events.Accept {
	var asked atomic.Int64
	return func(ctx context.Context, batch []events.Message) error {
		if asked.Add(1)%4 == 1 {
			return errors.New("the database is away")
		}
		ids := make([]uuid.UUID, len(batch))
		for n, m := range batch {
			ids[n] = m.ID
		}
		_, err := db.Exec(ctx, "INSERT INTO accepted SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING", ids)
		failpoint.Hit(ctx, "accept.committed")
		return err
	}
}

// Wherever a process is killed, the next one brings everything to the subscriber.
func TestBus_Killed(t *testing.T) {
	t.Parallel()
	const all = 2000
	for _, point := range []string{
		"relay.published#2", "accept.committed#3", "pgbus.accepted",
		"pgbus.holding", "pgbus.held", "pgbus.held#2", "pgbus.released", "pgbus.released#3",
	} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			db := postgrestest.Open(t, os.DirFS("../../migrations"))
			mustExec(t, db, "CREATE TABLE accepted (id uuid PRIMARY KEY)")
			if err := emit(t.Context(), db, messages(all)); err != nil {
				t.Fatalf("emit: %v", err)
			}
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), childVariable+"="+point, urlVariable+"="+postgrestest.URL(t), schemaVariable+"="+db.Schema())
			if out, err := child.CombinedOutput(); !isKilled(err) {
				t.Fatalf("the child ended with %v, want a kill at %s; it said:\n%s", err, point, out)
			}

			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- serve(ctx, db) }()
			eventually(t, "every event is accepted and nothing is held", func() bool {
				return count(t, db, "accepted") == all && count(t, db, "kit_outbox_held") == 0 && count(t, db, "kit_outbox WHERE published_at IS NULL") == 0
			})
			cancel()
			if err := <-ended; err != nil {
				t.Errorf("the next process ended with %v", err)
			}
		})
	}
}

func messages(n int) []events.Message {
	all := make([]events.Message, n)
	for i := range all {
		all[i] = events.Message{ID: uuid.New(), Type: "shop.order.paid", Version: 1, Key: fmt.Sprint(i), Time: time.Now(), Data: []byte("{}")}
	}
	return all
}

func isKilled(err error) bool {
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signal() == syscall.SIGKILL
}

func mustExec(t *testing.T, db postgres.Querier, sql string, args ...any) {
	t.Helper()
	if _, err := db.Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func count(t *testing.T, db postgres.Querier, from string) (n int) {
	t.Helper()
	if err := db.QueryRow(t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		t.Fatalf("count %s: %v", from, err)
	}
	return n
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	const patience = 30 * time.Second
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", patience, what)
		}
	}
}
