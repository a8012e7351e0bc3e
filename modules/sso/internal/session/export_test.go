package session

import "time"

// Ahead returns the store as a process has it whose clock is ahead of the others'.
func (s *Store) Ahead(by time.Duration) *Store {
	ahead := *s
	ahead.now = func() time.Time { return time.Now().Add(by) }
	return &ahead
}
