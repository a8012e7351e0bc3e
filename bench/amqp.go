package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"
)

// Every side publishes the same message, persistent, through the same durable topic
// exchange to a durable quorum queue of its own, whose name is the routing key.
const exchange = "bench"

// batch is how many confirms a side may wait for at once, where it can do so at all.
const batch = 64

var queueArguments = amqp.Table{"x-queue-type": "quorum", "x-overflow": "reject-publish", "x-single-active-consumer": true}

const body = `{"payment":"0197a2c4-7a1b-7c3d-9e4f-0123456789ab","order":"0197a2c4-7a1b-7c3d-9e4f-ba9876543210",` +
	`"amount":{"value":"1299.90","currency":"EUR"},"method":"card","captured_at":"2026-11-26T09:00:00.123456Z"}`

const (
	eventKey    = "0197a2c4-7a1b-7c3d-9e4f-0123456789ab"
	traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
)

// headers are those of an event: CloudEvents in binary mode.
func headers(id string) amqp.Table {
	return amqp.Table{
		"cloudEvents:specversion": "1.0", "cloudEvents:id": id, "cloudEvents:type": "acquiring.payment.captured",
		"cloudEvents:source": "acquiring", "cloudEvents:subject": eventKey,
		"cloudEvents:time":        "2026-11-26T09:00:00.123456Z",
		"cloudEvents:traceparent": traceparent, "cloudEvents:eventversion": int64(1), "cloudEvents:causedby": owner,
	}
}

// An amqpLine is a connection with one channel and a queue of its own.
type amqpLine struct {
	conn  *amqp.Connection
	ch    *amqp.Channel
	queue string
}

func openAMQP(url, queue string) (*amqpLine, error) {
	conn, err := amqp.Dial(url)
	if err != nil {
		return nil, fmt.Errorf("connect to RabbitMQ: %w", err)
	}
	l := &amqpLine{conn: conn, queue: queue}
	if err := l.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("prepare queue %s: %w", queue, err), conn.Close())
	}
	return l, nil
}

func (l *amqpLine) prepare() (err error) {
	if l.ch, err = l.conn.Channel(); err != nil {
		return err
	}
	if err := l.ch.ExchangeDeclare(exchange, amqp.ExchangeTopic, true, false, false, false, nil); err != nil {
		return err
	}
	if _, err := l.ch.QueueDeclare(l.queue, true, false, false, false, queueArguments); err != nil {
		return err
	}
	if err := l.ch.QueueBind(l.queue, l.queue, exchange, false, nil); err != nil {
		return err
	}
	return l.ch.Confirm(false)
}

func (l *amqpLine) close() error { return l.conn.Close() }

func (l *amqpLine) purge() error { _, err := l.ch.QueuePurge(l.queue, false); return err }

// publish sends n messages and waits for their confirms, so many at a time.
func (l *amqpLine) publish(ctx context.Context, n, atOnce int) error {
	confirms := make([]*amqp.DeferredConfirmation, 0, atOnce)
	for sent := 0; sent < n; sent += len(confirms) {
		confirms = confirms[:0]
		for range min(atOnce, n-sent) {
			id := uuid.Must(uuid.NewV7()).String()
			c, err := l.ch.PublishWithDeferredConfirm(exchange, l.queue, true, false, amqp.Publishing{
				ContentType: "application/json", DeliveryMode: amqp.Persistent, MessageId: id, Headers: headers(id), Body: []byte(body),
			})
			if err != nil {
				return err
			}
			confirms = append(confirms, c)
		}
		if err := confirmed(ctx, confirms); err != nil {
			return err
		}
	}
	return nil
}

func confirmed(ctx context.Context, confirms []*amqp.DeferredConfirmation) error {
	for _, c := range confirms {
		ok, err := c.WaitContext(ctx)
		if err != nil {
			return err
		}
		if !ok {
			return errors.New("RabbitMQ refused a message")
		}
	}
	return nil
}

// consume takes n messages and acknowledges them, so many at a time.
func (l *amqpLine) consume(ctx context.Context, n, atOnce int) error {
	if err := l.ch.Qos(2*atOnce, 0, false); err != nil {
		return err
	}
	name := "bench-" + strconv.Itoa(n)
	deliveries, err := l.ch.Consume(l.queue, name, false, false, false, false, nil)
	if err != nil {
		return err
	}
	for i := 1; i <= n; i++ {
		select {
		case d, ok := <-deliveries:
			if !ok {
				return amqp.ErrClosed
			}
			if i%atOnce != 0 && i != n {
				continue
			}
			if err := d.Ack(true); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return l.ch.Cancel(name, false)
}
