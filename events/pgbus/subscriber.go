package pgbus

import (
	"context"
	"errors"
	"sync"

	"github.com/slipway-go/slipway/events"
)

// A subscriber is a module that wants messages, whether it consumes now or not.
type subscriber struct {
	module string
	topics map[string]bool
	// place holds a token while somebody consumes, turn while a batch is in hand.
	place, turn chan struct{}

	mu     sync.Mutex
	accept events.Accept   // nil: nobody consumes
	ctx    context.Context // the consumer's, without its end
}

func newSubscriber(s events.Subscription) *subscriber {
	who := &subscriber{module: s.Module, topics: map[string]bool{}, place: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
	for _, topic := range s.Topics {
		who.topics[topic] = true
	}
	return who
}

// enter begins to consume. Another consumer of the module is waited for.
func (s *subscriber) enter(ctx context.Context, accept events.Accept) (entered bool) {
	select {
	case s.place <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	s.set(context.WithoutCancel(ctx), accept)
	return true
}

// leave ends that, after the batch in hand.
func (s *subscriber) leave() {
	s.set(nil, nil) //nolint:staticcheck // there is no context without a consumer
	s.turn <- struct{}{}
	<-s.turn
	<-s.place
}

func (s *subscriber) set(ctx context.Context, accept events.Accept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ctx, s.accept = ctx, accept
}

func (s *subscriber) current() (context.Context, events.Accept) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx, s.accept
}

func (s *subscriber) consumes() bool {
	_, accept := s.current()
	return accept != nil
}

var errAway = errors.New("nobody consumes for the subscriber at the moment")

// give hands over a batch and returns the answer. It waits no longer than ctx;
// the batch may still be in hand then, and the next one waits for that.
func (s *subscriber) give(ctx context.Context, batch []events.Message) error {
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	its, accept := s.current()
	if accept == nil {
		<-s.turn
		return errAway
	}
	answer := make(chan error, 1)
	go func() {
		defer func() { <-s.turn }()
		answer <- accept(its, batch)
	}()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
