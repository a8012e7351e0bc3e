package rabbitmq_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/eventstest"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
)

func TestBus(t *testing.T) {
	t.Parallel()
	eventstest.TestBus(t, func(t *testing.T, subscriptions []events.Subscription) func(*testing.T) events.Bus {
		t.Helper()
		url := rabbitmqtest.URL(t)
		return func(t *testing.T) events.Bus {
			t.Helper()
			return open(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: subscriptions})
		}
	})
}

// The subscribers that most tests have.
var (
	paid = "shop.order.paid"
	cart = events.Subscription{Module: "cart", Topics: []string{events.Topic(paid, 1)}}
	mail = events.Subscription{Module: "mail", Topics: []string{events.Topic(paid, 1), "shop.order.sent.v1"}}
)

func TestOpen(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                                "is empty",
		"amqp://shop:hunter2@broker:56x2": "cannot be read",
		"https://shop:hunter2@broker/v":   `begins with "https"`,
		"amqp:///shop-hunter2":            "names no host",
		"amqp://shop:hun%ter2@broker/v":   "cannot be read",
		"amqp://shop:hunter2@broker/v?heartbeat=hunter2": "cannot be read",
	} {
		_, err := rabbitmq.Open(rabbitmq.Config{URL: config.Secret(given)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "expected amqp://") {
			t.Errorf("Open(%q) = %v, want it to say %q and what is expected", given, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Open(%q) tells the password: %v", given, err)
		}
	}
}

func TestBus_Run(t *testing.T) {
	t.Parallel()

	t.Run("ErrPassword", func(t *testing.T) {
		t.Parallel()
		url := rabbitmqtest.URL(t)
		_, rest, _ := strings.Cut(url, "@")
		err := open(t, rabbitmq.Config{URL: config.Secret("amqp://shop:hunter2@" + rest)}).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), `user "shop"`) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Run() = %v, want to be told about the user and not the password", err)
		}
	})

	t.Run("ErrVirtualHost", func(t *testing.T) {
		t.Parallel()
		err := open(t, rabbitmq.Config{URL: config.Secret(rabbitmqtest.URL(t) + "-other")}).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), "not found") {
			t.Errorf("Run() = %v, want to be told that the virtual host is not there", err)
		}
	})

	t.Run("ABrokerThatIsAwayIsNoError", func(t *testing.T) {
		t.Parallel()
		log := &lines{}
		cfg := rabbitmq.Config{URL: "amqp://shop:hunter2@127.0.0.1:1/shop", Logger: log.logger(), Patience: 10 * time.Millisecond}
		b, stop := begin(t, cfg)
		soon(t, "it is told", func() bool { return log.count("no broker") == 2 })
		if err := b.Publish(t.Context(), messages(1)); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("Publish() = %v, want an error without the password", err)
		}
		if err := b.Healthy(); err == nil || err.Error() != "RabbitMQ at 127.0.0.1:1: it cannot be reached: connect: connection refused" {
			t.Errorf("Healthy() = %v, want to be told where no broker is, and why, and of no user", err)
		}
		stop()
		if n := log.count("no broker"); n != 2 {
			t.Errorf("it was told %d times, want once for each connection:\n%s", n, log)
		}
	})
}

