package faults_test

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// A stranger speaks with the broker of the services without the kit.
type stranger struct {
	w    *world
	conn *amqp.Connection
}

func (w *world) stranger() *stranger {
	w.t.Helper()
	conn, err := amqp.Dial(w.Broker())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = conn.Close() })
	return &stranger{w, conn}
}

// envelope is the one of a fact, as it is on the wire.
func envelope(id, typ string, version, number int64) amqp.Table {
	return amqp.Table{
		"cloudEvents:specversion": "1.0", "cloudEvents:id": id, "cloudEvents:source": "/source", "cloudEvents:type": typ,
		"cloudEvents:eventversion": version, "cloudEvents:time": time.Now().UTC().Format(time.RFC3339Nano),
		"cloudEvents:subject": strconv.FormatInt(number, 10),
	}
}

// send publishes a message and waits until the broker has it.
func (s *stranger) send(topic string, headers amqp.Table, body []byte) {
	s.w.t.Helper()
	if err := s.trySend("events", topic, headers, body); err != nil {
		s.w.t.Fatal(err)
	}
}

func (s *stranger) trySend(exchange, key string, headers amqp.Table, body []byte) error {
	ch, err := s.conn.Channel()
	if err != nil {
		return err
	}
	defer ch.Close() //nolint:errcheck // the confirm counts
	if err := ch.Confirm(false); err != nil {
		return err
	}
	returned := ch.NotifyReturn(make(chan amqp.Return, 1))
	confirm, err := ch.PublishWithDeferredConfirmWithContext(s.w.t.Context(), exchange, key, true, false,
		amqp.Publishing{Headers: headers, DeliveryMode: amqp.Persistent, ContentType: "application/json", Body: body})
	if err != nil {
		return err
	}
	if acked, err := confirm.WaitContext(s.w.t.Context()); err != nil || !acked {
		return fmt.Errorf("the broker has not taken it: %w", cmp.Or(err, errRefusedByBroker))
	}
	select {
	case r := <-returned:
		return fmt.Errorf("it reached no queue: %s", r.ReplyText)
	default:
		return nil
	}
}

var errRefusedByBroker = errors.New("it said no")

// sendCopies sends a fact's event so often, all at once.
func (w *world) sendCopies(number int64, count int) {
	w.t.Helper()
	s := w.stranger()
	headers := envelope(w.ids(number, 1)[0].String(), happened.Type(), 1, number)
	body := one[[]byte](w, "source", "SELECT data FROM kit_outbox WHERE key = $1", strconv.FormatInt(number, 10))
	var sent sync.WaitGroup
	errs := make([]error, count)
	for i := range count {
		sent.Go(func() { errs[i] = s.trySend("events", happened.Topic(), headers, body) })
	}
	sent.Wait()
	for _, err := range errs {
		if err != nil {
			w.t.Fatal(err)
		}
	}
}
