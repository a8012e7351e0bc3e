package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Depth is how much waits for a module.
type Depth struct {
	Module    string
	Waiting   int  // in its queue, besides what its consumer has in hand
	Parked    int  // what it could not take
	Consumers int  // one of them gets the messages
	Missing   bool // there is no queue
}

// Parked is a message that a module could not take.
type Parked struct {
	ID     string
	Topic  string
	Reason string
	Time   time.Time // when it was parked; zero if that is unknown
	Data   []byte
}

// Apply declares the queues of the whole product, as every Run does.
func (b *Bus) Apply(ctx context.Context) error {
	return b.visit(ctx, func(conn *amqp.Connection) error {
		mismatches, err := declare(conn, b.subscriptions())
		if err != nil {
			return err
		}
		var all []error
		for _, err := range mismatches {
			all = append(all, err)
		}
		return errors.Join(all...)
	})
}

// Depths returns the depth of each subscribed module's queue. It makes a connection of its
// own, as all that follow do, so that a command need not run the bus.
func (b *Bus) Depths(ctx context.Context) ([]Depth, error) {
	var all []Depth
	err := b.visit(ctx, func(conn *amqp.Connection) error {
		for _, s := range b.subscriptions() {
			d, err := depthOf(conn, s.Module)
			if err != nil {
				return err
			}
			all = append(all, d)
		}
		return nil
	})
	return all, err
}

func depthOf(conn *amqp.Connection, module string) (Depth, error) {
	queue, missing, err := inspect(conn, queueOf(module))
	if err != nil {
		return Depth{}, err
	}
	parked, _, err := inspect(conn, parkedOf(module))
	return Depth{Module: module, Waiting: queue.Messages, Parked: parked.Messages, Consumers: queue.Consumers, Missing: missing}, err
}

func inspect(conn *amqp.Connection, name string) (q amqp.Queue, missing bool, err error) {
	err = on(conn, func(ch *amqp.Channel) error {
		q, err = ch.QueueDeclarePassive(name, true, false, false, false, nil)
		return err
	})
	if isMissing(err) {
		return amqp.Queue{}, true, nil
	}
	if err != nil {
		return q, false, fmt.Errorf("look at the queue %s: %w", name, err)
	}
	return q, false, nil
}

// mostParked bounds what is looked at or sent back in one go.
const mostParked = 1000

// Parked returns up to limit of the oldest messages that the module could not take. They stay.
func (b *Bus) Parked(ctx context.Context, module string, limit int) ([]Parked, error) {
	var all []Parked
	err := b.visit(ctx, func(conn *amqp.Connection) error {
		return on(conn, func(ch *amqp.Channel) error { // whose end gives them back
			return each(ctx, ch, parkedOf(module), limit, func(d *amqp.Delivery) error {
				all = append(all, parkedFrom(d))
				return nil
			})
		})
	})
	return all, err
}

// each gets up to limit messages, and acknowledges none.
func each(ctx context.Context, ch *amqp.Channel, queue string, limit int, f func(*amqp.Delivery) error) error {
	for range min(limit, mostParked) {
		if err := cause(ctx); err != nil {
			return err
		}
		d, ok, err := ch.Get(queue, false)
		if err != nil {
			return fmt.Errorf("read the queue %s: %w", queue, err)
		}
		if !ok {
			return nil
		}
		if err := f(&d); err != nil {
			return err
		}
	}
	return nil
}

func parkedFrom(d *amqp.Delivery) Parked {
	p := Parked{ID: d.MessageId, Topic: d.RoutingKey, Data: d.Body}
	if reason, ok := d.Headers[headerReason].(string); ok {
		p.Reason = reason
		p.Topic, _ = d.Headers[headerTopic].(string)
		p.Time, _ = d.Headers[headerParked].(time.Time)
		return p
	}
	// Parked by the broker itself.
	deaths, _ := d.Headers["x-death"].([]any)
	if len(deaths) == 0 {
		return p
	}
	death, _ := deaths[0].(amqp.Table)
	why, _ := death["reason"].(string)
	p.Reason = "the broker gave it up: " + why
	p.Time, _ = death["time"].(time.Time)
	if keys, _ := death["routing-keys"].([]any); len(keys) > 0 {
		p.Topic, _ = keys[0].(string)
	}
	return p
}

// Redrive sends up to limit of the oldest parked messages to the module once more, and
// returns how many. One that is interrupted may send a message twice, and loses none.
func (b *Bus) Redrive(ctx context.Context, module string, limit int) (int, error) {
	sent := 0
	err := b.visit(ctx, func(conn *amqp.Connection) error {
		p, _, err := openPublisher(ctx, b.cfg, conn)
		if err != nil {
			return err
		}
		return on(conn, func(ch *amqp.Channel) error {
			return each(ctx, ch, parkedOf(module), limit, func(d *amqp.Delivery) error {
				if err := resend(ctx, p, module, d); err != nil {
					return err
				}
				sent++
				return ch.Ack(d.DeliveryTag, false)
			})
		})
	})
	return sent, err
}

// resend goes to the module's queue and to no other module.
func resend(ctx context.Context, p *publisher, module string, d *amqp.Delivery) error {
	headers := amqp.Table{}
	for name, value := range d.Headers {
		if strings.HasPrefix(name, prefix) {
			headers[name] = value
		}
	}
	l := letter{key: queueOf(module), Publishing: amqp.Publishing{
		Headers: headers, ContentType: d.ContentType, ContentEncoding: d.ContentEncoding, DeliveryMode: amqp.Persistent,
		CorrelationId: d.CorrelationId, MessageId: d.MessageId, Timestamp: d.Timestamp, Type: d.Type, Body: d.Body,
	}}
	unrouted, err := p.publish(ctx, []letter{l})
	if err == nil && len(unrouted) > 0 {
		err = fmt.Errorf("there is no queue %s: start the module, or run topology apply", l.key)
	}
	return err
}

// Unsubscribe removes the queues of a module that is gone, after which nothing is kept for
// it. It refuses while the module consumes, and, unless forced, while messages wait. It
// says whether there was a queue.
func (b *Bus) Unsubscribe(ctx context.Context, module string, force bool) (removed bool, err error) {
	err = b.visit(ctx, func(conn *amqp.Connection) error {
		d, err := depthOf(conn, module)
		switch {
		case err != nil:
			return err
		case d.Consumers > 0:
			return fmt.Errorf("it consumes in %d processes: stop them first", d.Consumers)
		case d.Waiting+d.Parked > 0 && !force:
			return fmt.Errorf("%d messages wait for it and %d are parked: let it take them, or force it and lose them", d.Waiting, d.Parked)
		}
		removed = !d.Missing
		return on(conn, func(ch *amqp.Channel) error {
			for _, queue := range []string{queueOf(module), parkedOf(module)} {
				if _, err := ch.QueueDelete(queue, false, false, false); err != nil {
					return fmt.Errorf("delete the queue %s: %w", queue, err)
				}
			}
			return nil
		})
	})
	if err != nil {
		return false, fmt.Errorf("unsubscribe module %s: %w", module, err)
	}
	return removed, nil
}

// visit makes a connection for a moment.
func (b *Bus) visit(ctx context.Context, f func(*amqp.Connection) error) error {
	conn, err := b.cfg.dial(ctx, "admin")
	if err != nil {
		return err
	}
	defer end(conn)
	return f(conn)
}