func TestBus_Publish(t *testing.T) {
	t.Parallel()

	t.Run("TellsOnceOfATopicThatNobodyWants", func(t *testing.T) {
		t.Parallel()
		log := &lines{}
		b, _ := run(t, rabbitmq.Config{URL: config.Secret(rabbitmqtest.URL(t)), Subscriptions: []events.Subscription{cart}, Logger: log.logger()})
		unwanted := messages(3)
		for i := range unwanted {
			unwanted[i].Type = "shop.order.seen"
		}
		publish(t, b, slices.Concat(unwanted, messages(2)))
		publish(t, b, unwanted)
		if n := log.count("event without a subscriber"); n != 1 || !strings.Contains(log.String(), "topic=shop.order.seen.v1") {
			t.Errorf("it was told of %d times, want once of shop.order.seen.v1:\n%s", n, log)
		}
	})

	for name, all := range map[string][]events.Subscription{
		"MakesADeletedQueueAnew":                    {cart},
		"MakesADeletedQueueAnewThoughOthersGotThem": {cart, mail},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := rabbitmqtest.URL(t)
			b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: all})
			if _, err := dial(t, url).QueueDelete("svc.cart", false, false, false); err != nil {
				t.Fatal(err)
			}
			all := messages(3)
			if err := b.Publish(t.Context(), all); err == nil || !strings.Contains(err.Error(), "svc.cart") {
				t.Errorf("Publish() = %v, want the queue that is gone", err)
			}
			publish(t, b, all)
			got := consume(t, b, cart, nil)
			got.awaits(t, all)
		})
	}

	t.Run("WaitsForABrokerThatIsSlow", func(t *testing.T) {
		t.Parallel()
		const timeout = 2 * time.Second
		url, network := slowly(t, rabbitmqtest.URL(t))
		b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart}, ConfirmTimeout: timeout})
		all := messages(200)
		for i := range all {
			all[i].Data = []byte(`"` + strings.Repeat("x", 10<<10) + `"`)
		}
		network.Store(true)
		began := time.Now()
		if err := b.Publish(t.Context(), all); err != nil {
			t.Errorf("Publish() = %v of a broker that confirms a message every 20 ms, want nil", err)
		}
		if took := time.Since(began); took < timeout {
			t.Errorf("it took %s, which proves nothing", took)
		}
	})

	t.Run("ErrSubject", func(t *testing.T) {
		t.Parallel()
		b, _ := run(t, rabbitmq.Config{URL: config.Secret(rabbitmqtest.URL(t)), Subscriptions: []events.Subscription{cart}})
		m := messages(1)
		m[0].Subject = strings.Repeat("s", 200<<10) // would not fit into a frame
		if err := b.Publish(t.Context(), m); err == nil || !strings.Contains(err.Error(), m[0].ID.String()) {
			t.Errorf("Publish() = %v, want the event that has a subject too long", err)
		}
		publish(t, b, messages(1))
	})
}

func TestBus_SurvivesTheLossOfItsConnections(t *testing.T) {
	t.Parallel()
	url, log := rabbitmqtest.URL(t), &lines{}
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart}, Logger: log.logger()})
	got := consume(t, b, cart, nil)
	var all []events.Message
	for range 3 {
		part := messages(100)
		all = append(all, part...)
		publish(t, b, part)
		got.awaits(t, all)
		soon(t, "the broker lists and closes both", func() bool { return rabbitmqtest.CloseConnections(t, url) == 2 })
		soon(t, "the bus knows", func() bool {
			return log.count("broker connected")%2 == 0 && log.count("no broker") > 0 && b.Healthy() == nil
		})
	}
}

// TestBus_RedeliversAfterALostAck has a connection break between the accept and the ack.
func TestBus_RedeliversAfterALostAck(t *testing.T) {
	t.Parallel()
	url := rabbitmqtest.URL(t)
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart}})
	var once sync.Once
	got := consume(t, b, cart, func(context.Context, []events.Message) error {
		once.Do(func() { rabbitmqtest.CloseConnections(t, url) })
		return nil
	})
	all := messages(5)
	publish(t, b, all)
	soon(t, "some come twice", func() bool { return got.len() > len(all) })
	got.awaits(t, all)
	soon(t, "nothing is left", func() bool { return depth(t, b, "cart").Waiting == 0 })
}

