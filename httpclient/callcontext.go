package httpclient

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A callContext ends at a time, as one of context.WithDeadline does, but sets no
// timer before somebody waits for that. Nobody does as a rule: the timer of
// [AttemptTimeout] never ends later, and a second timer with its context costs
// as much as half of all other layers.
type callContext struct {
	context.Context // the caller's

	at    time.Time
	bound *TimeoutError
	mu    sync.Mutex
	armed atomic.Pointer[armedContext]
}

type armedContext struct {
	context.Context

	cancel context.CancelFunc
}

type callContextKey struct{}

func (c *callContext) Deadline() (time.Time, bool) { return c.at, true }

func (c *callContext) Done() <-chan struct{} { return c.arm().Done() }

func (c *callContext) Err() error {
	if !c.isArmed() && c.Context.Err() == nil && time.Now().Before(c.at) {
		return nil
	}
	return c.arm().Err() // what says that it has ended must also be done
}

// Value leads through the armed context, where package context looks for a
// parent that it knows.
func (c *callContext) Value(key any) any {
	if key == (callContextKey{}) {
		return c
	}
	if a := c.armed.Load(); a != nil {
		return a.Value(key)
	}
	return c.Context.Value(key)
}

func (c *callContext) isArmed() bool { return c.armed.Load() != nil }

func (c *callContext) arm() context.Context {
	if a := c.armed.Load(); a != nil {
		return a
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.armed.Load(); a != nil {
		return a
	}
	var a armedContext
	a.Context, a.cancel = context.WithDeadlineCause(c.Context, c.at, c.bound)
	c.armed.Store(&a)
	return &a
}

func (c *callContext) cancel() {
	if a := c.armed.Load(); a != nil {
		a.cancel()
	}
}

// unarmed returns the context of the call that ctx belongs to, when nobody
// waits for its end. Whoever had derived a context that can be cancelled would
// have armed it, so between the two there are only values.
func unarmed(ctx context.Context) (*callContext, bool) {
	c, ok := ctx.Value(callContextKey{}).(*callContext)
	return c, ok && !c.isArmed()
}

// An attemptContext ends with the caller's context and has the values of the call's.
type attemptContext struct {
	context.Context

	values context.Context
}

// Value hides the call: a chain inside this attempt must not step over the
// attempt's end.
func (a attemptContext) Value(key any) any {
	if key == (callContextKey{}) {
		return nil
	}
	return a.values.Value(key)
}
