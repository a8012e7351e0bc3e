package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/jobs"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// A thankYou writes to whoever paid, but not for small amounts.
type thankYou struct{}

func (thankYou) IsTriggered(_ context.Context, d jobs.Delivery[payment]) (jobs.Decision, error) {
	if d.Data.Amount < 5 {
		return jobs.Skip("too small to mention"), nil
	}
	return jobs.Triggered, nil
}

func (thankYou) Process(_ context.Context, d jobs.Delivery[payment]) (jobs.Effect, error) {
	fmt.Println("thank you for", d.Data.Amount)
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO thanks VALUES ($1)", d.Data.Amount)
		return err
	}, nil
}

func ExampleOn() {
	m, done := exampleModule(captured)
	defer done()
	jobs.On(m, "thank", captured, thankYou{}).Attempts(5).Timeout(10 * time.Second)

	// A bus brings two events, one of them twice.
	small, large := message(captured, `{"amount":1}`), message(captured, `{"amount":7}`)
	fmt.Println(m.Accept(context.Background(), []events.Message{small, large, large}))
	fmt.Println(m.RunDue(context.Background())) // as a test does; a process calls Run
	// Output:
	// <nil>
	// thank you for 7
	// 2 <nil>
}

func ExampleJob_Enqueue() {
	m, done := exampleModule()
	defer done()
	ctx := context.Background()
	remind := jobs.Handle(m, "remind", jobs.Func[string](func(_ context.Context, d jobs.Delivery[string]) (jobs.Effect, error) {
		fmt.Println("remember", d.Data)
		return jobs.Done, nil
	}))

	for _, outcome := range []error{errors.New("no, leave it"), nil} {
		fmt.Println(m.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
			return errors.Join(remind.Enqueue(ctx, tx, "cart-7", "your cart"), outcome)
		}))
	}
	fmt.Println(m.RunDue(ctx))
	// Output:
	// no, leave it
	// <nil>
	// remember your cart
	// 1 <nil>
}

func ExampleWorker_Use() {
	m, done := exampleModule()
	defer done()
	ctx := context.Background()
	m.Use(func(next jobs.Step) jobs.Step {
		return func(ctx context.Context, a *jobs.Attempt) error {
			err := next(ctx, a)
			fmt.Printf("attempt %d of %s: %v\n", a.Number, a.Job, err)
			return err
		}
	})
	charge := jobs.Handle(m, "charge", jobs.Func[int](func(context.Context, jobs.Delivery[int]) (jobs.Effect, error) {
		return nil, jobs.RetryAfter(time.Hour, errors.New("the bank is closed"))
	}))

	_ = m.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return charge.Enqueue(ctx, tx, "", 7) })
	_, _ = m.RunDue(ctx)
	// Output: attempt 1 of charge: the bank is closed
}

func ExampleDelivery_IdempotencyKey() {
	d := jobs.Delivery[payment]{EventID: uuid.MustParse("019ce4a1-0000-7000-8000-000000000001"), Module: "cart", Job: "thank", Attempt: 1}
	again := d
	again.Attempt = 2
	fmt.Println(d.IdempotencyKey() == again.IdempotencyKey())
	again.Run = 1 // the event was replayed
	fmt.Println(d.IdempotencyKey() == again.IdempotencyKey())
	// Output:
	// true
	// false
}

// An exampleSetup is what a module gets as its slipway.Setup.
type exampleSetup struct {
	module

	db *postgres.DB
}

func exampleModule(subscribes ...events.Declared) (exampleSetup, func()) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "slipway-example-")
	if err != nil {
		panic(err)
	}
	private, err := postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: dir})
	if err != nil {
		panic(err)
	}
	db, err := postgres.Open(postgres.Config{URL: config.Secret(private.URL()), Schema: "example"})
	if err != nil {
		panic(err)
	}
	if err := db.Up(ctx, os.DirFS("../migrations"), nil); err != nil {
		panic(err)
	}
	if _, err := db.Exec(ctx, "CREATE TABLE thanks (amount integer)"); err != nil {
		panic(err)
	}
	cfg := jobs.Config{DB: db, Observer: telemetry.Observer{Logger: telemetry.Discard()}}
	for _, d := range subscribes {
		cfg.Subscribes = append(cfg.Subscribes, d.Declared())
	}
	return exampleSetup{module{jobs.NewWorker(cfg)}, db}, func() {
		db.Close()
		if err := errors.Join(private.Close(), os.RemoveAll(dir)); err != nil {
			panic(err)
		}
	}
}