func TestBus_ParksWhatCannotBeRead(t *testing.T) {
	t.Parallel()
	url := rabbitmqtest.URL(t)
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart, mail}})
	ch := dial(t, url)
	good := amqp.Table{
		"cloudEvents:specversion": "1.0", "cloudEvents:id": "0195d0a5-5f5f-7000-8000-000000000001", "cloudEvents:source": "/shop",
		"cloudEvents:type": paid, "cloudEvents:eventversion": 1, "cloudEvents:time": "2026-03-29T12:00:00Z",
	}
	bad := map[string]func(amqp.Table){
		"specversion is missing":       func(h amqp.Table) { delete(h, "cloudEvents:specversion") },
		`specversion is "0.3"`:         func(h amqp.Table) { h["cloudEvents:specversion"] = "0.3" },
		"expected a UUID":              func(h amqp.Table) { h["cloudEvents:id"] = "seven" },
		"expected a module":            func(h amqp.Table) { h["cloudEvents:type"] = "Paid" },
		"expected a number":            func(h amqp.Table) { h["cloudEvents:eventversion"] = "one" },
		"expected a time":              func(h amqp.Table) { h["cloudEvents:time"] = "yesterday" },
		"subject has 256 bytes":        func(h amqp.Table) { h["cloudEvents:subject"] = strings.Repeat("k", 256) },
		"subject is a int32":           func(h amqp.Table) { h["cloudEvents:subject"] = int32(1) },
		"UTF-8 without zeros":          func(h amqp.Table) { h["cloudEvents:causedby"] = "a\x00b" },
		"traceparent has 100000 bytes": func(h amqp.Table) { h["cloudEvents:traceparent"] = strings.Repeat("t", 100_000) },
	}
	for _, change := range bad {
		headers := maps.Clone(good)
		change(headers)
		send(t, ch, amqp.Publishing{Headers: headers, Body: []byte("{}")})
	}
	send(t, ch, amqp.Publishing{}) // knows nothing of all this
	send(t, ch, amqp.Publishing{Headers: good, Body: make([]byte, events.MaxData+1)})
	fine := messages(3)
	publish(t, b, fine)

	got := consume(t, b, cart, nil)
	got.awaits(t, fine) // neighbours
	soon(t, "all bad ones are parked", func() bool { return depth(t, b, "cart").Parked == len(bad)+2 })
	soon(t, "nothing else is left", func() bool { return depth(t, b, "cart").Waiting == 0 })
	parked, err := b.Parked(t.Context(), "cart", 100)
	if err != nil {
		t.Fatal(err)
	}
	for reason := range bad {
		if !slices.ContainsFunc(parked, func(p rabbitmq.Parked) bool {
			return strings.Contains(p.Reason, reason) && p.Topic == paid+".v1" && time.Since(p.Time) < time.Minute
		}) {
			t.Errorf("no message is parked for a reason with %q:\n%+v", reason, parked)
		}
	}
	if again, err := b.Parked(t.Context(), "cart", 2); err != nil || len(again) != 2 {
		t.Errorf("Parked() = %d messages, %v; want 2 of them, which stay", len(again), err)
	}
	if d := depth(t, b, "mail"); d.Parked != 0 || d.Waiting != len(bad)+2+len(fine) {
		t.Errorf("the queue of a module that does not consume is %+v", d)
	}
	if n, err := b.Redrive(t.Context(), "cart", 5); err != nil || n != 5 {
		t.Errorf("Redrive() = %d, %v; want 5", n, err)
	}
	soon(t, "they are parked again", func() bool { return depth(t, b, "cart").Parked == len(bad)+2 })
}

// TestBus_ParksWhatIsDeliveredInVain has a consumer die again and again.
func TestBus_ParksWhatIsDeliveredInVain(t *testing.T) {
	t.Parallel()
	url := rabbitmqtest.URL(t)
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart}})
	m := messages(1)
	publish(t, b, m)
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for n := 0; depth(t, b, "cart").Parked == 0; n++ {
		ch, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		deliveries, err := ch.Consume("svc.cart", "", false, false, false, false, nil)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-deliveries:
		case <-time.After(time.Second): // it is on its way to the other queue
		}
		if err := ch.Close(); err != nil || n > 200 {
			t.Fatalf("after %d deliveries: %v", n, err)
		}
	}
	parked, err := b.Parked(t.Context(), "cart", 10)
	if err != nil || len(parked) != 1 {
		t.Fatalf("Parked() = %v, %v; want one", parked, err)
	}
	if p := parked[0]; p.ID != m[0].ID.String() || p.Topic != m[0].Topic() || !strings.Contains(p.Reason, "delivery_limit") || p.Time.IsZero() {
		t.Errorf("parked is %+v, want the message, its topic, its time and the broker's reason", p)
	}
	if n, err := b.Redrive(t.Context(), "cart", 10); err != nil || n != 1 {
		t.Errorf("Redrive() = %d, %v; want 1", n, err)
	}
	consume(t, b, cart, nil).awaits(t, m)
}

