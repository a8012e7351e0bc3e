package outbox_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/postgres/postgrestest"
)

// Variables of a child process that relays until it comes to a point.
const (
	childVariable  = "SLIPWAY_OUTBOX_TEST_FAILPOINT"
	urlVariable    = "SLIPWAY_OUTBOX_TEST_URL"
	schemaVariable = "SLIPWAY_OUTBOX_TEST_SCHEMA"
)

// relayUntil tells on its output what it publishes.
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
	return outbox.NewRelay(outbox.RelayConfig{Outbox: outbox.New(db), Bus: tellingBus{}, Locks: postgres.NewLocks(db)}).Run(ctx)
}

// A tellingBus prints the keys of what it takes.
type tellingBus struct{}

func (tellingBus) Publish(_ context.Context, batch []events.Message) error {
	for _, m := range batch {
		fmt.Println(m.Key)
	}
	return nil
}

// Whenever a relay is killed another one goes on, and every event is published.
func TestRelay_Killed(t *testing.T) {
	t.Parallel()
	const all = 1200 // more than two batches
	for _, point := range []string{"relay.read", "relay.read#2", "relay.published", "relay.published#2", "relay.marked", "relay.marked#3"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			db := open(t)
			var bus takingBus
			emit(t, db, paid, 0, all)
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), childVariable+"="+point, urlVariable+"="+postgrestest.URL(t), schemaVariable+"="+db.Schema())
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatalf("pipe: %v", err)
			}
			if err := child.Start(); err != nil {
				t.Fatalf("start a child: %v", err)
			}
			published := lines(bufio.NewScanner(out))
			if err := child.Wait(); !isKilled(err) {
				t.Fatalf("the child ended with %v, want a kill at %s", err, point)
			}
			run(t, newRelay(db, &bus, locked(t, db)))
			eventually(t, "everything is published", func() bool { return hasAll(append(bus.keys(), published...), numbers(0, all)) })
			again := len(published) + len(bus.keys()) - all
			if most := 1000; again < 0 || again > most {
				t.Errorf("%d events were published again, want the two batches that were in hand at most", again)
			}
			if point == "relay.marked#3" && again != 0 {
				t.Errorf("%d events were published again although they were marked", again)
			}
		})
	}
}

func lines(from *bufio.Scanner) (all []string) {
	for from.Scan() {
		all = append(all, from.Text())
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
