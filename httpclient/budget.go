package httpclient

import "sync/atomic"

const (
	retryPrice  = 10 // calls
	budgetLimit = 10 * retryPrice
)

// A budget keeps retries to a tenth of all calls: a neighbour that fails would
// otherwise get three times the load just when it can bear least. Each call
// earns a tenth of a retry. Ten may be saved up, so that a quiet client can
// retry too and a loud one cannot store a flood; a new client has them at once.
//
// failsafe-go has a budget, of retries in flight against calls in flight, with
// three always free: a neighbour that fails fast has next to nothing in flight,
// so it lets nearly every retry pass. Its permit is also out of reach outside
// of that library's own executor. These lines do what is meant.
type budget struct{ saved atomic.Int64 }

func newBudget() *budget {
	var b budget
	b.saved.Store(budgetLimit)
	return &b
}

// earn is called for each call. It may exceed the limit by as many as call at
// once, which harms nobody.
func (b *budget) earn() {
	if b.saved.Load() < budgetLimit {
		b.saved.Add(1)
	}
}

// spend takes the price of one retry, if it is there.
func (b *budget) spend() bool {
	for {
		saved := b.saved.Load()
		if saved < retryPrice {
			return false
		}
		if b.saved.CompareAndSwap(saved, saved-retryPrice) {
			return true
		}
	}
}
