package rabbitmq

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

func TestPublisher_hear(t *testing.T) {
	t.Parallel()

	t.Run("TakesNoSilenceForDeathOnceThereIsAnAlarm", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := silent()
			go func() {
				time.Sleep(p.cfg.ConfirmTimeout / 2)
				p.setAlarm(amqp.Blocking{Active: true, Reason: "low on memory"})
			}()
			if err := p.hear(t.Context(), make(chan struct{}), "confirm"); err == nil || !strings.Contains(err.Error(), "blocks publishers: low on memory") {
				t.Errorf("hear() = %v, want the alarm that was raised meanwhile", err)
			}
		})
	})

	t.Run("EndsWithItsContext", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			if err := silent().hear(ctx, make(chan struct{}), "answer"); err == nil || time.Since(began) != time.Second {
				t.Errorf("hear() = %v after %s, want an error after a second", err, time.Since(began))
			}
		})
	})
}

// silent is a publisher to a broker that says nothing.
func silent() *publisher {
	cfg := Config{URL: "amqp://127.0.0.1/shop", ConfirmTimeout: 15 * time.Second}
	return &publisher{cfg: cfg, gone: make(chan struct{}), unblocked: make(chan struct{})}
}
