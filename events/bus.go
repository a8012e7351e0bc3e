package events

import (
	"context"
	"errors"
)

// A Bus carries messages from their producers to every module that subscribes. The
// package eventstest proves that an implementation keeps this contract.
type Bus interface {
	// Run keeps the bus alive until ctx is done. Publish and Consume work while it
	// runs. An error is one that no waiting will mend; a broker that is away is none.
	Run(ctx context.Context) error
	// Publish hands messages over in their order. After nil each of them is safe with
	// every subscriber, or will be without the caller; after an error any of them may be.
	Publish(ctx context.Context, batch []Message) error
	// Consume gives a module its messages, one batch at a time, until ctx is done; the
	// batch in hand is finished first. A batch that was accepted does not come again,
	// unless the word of it is lost; any other does, after a pause.
	Consume(ctx context.Context, s Subscription, accept Accept) error
	// Healthy returns why nothing can be sent or received at the moment, or nil, in words that
	// everybody may read: probes get them. What waits for one module is no reason.
	Healthy() error
}

// Accept makes a batch its own: after nil the messages are safe with the subscriber.
// It is asked with no more than [MaxBatch] messages, and may get the same one again.
type Accept func(ctx context.Context, batch []Message) error

// MaxBatch is the largest number of messages that a bus gives to an [Accept] at once.
const MaxBatch = 200

// ErrBusy is the answer of an [Accept] that has enough to do: the messages stay with
// the bus for a while, and nothing is wrong.
var ErrBusy = errors.New("the subscriber has more deliveries waiting than it takes")

// A Subscription says which events a module wants.
type Subscription struct {
	Module string
	Topics []string // cart.checked_out.v1
}
