package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slipway-go/slipway/events"
)

// A Step is one attempt, or what is left of it behind a [Middleware]: the decision,
// the work, the effect and its commit.
type Step func(ctx context.Context, a *Attempt) error

// A Middleware wraps every attempt of a module's jobs. It may change the context, look
// at the error, and refuse.
type Middleware func(next Step) Step

// An Attempt is one try of one job at one delivery.
type Attempt struct {
	Module string
	Job    string
	Event  events.Message // without Type where there was no event
	Number int            // 1 at first; see [Delivery]
	Run    int
	// Skipped is why the job was not triggered. It is empty before the decision, and
	// for a job that was.
	Skipped string

	job      *job
	id       int64 // of the row
	claim    int   // the how-manieth claim of it this is: the fence
	failures int   // before this attempt
	ended    bool  // the delivery is done or skipped
}

// handling joins the two parts of a handler, and the data that both want.
func handling[T any](h Handler[T]) func(context.Context, *Attempt) (Effect, error) {
	return func(ctx context.Context, a *Attempt) (Effect, error) {
		d, err := delivered[T](a)
		if err != nil {
			return nil, err
		}
		decision, err := h.IsTriggered(ctx, d)
		if err != nil {
			return nil, fmt.Errorf("decide: %w", err)
		}
		if reason, ok := decision.skips(); ok {
			a.Skipped = reason
			return nil, errSkipped
		}
		if decision != Triggered {
			return nil, fmt.Errorf("IsTriggered returned %q: expected jobs.Triggered, jobs.Skip(…) or an error", decision)
		}
		effect, err := h.Process(ctx, d)
		if err == nil && effect == nil {
			return nil, errors.New("Process returned neither an effect nor an error: " +
				"the effect of a job that changes nothing is jobs.Done")
		}
		return effect, err
	}
}

// errSkipped is how a handler says that it was not triggered.
var errSkipped = errors.New("the job was not triggered")

func delivered[T any](a *Attempt) (Delivery[T], error) {
	d := Delivery[T]{
		EventID: a.Event.ID, Module: a.Module, Job: a.Job, Key: a.Event.Key, Subject: a.Event.Subject,
		Emitted: a.Event.Time, Attempt: a.Number, Run: a.Run,
	}
	if err := json.Unmarshal(a.Event.Data, &d.Data); err != nil {
		return d, undecodable{fmt.Errorf("read the data as %T: %w", d.Data, err)}
	}
	return d, nil
}

// undecodable is an error that no other attempt would mend.
type undecodable struct{ error }

func (u undecodable) Unwrap() error { return u.error }