// TestBus_StopGivesBackWhatIsNotAccepted has one process stop while it cannot accept.
func TestBus_StopGivesBackWhatIsNotAccepted(t *testing.T) {
	t.Parallel()
	url := rabbitmqtest.URL(t)
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart}})
	all := messages(3 * events.MaxBatch)
	publish(t, b, all)
	ctx, cancel := context.WithCancel(t.Context())
	var refused atomic.Int64
	err := b.Consume(ctx, cart, func(_ context.Context, batch []events.Message) error {
		if batch[0].ID != all[0].ID {
			t.Errorf("message %s came before the first was accepted", batch[0].ID)
		}
		if refused.Add(1) == 3 {
			cancel()
		}
		return errors.New("the database is away")
	})
	if err != nil || refused.Load() != 3 {
		t.Errorf("Consume() = %v after %d batches, want nil after 3", err, refused.Load())
	}
	soon(t, "all are back", func() bool { return depth(t, b, "cart").Waiting == len(all) })
}

func TestBus_QueueWithOtherArguments(t *testing.T) {
	t.Parallel()
	url, log := rabbitmqtest.URL(t), &lines{}
	ch := dial(t, url)
	if _, err := ch.QueueDeclare("svc.cart", true, false, false, false, nil); err != nil { // a classic one
		t.Fatal(err)
	}
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart, mail}, Logger: log.logger()})
	neighbour, got := consume(t, b, mail, nil), consume(t, b, cart, nil)
	all := messages(10)
	publish(t, b, all)
	neighbour.awaits(t, all)
	soon(t, "it is told", func() bool { return log.count("module gets no events") == 1 })
	if err := b.Healthy(); err != nil {
		t.Errorf("Healthy() = %v for a queue of one module, want nil", err)
	}
	told := b.Apply(t.Context())
	if told == nil {
		t.Fatal("Apply() = nil, want the queue that cannot be used")
	}
	for _, part := range []string{
		"the queue svc.cart exists with other arguments", "'x-dead-letter-exchange'", "current is none", "x-queue-type=quorum", "x-single-active-consumer=true",
		"rabbitmqctl delete_queue --vhost test-", "--if-empty svc.cart",
	} {
		if !strings.Contains(told.Error(), part) {
			t.Errorf("Apply() = %v, want it to say %q", told, part)
		}
	}
	if d := depth(t, b, "cart"); d.Waiting != len(all) || got.len() != 0 {
		t.Errorf("depth = %+v and %d consumed, want all to wait in the wrong queue", d, got.len())
	}

	// Mended by a person, without a restart.
	for d, ok, err := ch.Get("svc.cart", true); ok; d, ok, err = ch.Get("svc.cart", true) {
		if err != nil {
			t.Fatal(err)
		}
		if err := ch.Publish("", "kept", false, false, amqp.Publishing{Body: d.Body}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := ch.QueueDelete("svc.cart", false, true, false); err != nil {
		t.Fatal(err)
	}
	soon(t, "it consumes", func() bool { return log.count("module gets events again") == 1 })
	more := messages(5)
	publish(t, b, more)
	got.awaits(t, more)
}

func TestBus_SurvivesADeletedQueueWhileItConsumes(t *testing.T) {
	t.Parallel()
	url := rabbitmqtest.URL(t)
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart}})
	got := consume(t, b, cart, nil)
	all := messages(1)
	publish(t, b, all)
	got.awaits(t, all)
	if _, err := dial(t, url).QueueDelete("svc.cart", false, false, false); err != nil {
		t.Fatal(err)
	}
	soon(t, "it is declared again and consumed", func() bool {
		return passive(t, url, "svc.cart") == nil && depth(t, b, "cart").Consumers == 1
	})
	more := messages(3)
	publish(t, b, more)
	got.awaits(t, more)
}

