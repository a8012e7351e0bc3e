package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/failpoint"
)

const (
	// prefetch lets the broker send the next batches while one is being accepted; fewer of
	// them would make it wait for us (measured: 36,000 a second with two, 47,000 with five).
	prefetch = 5 * events.MaxBatch
	// linger is how long a batch waits for more.
	linger = 2 * time.Millisecond
	// drainTimeout bounds the acceptance of the last batch.
	drainTimeout = 10 * time.Second
	// busyPause is how long a subscriber that has enough to do is left alone.
	busyPause = 250 * time.Millisecond
)

// Consume implements [events.Bus]. Of all processes that consume for a module one gets
// the messages; another takes its place when it is gone.
func (b *Bus) Consume(ctx context.Context, s events.Subscription, accept events.Accept) error {
	b.subscribe(s)
	c := &consumer{bus: b, subscription: s, accept: accept, err: errNotConsuming}
	b.mu.Lock()
	b.consumers[c] = true
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.consumers, c)
	}()
	c.run(ctx)
	return nil
}

// consumer gives a module its messages.
type consumer struct {
	bus          *Bus
	subscription events.Subscription
	accept       events.Accept

	mu  sync.Mutex
	err error // why nothing is consumed
}

var errNotConsuming = errors.New("not consuming yet")

// run consumes over one connection after the other.
func (c *consumer) run(ctx context.Context) {
	const lasting = 10 * time.Second
	for attempt := 0; ; attempt++ {
		conn, err := c.bus.consuming.get(ctx)
		if err != nil {
			return // ctx is done
		}
		began := time.Now()
		err = c.consume(ctx, conn)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > lasting {
			attempt = 0
		}
		if conn.IsClosed() {
			_ = c.set(err) // the link tells
		} else {
			c.tell(ctx, err)
		}
		sleep(ctx, pause(attempt))
	}
}

// set returns what was before.
func (c *consumer) set(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.err
	c.err = err
	return before
}

// tell logs a failure once, not at each attempt.
func (c *consumer) tell(ctx context.Context, err error) {
	before := c.set(err)
	if before == nil || before.Error() != err.Error() {
		c.log().ErrorContext(ctx, "module gets no events", slog.Any("error", err))
	}
}

func (c *consumer) log() *slog.Logger {
	return c.bus.cfg.Logger.With(slog.String("subscriber", c.subscription.Module))
}

// consume returns when ctx is done or the channel is lost.
func (c *consumer) consume(ctx context.Context, conn *amqp.Connection) error {
	mismatches, err := declare(conn, []events.Subscription{c.subscription})
	if err != nil {
		return err
	}
	if err := mismatches[c.subscription.Module]; err != nil {
		return err
	}
	ch, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	defer func() { _ = ch.Close() }() // gives back what is not acknowledged
	if err := ch.Qos(prefetch, 0, false); err != nil {
		return fmt.Errorf("limit what is sent ahead: %w", err)
	}
	closed := ch.NotifyClose(make(chan *amqp.Error, 1))
	tag := c.bus.cfg.Name + " " + c.subscription.Module
	deliveries, err := ch.Consume(queueOf(c.subscription.Module), tag, false, false, false, false, nil)
	if err != nil {
		return fmt.Errorf("consume %s: %w", queueOf(c.subscription.Module), err)
	}
	if before := c.set(nil); before != nil && before != errNotConsuming { //nolint:errorlint // the very one
		c.log().InfoContext(ctx, "module gets events again")
	}
	return c.receive(ctx, &intake{ch: ch, tag: tag, deliveries: deliveries, closed: closed})
}

// intake is what a module's messages come in through.
type intake struct {
	ch         *amqp.Channel
	tag        string
	deliveries <-chan amqp.Delivery
	closed     <-chan *amqp.Error
}

// receive takes batch after batch.
func (c *consumer) receive(ctx context.Context, in *intake) error {
	for {
		batch, open := in.gather(ctx)
		if ctx.Err() != nil {
			return in.ch.Cancel(in.tag, false)
		}
		if !open {
			return in.loss()
		}
		if err := c.take(ctx, in, batch); err != nil {
			return err
		}
	}
}

// gather waits for a message, then takes those that come with it.
func (in *intake) gather(ctx context.Context) (batch []amqp.Delivery, open bool) {
	select {
	case d, ok := <-in.deliveries:
		if !ok {
			return nil, false
		}
		batch = append(batch, d)
	case <-ctx.Done():
		return nil, true
	}
	more := time.NewTimer(linger)
	defer more.Stop()
	for len(batch) < events.MaxBatch {
		select {
		case d, ok := <-in.deliveries:
			if !ok {
				return nil, false // they come again
			}
			batch = append(batch, d)
		case <-more.C:
			return batch, true
		case <-ctx.Done():
			return batch, true
		}
	}
	return batch, true
}

// loss says why there are no more messages: without a word from the broker the queue was
// deleted, which cancels its consumers.
func (in *intake) loss() error {
	select {
	case err := <-in.closed:
		return fmt.Errorf("the channel is lost: %w", lossOf(err))
	case <-time.After(100 * time.Millisecond):
		return errors.New("the broker cancelled the consumer: its queue was deleted")
	}
}

// take accepts a batch, however long that takes, and acknowledges it as a whole. A batch
// that is not accepted stays with us unacknowledged: the broker would send what it gets
// back at once.
func (c *consumer) take(ctx context.Context, in *intake, batch []amqp.Delivery) error {
	good, bad := sort(batch)
	failing := false
	for attempt := 0; ; attempt++ {
		err := c.settle(ctx, good, &bad)
		if err == nil {
			if failing {
				c.log().InfoContext(ctx, "module accepts events again")
			}
			if err := in.ch.Ack(batch[len(batch)-1].DeliveryTag, true); err != nil {
				return fmt.Errorf("acknowledge %d messages: %w", len(batch), err)
			}
			failpoint.Hit(ctx, "rabbitmq.acked")
			return nil
		}
		wait := pause(attempt)
		if errors.Is(err, events.ErrBusy) {
			wait = busyPause
		} else if !failing {
			failing = true
			c.log().WarnContext(ctx, "module does not accept events; they wait", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return nil
		case lost := <-in.closed:
			return fmt.Errorf("the channel is lost: %w", lossOf(lost))
		case <-time.After(wait):
		}
	}
}

// settle parks what cannot be read, once, and gives the rest to the module. A batch in
// hand is finished when ctx is done, for which there is a while.
func (c *consumer) settle(ctx context.Context, good []events.Message, bad *[]letter) error {
	ctx, cancel := drain(ctx)
	defer cancel()
	if err := c.bus.park(ctx, c.subscription.Module, *bad); err != nil {
		return err
	}
	*bad = nil
	if len(good) == 0 {
		return nil
	}
	return c.accept(ctx, good)
}

// drain returns a context that ends a while after ctx does.
func drain(ctx context.Context) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		time.AfterFunc(drainTimeout, func() { cancel(fmt.Errorf("not finished within %s of the stop", drainTimeout)) })
	})
	return longer, func() { stop(); cancel(nil) }
}
