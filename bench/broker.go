package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/slipway-go/slipway/events/rabbitmq"
)

// A broker is a RabbitMQ of its own with its durable settings.
type broker struct {
	*rabbitmq.Private
	dir string
}

func startBroker(ctx context.Context) (*broker, error) {
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return nil, err
	}
	p, err := rabbitmq.StartPrivate(ctx, rabbitmq.PrivateConfig{Dir: dir, Durable: true})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a private RabbitMQ: %w", err), os.RemoveAll(dir))
	}
	return &broker{p, dir}, nil
}

// Close stops the node, and then its data can go.
func (b *broker) Close() error {
	return errors.Join(b.Private.Close(), os.RemoveAll(b.dir))
}
