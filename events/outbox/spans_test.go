package outbox_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/events/outbox"
	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/telemetry"
)

// traces keep spans.
type traces struct {
	mu    sync.Mutex
	spans []telemetry.SpanData
}

func (r *traces) Record(spans []telemetry.SpanData) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, spans...)
}

func (r *traces) named(name string) (all []telemetry.SpanData) {
	for _, s := range r.spans {
		if s.Name == name {
			all = append(all, s)
		}
	}
	return all
}

func TestSpans(t *testing.T) {
	t.Parallel()
	db, r := open(t), &traces{}
	tracer := telemetry.NewTracer(telemetry.TraceConfig{Ratio: 1}, nil, r)
	ctx, root := tracer.Begin(t.Context(), telemetry.SpanContext{}, "shop", telemetry.Server, "request")
	err := db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return paid.Emit(ctx, tx, "1", order{N: 1}) })
	root.End()
	if err != nil {
		t.Fatal(err)
	}
	emit(t, db, paid, 2, 3) // outside of every trace

	bus := takingBus{answer: func(n int, batch []events.Message) (int, error) {
		if n == 0 {
			return 0, errors.New("the broker is away")
		}
		return len(batch), nil
	}}
	relay := newRelay(db, &bus, func(cfg *outbox.RelayConfig) { cfg.Tracer = tracer })
	_ = relay.Pass(t.Context()) // fails
	if got := len(r.named("publish shop.order.paid.v1")); got != 0 {
		t.Errorf("%d spans tell of what was not published", got)
	}
	pass(t, relay)

	emitted, published := r.named("emit shop.order.paid.v1"), r.named("publish shop.order.paid.v1")
	if len(emitted) != 1 || len(published) != 1 || len(bus.messages()) != 2 {
		t.Fatalf("%d spans of emitting and %d of publishing, want one each, since only one event is of a trace", len(emitted), len(published))
	}
	e, p := emitted[0], published[0]
	if e.Kind != telemetry.Producer || e.Parent != telemetry.SpanFrom(ctx).SpanID {
		t.Errorf("emitted by %+v", e)
	}
	if p.Kind != telemetry.Producer || p.Parent != e.SpanID || len(p.Links) != 1 || p.Links[0].SpanID != e.SpanID || p.Module != db.Schema() {
		t.Errorf("published by %+v", p)
	}
	if got := bus.messages()[0].Trace().SpanID; got != e.SpanID {
		t.Errorf("the message tells of span %x, want that of the emission", got)
	}
}
