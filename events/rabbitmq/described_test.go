package rabbitmq_test

import (
	"encoding/json"
	"testing"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/rabbitmq"
)

// What AsyncAPI says of the broker is written down in another package.
func TestDocument_namesWhatIsDeclared(t *testing.T) {
	t.Parallel()
	e := events.Define[struct{}](shop{}, "opened", 1, "The shop is open.")
	raw, err := events.Document(events.Info{Title: "Shop", Version: "1"}, events.Channel{Definition: e.Declared(), Consumers: []string{"cart"}})
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Channels map[string]struct {
			Bindings struct {
				AMQP struct {
					Exchange, Queue struct{ Name string }
				}
			}
		}
	}
	if err := json.Unmarshal(raw, &document); err != nil {
		t.Fatal(err)
	}
	if got := document.Channels["shop.opened.v1"].Bindings.AMQP.Exchange.Name; got != rabbitmq.Exchange {
		t.Errorf("the description sends to the exchange %q, and %q is declared", got, rabbitmq.Exchange)
	}
	queue := rabbitmq.QueueOf("cart")
	if got := document.Channels[queue].Bindings.AMQP.Queue.Name; got != queue {
		t.Errorf("the description receives from the queue %q, and %q is declared:\n%s", got, queue, raw)
	}
}
