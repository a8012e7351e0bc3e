package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/ThreeDotsLabs/watermill"
	wamqp "github.com/ThreeDotsLabs/watermill-amqp/v3/pkg/amqp"
	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"
)

// mill is watermill-amqp with confirms. It waits for each message's own, so it has
// as many publishers at once as the others have messages in a batch.
type mill struct {
	publisher  *wamqp.Publisher
	subscriber *wamqp.Subscriber
	topic      string
}

func openMill(url, queue string) (*mill, error) {
	cfg := wamqp.NewDurableTopicConfig(url, exchange, queue)
	cfg.Exchange.Durable = true
	cfg.Queue.Arguments = queueArguments
	cfg.Publish.ConfirmDelivery, cfg.Publish.ChannelPoolSize = true, batch
	cfg.Consume.Qos.PrefetchCount = 2 * batch
	m := &mill{topic: queue}
	var err error
	if m.publisher, err = wamqp.NewPublisher(cfg, watermill.NopLogger{}); err != nil {
		return nil, err
	}
	if m.subscriber, err = wamqp.NewSubscriber(cfg, watermill.NopLogger{}); err != nil {
		return nil, errors.Join(err, m.publisher.Close())
	}
	if err := m.subscriber.SubscribeInitialize(queue); err != nil {
		return nil, errors.Join(err, m.close())
	}
	return m, nil
}

func (m *mill) close() error { return errors.Join(m.subscriber.Close(), m.publisher.Close()) }

// publish sends n messages, with so many publishers at once.
func (m *mill) publish(n, atOnce int) error {
	var group errgroup.Group
	for p := range atOnce {
		group.Go(func() error {
			for range share(n, atOnce, p) {
				if err := m.publisher.Publish(m.topic, newMillMessage()); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// share is how many of n the i-th of so many does.
func share(n, of, i int) int { return (n + of - 1 - i) / of }

func newMillMessage() *message.Message {
	msg := message.NewMessage(watermill.NewUUID(), []byte(body))
	for k, v := range headers(msg.UUID) {
		msg.Metadata.Set(k, fmt.Sprint(v))
	}
	return msg
}

// consume takes n messages; a subscription hands out the next when this one is
// acknowledged.
func (m *mill) consume(ctx context.Context, n int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	messages, err := m.subscriber.Subscribe(ctx, m.topic)
	if err != nil {
		return err
	}
	for range n {
		select {
		case msg := <-messages:
			msg.Ack()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
