package jobs

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/postgres"
)

// A Handler is what a job does. T is the data of its deliveries.
type Handler[T any] interface {
	// IsTriggered decides whether the job is to run: [Triggered] or [Skip]. It looks at
	// what is now, since deliveries come late and in any order.
	IsTriggered(ctx context.Context, d Delivery[T]) (Decision, error)
	// Process reads, calls others, and returns what is to change in the module's own
	// database. It may run more than once for one delivery.
	Process(ctx context.Context, d Delivery[T]) (Effect, error)
}

// An Effect changes the module's database, exactly once for each delivery: it runs in
// the transaction that marks the delivery as done. Events that are emitted and jobs
// that are enqueued in it are part of that.
type Effect func(ctx context.Context, tx postgres.Tx) error

// Done is the effect of a job that changes nothing in the database.
func Done(context.Context, postgres.Tx) error { return nil }

// Func makes a [Handler] of a function that is always triggered.
type Func[T any] func(ctx context.Context, d Delivery[T]) (Effect, error)

var _ Handler[struct{}] = Func[struct{}](nil)

// IsTriggered implements Handler.
func (Func[T]) IsTriggered(context.Context, Delivery[T]) (Decision, error) { return Triggered, nil }

// Process implements Handler.
func (f Func[T]) Process(ctx context.Context, d Delivery[T]) (Effect, error) { return f(ctx, d) }

// Always is embedded by a [Handler] that is always triggered.
type Always[T any] struct{}

// IsTriggered implements a part of Handler.
func (Always[T]) IsTriggered(context.Context, Delivery[T]) (Decision, error) { return Triggered, nil }

// A Decision says whether a job is to run for a delivery. It is [Triggered], or what
// [Skip] returns.
type Decision string

// Triggered is the decision to run.
const Triggered Decision = "triggered"

const skipped = "skipped: "

// Skip is the decision not to run. The reason is kept with the delivery, for a person.
func Skip(reason string) Decision { return Decision(skipped + reason) }

// skips returns the reason why a job is not to run.
func (d Decision) skips() (reason string, ok bool) { return strings.CutPrefix(string(d), skipped) }

// A Delivery is what a job gets: an event, what was enqueued, or the [Slot] of a schedule.
type Delivery[T any] struct {
	EventID uuid.UUID // the same however often it is delivered
	Module  string    // whose job it is
	Job     string    // its name
	Key     string    // what it is about; may be empty
	Data    T
	Subject string    // who caused it; empty for nobody
	Emitted time.Time // when the event was emitted, the work enqueued or the slot reached
	// Attempt is 1 at first and grows with each that failed. One that was cut short by
	// a shutdown does not count.
	Attempt int
	// Run is 0, unless the event is replayed: each replay is a new run.
	Run int
}

// IdempotencyKey names this run of this job for others: what a job asks of a payment
// provider twice under one key happens once. It is the same in all attempts, and
// another for each job and each run.
func (d Delivery[T]) IdempotencyKey() string {
	return uuid.NewSHA1(d.EventID, fmt.Appendf(nil, "%s/%s/%d", d.Module, d.Job, d.Run)).String()
}
