package rabbitmq

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/events"
)

const (
	// exchange takes every event; its routing key is the topic.
	exchange = "events"
	// parkedExchange takes what a module could not accept; its routing key is the module.
	parkedExchange = "events.parked"
)

func queueOf(module string) string  { return "svc." + module }
func parkedOf(module string) string { return queueOf(module) + ".parked" }

// queueArguments are fixed at the birth of a queue, so they are few. What may change, such
// as a limit of memory, is a policy of the operator's.
//
// reject-publish is what dead-lettering at least once asks for. There is no limit of
// length that it would apply to: with one, a dead consumer would block every producer.
func queueArguments(module string) amqp.Table {
	return amqp.Table{
		"x-queue-type":              "quorum",
		"x-single-active-consumer":  true,
		"x-overflow":                "reject-publish",
		"x-dead-letter-exchange":    parkedExchange,
		"x-dead-letter-routing-key": module,
		"x-dead-letter-strategy":    "at-least-once",
		"x-delivery-limit":          int32(100),
	}
}

// parkedArguments have a limit that nobody reaches: RabbitMQ 4 would otherwise drop what
// was looked at twenty times.
func parkedArguments() amqp.Table {
	return amqp.Table{"x-queue-type": "quorum", "x-delivery-limit": int32(1_000_000)}
}

// declare declares everything that the subscriptions need. A queue that exists with other
// arguments is bound all the same, so that it loses nothing, and its module is in mismatches.
func declare(conn *amqp.Connection, all []events.Subscription) (mismatches map[string]error, err error) {
	if err := declareExchanges(conn); err != nil {
		return nil, err
	}
	mismatches = map[string]error{}
	for _, s := range all {
		if err := declareModule(conn, s); isMismatch(err) {
			mismatches[s.Module] = err
		} else if err != nil {
			return nil, fmt.Errorf("declare the queue of module %s: %w", s.Module, err)
		}
	}
	return mismatches, nil
}

func declareExchanges(conn *amqp.Connection) error {
	for name, kind := range map[string]string{exchange: amqp.ExchangeTopic, parkedExchange: amqp.ExchangeDirect} {
		err := on(conn, func(ch *amqp.Channel) error { return ch.ExchangeDeclare(name, kind, true, false, false, false, nil) })
		if err != nil {
			return fmt.Errorf("declare the exchange %s (%s, durable): %w", name, kind, err)
		}
	}
	return nil
}

func declareModule(conn *amqp.Connection, s events.Subscription) error {
	queue, parked := queueOf(s.Module), parkedOf(s.Module)
	declared := errors.Join(
		declareQueue(conn, parked, parkedArguments()),
		declareQueue(conn, queue, queueArguments(s.Module)),
	)
	if declared != nil && !isMismatch(declared) {
		return declared
	}
	bound := on(conn, func(ch *amqp.Channel) error {
		if err := ch.QueueBind(parked, s.Module, parkedExchange, false, nil); err != nil {
			return fmt.Errorf("bind %s: %w", parked, err)
		}
		for _, topic := range s.Topics {
			if err := ch.QueueBind(queue, topic, exchange, false, nil); err != nil {
				return fmt.Errorf("bind %s to %s: %w", queue, topic, err)
			}
		}
		return nil
	})
	return errors.Join(declared, bound)
}

func declareQueue(conn *amqp.Connection, name string, args amqp.Table) error {
	err := on(conn, func(ch *amqp.Channel) error {
		_, err := ch.QueueDeclare(name, true, false, false, false, args)
		return err
	})
	if err == nil {
		return nil
	}
	if answer, ok := errors.AsType[*amqp.Error](err); ok && answer.Code == amqp.PreconditionFailed {
		return &mismatch{name, args, answer, conn.Config.Vhost}
	}
	return fmt.Errorf("declare the queue %s: %w", name, err)
}

// on runs f on a channel of its own: the broker closes a channel on which something failed.
func on(conn *amqp.Connection, f func(*amqp.Channel) error) error {
	ch, err := conn.Channel()
	if err != nil {
		return fmt.Errorf("open a channel: %w", err)
	}
	defer func() { _ = ch.Close() }() // what failed closed it already
	return f(ch)
}

// mismatch is a queue that exists with other arguments.
type mismatch struct {
	queue  string
	wanted amqp.Table
	broker *amqp.Error
	vhost  string
}

// Error names the arguments of both sides: the broker tells the first that differs.
func (m *mismatch) Error() string {
	return fmt.Sprintf("the queue %s exists with other arguments. The broker says: %s. Expected: %s. "+
		"Its messages are safe and new ones reach it, but they wait. Have them consumed by whoever made the queue, or move them, then: "+
		"rabbitmqctl delete_queue --vhost %s --if-empty %s; it is made anew at once",
		m.queue, m.broker.Reason, spell(m.wanted), m.vhost, m.queue)
}

func (m *mismatch) Unwrap() error { return m.broker }

func isMismatch(err error) bool {
	_, ok := errors.AsType[*mismatch](err)
	return ok
}

func spell(args amqp.Table) string {
	var each []string
	for _, name := range slices.Sorted(maps.Keys(args)) {
		each = append(each, fmt.Sprintf("%s=%v", name, args[name]))
	}
	return strings.Join(each, ", ")
}
