package eventstest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-go/slipway/events"
)

// TestBus proves that the buses of start keep the contract of [events.Bus].
func TestBus(t *testing.T, start Start) {
	t.Helper()
	for _, sentence := range []struct {
		name string
		test func(t *testing.T, w *world)
	}{
		{"ErrPublishWhenItsContextIsDone", errPublishWhenItsContextIsDone},
		{"BringsWhatWasRefusedAgain", bringsWhatWasRefusedAgain},
		{"BringsWhatFoundTheSubscriberBusyAgain", bringsWhatFoundTheSubscriberBusyAgain},
		{"HoldsUpNobodyForASubscriberThatRefuses", holdsUpNobodyForASubscriberThatRefuses},
		{"HoldsUpNobodyForASubscriberThatHangs", holdsUpNobodyForASubscriberThatHangs},
		{"KeepsWhatNobodyConsumesYet", keepsWhatNobodyConsumesYet},
		{"LosesNothingWhenItEndsInTheMiddle", losesNothingWhenItEndsInTheMiddle},
		{"FinishesTheBatchInHand", finishesTheBatchInHand},
		{"DoesNotBringAgainWhatWasAccepted", doesNotBringAgainWhatWasAccepted},
		{"LetsAnotherProcessTakeOver", letsAnotherProcessTakeOver},
		{"ReachesASubscriberInAnotherProcess", reachesASubscriberInAnotherProcess},
		{"DeliversEveryMessageToEverySubscriberAndToNoOther", deliversEveryMessage},
		{"KeepsTheOrderOfAProducer", keepsTheOrderOfAProducer},
		{"GivesSmallBatchesOneAtATime", givesSmallBatchesOneAtATime},
		{"TakesTheSameMessageTwice", takesTheSameMessageTwice},
		{"CarriesEveryField", carriesEveryField},
		{"TakesAMessageThatNobodyWants", takesAMessageThatNobodyWants},
		{"TakesAnEmptyBatch", takesAnEmptyBatch},
	} {
		t.Run(sentence.name, func(t *testing.T) {
			t.Parallel()
			sentence.test(t, newWorld(t, start))
		})
	}
}

