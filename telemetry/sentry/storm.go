package sentry

import (
	"hash/maphash"
	"sync"
	"time"
)

const (
	// stormTime is the time in which so many reports of one kind are sent.
	stormTime = time.Minute
	// maxKinds bounds the kinds that are remembered; those beyond are one.
	maxKinds = 1000
)

// A storm keeps one error that happens a thousand times from drowning the others.
type storm struct {
	most int

	mu    sync.Mutex
	seed  maphash.Seed
	kinds map[uint64]*window
	begun time.Time // of the oldest window
}

// A window is the time since a kind was seen first, or seen again.
type window struct {
	since     time.Time
	sent, not int
}

// admit tells whether one more of the kind may be sent, and if so how many were not since
// the last that was.
func (s *storm) admit(id string, now time.Time) (left int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.window(id, now)
	if now.Sub(w.since) >= stormTime {
		w.since, w.sent = now, 0
	}
	if w.sent >= s.most {
		w.not++
		return 0, false
	}
	left, w.not = w.not, 0
	w.sent++
	return left, true
}

// window returns that of the kind. When there are too many, the old ones are forgotten
// first, and if none is old, the new kind shares one with all others of its sort.
func (s *storm) window(id string, now time.Time) *window {
	if s.kinds == nil {
		s.kinds, s.seed = map[uint64]*window{}, maphash.MakeSeed()
	}
	key := maphash.String(s.seed, id)
	if w := s.kinds[key]; w != nil {
		return w
	}
	if len(s.kinds) >= maxKinds {
		s.forget(now)
	}
	if len(s.kinds) >= maxKinds {
		key = 0
		if w := s.kinds[key]; w != nil {
			return w
		}
	}
	w := &window{since: now}
	s.kinds[key] = w
	return w
}

func (s *storm) forget(now time.Time) {
	if now.Sub(s.begun) < stormTime {
		return // it was looked at a moment ago
	}
	s.begun = now
	for key, w := range s.kinds {
		if now.Sub(w.since) >= stormTime {
			delete(s.kinds, key)
		}
	}
}
