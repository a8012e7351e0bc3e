package postgres

import (
	"context"
	"slices"
	"sync"
)

// OnSignal calls f after every transaction of this DB that committed and had
// signalled the name, on the goroutine that committed: f is quick, and starts what
// takes longer. The returned function ends that.
//
// A signal stays in the process and may be lost with it: it saves somebody a wait,
// and what matters is in a table, looked at now and then. NOTIFY would reach
// other processes, but takes a lock over the whole database at each commit.
func (d *DB) OnSignal(name string, f func(ctx context.Context)) (stop func()) {
	return d.signalled.add(name, f)
}

// signals knows who waits for what.
type signals struct {
	mu      sync.Mutex
	waiting map[string][]*func(context.Context)
}

func (s *signals) add(name string, f func(context.Context)) (remove func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == nil {
		s.waiting = map[string][]*func(context.Context){}
	}
	s.waiting[name] = append(slices.Clip(s.waiting[name]), &f)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.waiting[name] = slices.DeleteFunc(slices.Clone(s.waiting[name]), func(other *func(context.Context)) bool { return other == &f })
	}
}

func (s *signals) wake(ctx context.Context, names []string) {
	for _, name := range names {
		s.mu.Lock()
		waiting := s.waiting[name]
		s.mu.Unlock()
		for _, f := range waiting {
			(*f)(ctx)
		}
	}
}