func errPublishWhenItsContextIsDone(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := bus.Publish(ctx, messages(w.paid, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Publish() = %v, want context.Canceled", err)
	}
}

func bringsWhatWasRefusedAgain(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who subscriber
	accept, refused := who.refusing(3, errors.New("the database is away"))
	w.consume(bus, w.first, accept)
	all := messages(w.paid, 3*events.MaxBatch)
	for batch := range slices.Chunk(all, 100) { // what is new does not overtake what was refused
		w.publish(bus, batch...)
	}
	w.gets(&who, all)
	if got := distinct(who.ids()); !slices.Equal(got, ids(all)) {
		t.Error("what was refused came again in another order")
	}
	for _, batch := range refused() {
		if batch[0].ID != all[0].ID {
			t.Error("a batch came although the one before it was refused")
		}
	}
}

func bringsWhatFoundTheSubscriberBusyAgain(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who subscriber
	unhealthy := make(chan error, 3)
	accept, _ := who.refusing(3, fmt.Errorf("10,000 wait: %w", events.ErrBusy))
	w.consume(bus, w.first, func(ctx context.Context, batch []events.Message) error {
		err := accept(ctx, batch)
		if err != nil {
			unhealthy <- bus.Healthy()
		}
		return err
	})
	all := messages(w.paid, 10)
	w.publish(bus, all...)
	w.gets(&who, all)
	for range 3 {
		if err := <-unhealthy; err != nil {
			t.Errorf("Healthy() = %v while a subscriber is busy, want nil", err)
		}
	}
}

func holdsUpNobodyForASubscriberThatRefuses(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var first, other subscriber
	broken, refused := first.refusing(math.MaxInt, errors.New("it is broken"))
	w.consume(bus, w.first, broken)
	w.consume(bus, w.other, other.accept)
	for range 5 {
		all := messages(w.sent, 50)
		w.publish(bus, all...)
		w.gets(&other, all)
	}
	w.eventually("it refused as well", func() bool { return len(refused()) > 0 })
}

func holdsUpNobodyForASubscriberThatHangs(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var first, other subscriber
	release := make(chan struct{})
	open := sync.OnceFunc(func() { close(release) })
	t.Cleanup(open)
	w.consume(bus, w.first, func(ctx context.Context, batch []events.Message) error {
		<-release
		return first.accept(ctx, batch)
	})
	w.consume(bus, w.other, other.accept)
	var all []events.Message
	for range 5 {
		batch := messages(w.sent, 50)
		w.publish(bus, batch...)
		w.gets(&other, batch)
		all = append(all, batch...)
	}
	open()
	w.gets(&first, all)
}

func keepsWhatNobodyConsumesYet(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	all := messages(w.paid, 300)
	w.publish(bus, all[:200]...)
	w.publish(bus, all[200:]...)
	var who subscriber
	w.consume(bus, w.first, who.accept)
	w.gets(&who, all)
	if got := distinct(who.ids()); !slices.Equal(got, ids(all)) {
		t.Error("the messages came in another order than they were published in")
	}
}

func losesNothingWhenItEndsInTheMiddle(t *testing.T, w *world) {
	t.Helper()
	var who subscriber
	all := messages(w.paid, 1000)
	took := make(chan struct{})
	var once sync.Once
	bus, stop := w.running()
	stopConsuming := w.consume(bus, w.first, func(ctx context.Context, batch []events.Message) error {
		defer once.Do(func() { close(took) })
		return who.accept(ctx, batch)
	})
	w.publish(bus, all[:500]...)
	<-took
	stop()
	stopConsuming()

	again, stop := w.running()
	w.publish(again, all[500:750]...)
	stop()

	last, _ := w.running()
	w.consume(last, w.first, who.accept)
	w.publish(last, all[750:]...)
	w.gets(&who, all)
}

func finishesTheBatchInHand(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	release := make(chan struct{})
	open := sync.OnceFunc(func() { close(release) })
	t.Cleanup(open)
	inside, accepted := make(chan struct{}, 10), make(chan error, 10)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- bus.Consume(ctx, w.first, func(ctx context.Context, _ []events.Message) error {
			inside <- struct{}{}
			<-release
			accepted <- ctx.Err()
			return nil
		})
	}()
	// It may wait for the batch, and is not what ends.
	w.background("Publish()", func(ctx context.Context) error {
		return bus.Publish(context.WithoutCancel(ctx), messages(w.paid, 1))
	})
	<-inside
	cancel()
	select {
	case err := <-ended:
		t.Fatalf("Consume() = %v with a batch in hand", err)
	case <-time.After(100 * time.Millisecond): // it does not end before it may
	}
	open()
	if err := <-accepted; err != nil {
		t.Errorf("the accept's context ended with a batch in hand: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("Consume() = %v, want nil after the end of its context", err)
	}
	if len(inside) > 0 {
		t.Error("another batch came after the end of the context")
	}
}

func doesNotBringAgainWhatWasAccepted(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who, next subscriber
	stop := w.consume(bus, w.first, who.accept)
	before, after := messages(w.paid, 300), messages(w.paid, 10)
	w.publish(bus, before...)
	w.gets(&who, before)
	stop()
	w.consume(bus, w.first, next.accept)
	w.publish(bus, after...)
	w.gets(&next, after)
	if got := next.ids(); !slices.Equal(got, ids(after)) {
		t.Errorf("%d messages came, want the %d new ones", len(got), len(after))
	}
}

func letsAnotherProcessTakeOver(t *testing.T, w *world) {
	t.Helper()
	var who subscriber
	one, stopOne := w.running()
	two, _ := w.running()
	stopConsuming := w.consume(one, w.first, who.accept)
	w.consume(two, w.first, who.accept)
	all := messages(w.paid, 20)
	w.publish(one, all[:10]...)
	w.gets(&who, all[:10])
	stopConsuming()
	stopOne()
	w.publish(two, all[10:]...)
	w.gets(&who, all)
}

func reachesASubscriberInAnotherProcess(t *testing.T, w *world) {
	t.Helper()
	var who subscriber
	one, _ := w.running()
	two, _ := w.running()
	w.consume(two, w.first, who.accept)
	all := messages(w.paid, 10)
	w.publish(one, all...)
	w.gets(&who, all)
}

func deliversEveryMessage(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var first, other subscriber
	w.consume(bus, w.first, first.accept)
	w.consume(bus, w.other, other.accept)
	paid, sent := messages(w.paid, 250), messages(w.sent, 250)
	for n := range paid {
		paid[n].Version += n % 2 // nobody wants the second version
	}
	for n := range 5 {
		w.publish(bus, slices.Concat(paid[n*50:(n+1)*50], sent[n*50:(n+1)*50])...)
	}
	end := messages(w.sent, 1) // comes after everything else
	w.publish(bus, end...)
	w.gets(&first, end)
	w.gets(&other, end)

	wanted := slices.DeleteFunc(slices.Clone(paid), func(m events.Message) bool { return m.Version != 1 })
	got := first.ids()
	if !hasAll(got, ids(wanted)) || !hasAll(got, ids(sent)) || len(distinct(got)) != len(wanted)+len(sent)+1 {
		t.Errorf("the first subscriber has %d messages, want the %d that it wants", len(distinct(got)), len(wanted)+len(sent)+1)
	}
	if got := distinct(other.ids()); !slices.Equal(got, ids(append(sent, end...))) {
		t.Errorf("the other subscriber has %d messages, want the %d that it wants", len(got), len(sent)+1)
	}
}

func keepsTheOrderOfAProducer(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who subscriber
	w.consume(bus, w.first, who.accept)
	all := messages(w.paid, 2000)
	for batch := range slices.Chunk(all, 500) {
		w.publish(bus, batch...)
	}
	w.gets(&who, all)
	if got := distinct(who.ids()); !slices.Equal(got, ids(all)) {
		t.Error("the messages came in another order than they were published in")
	}
}

func givesSmallBatchesOneAtATime(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who subscriber
	var inside, most, largest atomic.Int64
	published := make(chan struct{})
	w.consume(bus, w.first, func(ctx context.Context, batch []events.Message) error {
		defer inside.Add(-1)
		most.Store(max(most.Load(), inside.Add(1)))
		largest.Store(max(largest.Load(), int64(len(batch))))
		<-published // every other batch has time to come meanwhile
		return who.accept(ctx, batch)
	})
	const producers = 4
	all := messages(w.paid, producers*300)
	var publishing sync.WaitGroup
	for batch := range slices.Chunk(all, 300) {
		publishing.Go(func() {
			if err := bus.Publish(context.WithoutCancel(t.Context()), batch); err != nil {
				t.Errorf("Publish() = %v", err)
			}
		})
	}
	publishing.Wait()
	close(published)
	w.gets(&who, all)
	if most.Load() != 1 {
		t.Errorf("%d batches were given at once, want one", most.Load())
	}
	if largest.Load() > events.MaxBatch {
		t.Errorf("a batch had %d messages, want %d or fewer", largest.Load(), events.MaxBatch)
	}
}

func takesTheSameMessageTwice(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who subscriber
	w.consume(bus, w.first, who.accept)
	all, end := messages(w.paid, 3), messages(w.paid, 1)
	w.publish(bus, slices.Concat(all, all)...)
	w.publish(bus, all...)
	w.publish(bus, end...)
	w.gets(&who, end)
	if got := distinct(who.ids()); !slices.Equal(got, ids(append(all, end...))) {
		t.Errorf("%d different messages came, want %d", len(got), len(all)+1)
	}
}

func carriesEveryField(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who subscriber
	w.consume(bus, w.first, who.accept)
	var sent []events.Message
	var names []string
	for name, change := range map[string]func(*events.Message){
		"all of them":      func(*events.Message) {},
		"nothing optional": func(m *events.Message) { m.Key, m.Traceparent, m.Subject = "", "", "" },
		"the largest data": func(m *events.Message) { m.Data = largest() },
		"the longest key":  func(m *events.Message) { m.Key = strings.Repeat("k", events.MaxKey) },
		"a long subject":   func(m *events.Message) { m.Subject = strings.Repeat("s", 16<<10) },
		"all of Unicode": func(m *events.Message) {
			m.Key, m.Subject, m.Data = "Zürich 北京 🛒", "Zoë", []byte(`{"s":"Zürich 北京 🛒"}`)
		},
		"lines and quotes": func(m *events.Message) { m.Key, m.Subject = "a\"b\r\n\tc\\", "x\ny" },
		"data with blanks": func(m *events.Message) { m.Data = []byte("{ \"b\": 1,\n\"a\": 1.10 }") },
		"a round time":     func(m *events.Message) { m.Time = m.Time.Truncate(24 * time.Hour) },
	} {
		m := message(w.paid, len(sent))
		change(&m)
		sent, names = append(sent, m), append(names, name)
	}
	w.publish(bus, sent...)
	w.gets(&who, sent)
	got := who.messages()
	for n, want := range sent {
		at := slices.IndexFunc(got, func(m events.Message) bool { return m.ID == want.ID })
		if d := difference(got[at], want); d != "" {
			t.Errorf("a message with %s came with %s", names[n], d)
		}
	}
}

// largest is the largest data that an event may have.
func largest() []byte {
	return fmt.Appendf(nil, `{"s":%q}`, strings.Repeat("x", events.MaxData-len(`{"s":""}`)))
}

func takesAMessageThatNobodyWants(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	var who subscriber
	w.consume(bus, w.first, who.accept)
	unwanted, wanted := messages(w.paid+".twice", 1), messages(w.paid, 1)
	w.publish(bus, unwanted...)
	w.publish(bus, append(unwanted, wanted...)...)
	w.gets(&who, wanted)
	if got := who.ids(); !slices.Equal(distinct(got), ids(wanted)) {
		t.Errorf("%d messages came, want one", len(got))
	}
}

func takesAnEmptyBatch(t *testing.T, w *world) {
	t.Helper()
	bus, _ := w.running()
	if err := bus.Publish(t.Context(), nil); err != nil {
		t.Errorf("Publish(nil) = %v", err)
	}
}
