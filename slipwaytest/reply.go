package slipwaytest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/problem"
)

// Reply lets a neighbour answer calls of op with body. The neighbour is the
// module of op's contract, or for a need whichever module is asked for it.
//
// The latest of Reply, [Serve] and [Refuse] stands, in place of the module
// itself when that is in the world. What is received is what came since.
func Reply[In, Out any](k *Kit, op api.Callable[In, Out], body Out) *Received[In] {
	k.t.Helper()
	if err := fits(op, body); err != nil {
		k.t.Fatalf("the reply does not fit the contract of %s: %v", api.RouteOf(op).Pattern(), err)
	}
	return Serve(k, op, func(context.Context, In) (Out, error) { return body, nil })
}

// Refuse lets a neighbour answer calls of op with a problem.
func Refuse[In, Out any](k *Kit, op api.Callable[In, Out], p *problem.Error) *Received[In] {
	k.t.Helper()
	return Serve(k, op, func(context.Context, In) (out Out, _ error) { return out, p })
}

// Serve lets a neighbour answer calls of op by a function, as its own handler
// would: the request is authenticated, decoded and checked by the contract
// before. The permissions of a user are taken for granted.
//
// A *problem.Error is the answer that it describes. Everything that could not
// happen between two modules that keep to their contracts fails the test: any
// other error, an answer that does not fit, a request that the contract refuses.
func Serve[In, Out any](k *Kit, op api.Callable[In, Out], answer func(context.Context, In) (Out, error)) *Received[In] {
	k.t.Helper()
	n := k.standIns(api.RouteOf(op))
	d := newDouble(n, op, answer)
	n.set(standFor(n, op), d.reply)
	return &d.got
}

func fits[In, Out any](op api.Callable[In, Out], body Out) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return api.ValidateOutput(op, b)
}

// standIns returns the neighbours of a world in which modules are called inside
// the process.
func (k *Kit) standIns(route *api.Route) *neighbours {
	k.t.Helper()
	if k.neighbours == nil {
		k.t.Fatalf("a reply to %s in a deployment: there the modules answer for themselves; use slipwaytest.Tx", route.Pattern())
	}
	return k.neighbours
}

// Received is what a neighbour was sent and its contract did not refuse.
type Received[In any] struct {
	mu     sync.Mutex
	inputs []In
	bodies []string
}

// Inputs returns what was sent, as the neighbour's handler gets it, in order.
func (r *Received[In]) Inputs() []In {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.inputs)
}

// Bodies returns the bodies as they were sent, in order.
func (r *Received[In]) Bodies() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.bodies)
}

// Count returns how many calls came, repeated ones included.
func (r *Received[In]) Count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.inputs)
}

func (r *Received[In]) add(in In, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inputs, r.bodies = append(r.inputs, in), append(r.bodies, string(body))
}
