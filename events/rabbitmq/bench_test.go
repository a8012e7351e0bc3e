package rabbitmq_test

import (
	"context"
	"testing"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
)

// BenchmarkBus publishes in batches, as a relay does, and consumes into nothing. An
// iteration is a batch of 500.
func BenchmarkBus(b *testing.B) {
	const batch = 500
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	running := func(b *testing.B) *rabbitmq.Bus {
		b.Helper()
		bus, err := rabbitmq.Open(rabbitmq.Config{URL: config.Secret(rabbitmqtest.URL(b)), Subscriptions: []events.Subscription{cart}})
		if err != nil {
			b.Fatal(err)
		}
		go func() { _ = bus.Run(ctx) }()
		return bus
	}
	publish := func(b *testing.B, bus *rabbitmq.Bus) {
		b.Helper()
		if err := bus.Publish(ctx, messages(batch)); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("publish", func(b *testing.B) {
		bus := running(b)
		publish(b, bus) // connected
		for b.Loop() {
			publish(b, bus)
		}
		b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	})
	b.Run("consume", func(b *testing.B) {
		bus := running(b)
		for range b.N {
			publish(b, bus)
		}
		consuming, stop := context.WithCancel(ctx)
		defer stop()
		left := batch * b.N
		b.ResetTimer()
		err := bus.Consume(consuming, cart, func(_ context.Context, m []events.Message) error {
			if left -= len(m); left <= 0 {
				stop()
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
	})
}
