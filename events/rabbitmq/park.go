package rabbitmq

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/events"
)

// Headers of a parked message.
const (
	headerReason = "slipway-reason"
	headerTopic  = "slipway-topic"
	headerParked = "slipway-parked"
)

// sort separates what can be read from what is to be parked with its reason.
func sort(batch []amqp.Delivery) (good []events.Message, bad []letter) {
	for i := range batch {
		m, err := decode(&batch[i])
		if err != nil {
			bad = append(bad, parcel(&batch[i], err))
			continue
		}
		good = append(good, m)
	}
	return good, bad
}

// parcel is a message as it came, with what is wrong with it.
func parcel(d *amqp.Delivery, reason error) letter {
	const longest = 1 << 10
	text := reason.Error()
	headers := amqp.Table{headerReason: text[:min(len(text), longest)], headerTopic: d.RoutingKey, headerParked: time.Now().UTC()}
	for name, value := range bearable(d.Headers) {
		if headers[name] == nil {
			headers[name] = value
		}
	}
	return letter{exchange: parkedExchange, Publishing: amqp.Publishing{
		Headers: headers, ContentType: d.ContentType, ContentEncoding: d.ContentEncoding, DeliveryMode: amqp.Persistent,
		CorrelationId: d.CorrelationId, MessageId: d.MessageId, Timestamp: d.Timestamp, Type: d.Type, Body: d.Body,
	}}
}

// bearable leaves out headers that could not be sent on: they must fit into one frame with
// ours, or the broker would close the connection each time.
func bearable(headers amqp.Table) amqp.Table {
	const most = 64 << 10
	if len(fmt.Sprint(headers)) > most || headers.Validate() != nil {
		return nil
	}
	return headers
}

// park returns when the letters are safe in the module's queue of parked messages.
func (b *Bus) park(ctx context.Context, module string, letters []letter) error {
	if len(letters) == 0 {
		return nil
	}
	for i := range letters {
		letters[i].key = module
	}
	p, unrouted, err := b.send(ctx, letters)
	if err != nil {
		return fmt.Errorf("park %d messages that cannot be read: %w", len(letters), err)
	}
	if len(unrouted) > 0 {
		err := fmt.Errorf("the queue %s had been deleted: it is declared again", parkedOf(module))
		if again := b.declare(ctx, p.conn); again != nil {
			err = again
		}
		return fmt.Errorf("park %d messages that cannot be read: %w", len(letters), err)
	}
	for _, l := range letters {
		b.cfg.Logger.ErrorContext(ctx, "message cannot be read; it is parked", slog.String("subscriber", module),
			slog.Any("topic", l.Headers[headerTopic]), slog.Any("reason", l.Headers[headerReason]))
	}
	return nil
}