func TestBus_Unsubscribe(t *testing.T) {
	t.Parallel()
	url := rabbitmqtest.URL(t)
	b, _ := run(t, rabbitmq.Config{URL: config.Secret(url), Subscriptions: []events.Subscription{cart, mail}})
	publish(t, b, messages(2))
	if _, err := b.Unsubscribe(t.Context(), "cart", false); err == nil || !strings.Contains(err.Error(), "2 messages") {
		t.Errorf("Unsubscribe() = %v, want to be told of 2 messages", err)
	}
	if removed, err := b.Unsubscribe(t.Context(), "cart", true); err != nil || !removed {
		t.Errorf("Unsubscribe() = %v, %v when forced, want the queue removed", removed, err)
	}
	if d := depth(t, b, "cart"); !d.Missing {
		t.Errorf("depth = %+v, want the queue to be missing", d)
	}
	if removed, err := b.Unsubscribe(t.Context(), "cart", false); err != nil || removed {
		t.Errorf("Unsubscribe() = %v, %v of a module that has no queue, want nothing removed", removed, err)
	}
	consume(t, b, mail, nil)
	soon(t, "it consumes", func() bool { return depth(t, b, "mail").Consumers == 1 })
	if _, err := b.Unsubscribe(t.Context(), "mail", true); err == nil || !strings.Contains(err.Error(), "stop") {
		t.Errorf("Unsubscribe() = %v of a module that consumes, want to be told to stop it", err)
	}
}

// TestBus_BrokerFails has a broker of its own, to which everything happens in turn.
func TestBus_BrokerFails(t *testing.T) {
	t.Parallel()
	n, log := rabbitmqtest.Start(t), &lines{}
	cfg := rabbitmq.Config{
		URL: config.Secret(n.URL()), Subscriptions: []events.Subscription{cart}, Logger: log.logger(),
		Patience: 200 * time.Millisecond, ConfirmTimeout: 2 * time.Second, Heartbeat: time.Second,
	}
	b, _ := run(t, cfg)
	got := consume(t, b, cart, nil)
	var all []events.Message
	harm := func(name string, f func(t *testing.T)) {
		t.Run(name, func(t *testing.T) {
			part := messages(100)
			all = append(all, part...)
			publish(t, b, part)
			f(t)
			soon(t, "it is healthy", func() bool { return b.Healthy() == nil })
			part = messages(100)
			all = append(all, part...)
			publish(t, b, part)
			got.awaits(t, all)
		})
	}
	wantErr := func(t *testing.T, want string) {
		t.Helper()
		if err := b.Publish(t.Context(), messages(10)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Publish() = %v, want it to say %q", err, want)
		}
	}
	harm("AMemoryAlarm", func(t *testing.T) {
		lost := log.count("no broker")
		n.RaiseMemoryAlarm(t)
		toldOf(t, b, "blocks publishers")
		if log.count("no broker") != lost {
			t.Errorf("an alarm has closed the connection:\n%s", log)
		}
		for range 3 {
			wantErr(t, "blocks publishers")
		}
		if err := b.Healthy(); err != nil {
			t.Errorf("Healthy() = %v during an alarm, want nil", err)
		}
		n.EndMemoryAlarm(t)
	})
	harm("IsFrozen", func(t *testing.T) {
		n.Pause(t)
		toldOf(t, b, "confirm") // it did not, or the silence was noticed first
		n.Resume(t)
	})
	harm("FallsSilent", func(t *testing.T) { // and nobody asks it anything
		n.Pause(t)
		soon(t, "the bus knows", func() bool { return b.Healthy() != nil })
		n.Resume(t)
	})
	harm("IsKilled", func(t *testing.T) { n.Kill(t); n.Start(t) })
	harm("IsStopped", func(t *testing.T) {
		n.Stop(t)
		soon(t, "the bus knows", func() bool { return b.Healthy() != nil })
		wantErr(t, "waited for 200ms")
		n.Start(t)
	})
	if got := n.Control(t, "list_queues", "--vhost", "slipway", "--no-table-headers", "name"); !strings.Contains(got, "svc.cart") {
		t.Errorf("list_queues says %q, want the queue", got)
	}
}

