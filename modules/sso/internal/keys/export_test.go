package keys

import "time"

// Age makes the ring's knowledge older.
func (r *Ring) Age(by time.Duration) {
	s := *r.known.Load()
	s.at = s.at.Add(-by)
	r.known.Store(&s)
}