func open(t *testing.T, cfg rabbitmq.Config) *rabbitmq.Bus {
	t.Helper()
	b, err := rabbitmq.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// run runs a bus until the test ends or stop is called, and waits until it is connected.
func run(t *testing.T, cfg rabbitmq.Config) (b *rabbitmq.Bus, stop func()) {
	t.Helper()
	b, stop = begin(t, cfg)
	soon(t, "the bus is connected", func() bool { return b.Healthy() == nil })
	return b, stop
}

func begin(t *testing.T, cfg rabbitmq.Config) (b *rabbitmq.Bus, stop func()) {
	t.Helper()
	b = open(t, cfg)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run() = %v", err)
		}
	})
	t.Cleanup(stop)
	return b, stop
}

// inbox is what a module has accepted.
type inbox struct {
	mu  sync.Mutex
	ids []uuid.UUID
}

// consume accepts everything until the test ends. What accept says counts, if there is one.
func consume(t *testing.T, b *rabbitmq.Bus, s events.Subscription, accept events.Accept) *inbox {
	t.Helper()
	in := &inbox{}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() {
		ended <- b.Consume(ctx, s, func(ctx context.Context, batch []events.Message) error {
			in.mu.Lock()
			for _, m := range batch {
				in.ids = append(in.ids, m.ID)
			}
			in.mu.Unlock()
			if accept != nil {
				return accept(ctx, batch)
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Consume() = %v", err)
		}
	})
	return in
}

func (in *inbox) len() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return len(in.ids)
}

func (in *inbox) awaits(t *testing.T, want []events.Message) {
	t.Helper()
	soon(t, fmt.Sprintf("%d messages come", len(want)), func() bool {
		in.mu.Lock()
		defer in.mu.Unlock()
		return !slices.ContainsFunc(want, func(m events.Message) bool { return !slices.Contains(in.ids, m.ID) })
	})
}

func messages(n int) []events.Message {
	all := make([]events.Message, n)
	for i := range all {
		id, err := uuid.NewV7()
		if err != nil {
			panic(err)
		}
		all[i] = events.Message{ID: id, Type: paid, Version: 1, Key: "order", Time: time.Now(), Data: []byte(`{"total":1}`)}
	}
	return all
}

// publish publishes as a relay does: until it succeeds.
func publish(t *testing.T, b *rabbitmq.Bus, batch []events.Message) {
	t.Helper()
	var err error
	defer func() {
		if t.Failed() {
			t.Logf("Publish() = %v", err)
		}
	}()
	soon(t, "it is published", func() bool { err = b.Publish(t.Context(), batch); return err == nil })
}

// toldOf publishes until the broker's state shows.
func toldOf(t *testing.T, b *rabbitmq.Bus, want string) {
	t.Helper()
	soon(t, "it is told of what "+want, func() bool {
		err := b.Publish(t.Context(), messages(1))
		return err != nil && strings.Contains(err.Error(), want)
	})
}

// send publishes what no bus would.
func send(t *testing.T, ch *amqp.Channel, p amqp.Publishing) {
	t.Helper()
	err := ch.PublishWithContext(t.Context(), "events", paid+".v1", true, false, p)
	if err != nil {
		t.Fatal(err)
	}
}

func depth(t *testing.T, b *rabbitmq.Bus, module string) rabbitmq.Depth {
	t.Helper()
	all, err := b.Depths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(d rabbitmq.Depth) bool { return d.Module == module })
	if i < 0 {
		t.Fatalf("Depths() = %v, want one of %s", all, module)
	}
	return all[i]
}

// lines are what a logger has written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *lines) count(message string) int { return strings.Count(l.String(), message) }
