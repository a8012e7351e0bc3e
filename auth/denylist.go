package auth

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// maxRevocations bounds a denylist, at some 20 MB.
const maxRevocations = 1 << 18

// A denylist holds what is revoked and has not expired. It is read when a token is
// new, or the list has changed since the token was looked up last.
type denylist struct {
	// changes counts those of the list. It begins at 1: a token of change 0 has never
	// been looked up.
	changes atomic.Uint64

	mu      sync.RWMutex
	entries map[RevocationKey]denied
}

// denied tokens were issued before a time. Both times are in nanoseconds since 1970.
type denied struct{ before, until int64 }

const always = math.MaxInt64

func newDenylist() *denylist {
	d := &denylist{entries: map[RevocationKey]denied{}}
	d.changes.Store(1)
	return d
}

// denies reports whether a token of the principal is revoked.
func (d *denylist) denies(p *Principal) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	if len(d.entries) == 0 {
		return false
	}
	issued := p.IssuedAt.UnixNano()
	for _, key := range [...]RevocationKey{SessionKey(p.SessionID), TokenKey(p.TokenID), ClientKey(p.ClientID)} {
		if e, found := d.entries[key]; found && issued < e.before {
			return true
		}
	}
	return false
}

// add takes revocations in, of which it may know some.
func (d *denylist) add(all []Revocation) {
	d.mu.Lock()
	defer d.mu.Unlock()
	changed := false
	for _, r := range all {
		next, known := entryOf(r), d.entries[r.Key]
		next = denied{before: max(next.before, known.before), until: max(next.until, known.until)}
		changed = changed || next != known
		d.entries[r.Key] = next
	}
	if changed {
		d.changes.Add(1)
	}
	if len(d.entries) > maxRevocations {
		d.dropOldest()
	}
}

func entryOf(r Revocation) denied {
	e := denied{before: always, until: r.Until.UnixNano()}
	if !r.Before.IsZero() {
		e.before = r.Before.UnixNano()
	}
	return e
}

// dropOldest makes room by what was revoked longest ago: its tokens, which live for
// minutes, have nearly surely expired.
func (d *denylist) dropOldest() {
	ends := make([]int64, 0, len(d.entries))
	for _, e := range d.entries {
		ends = append(ends, e.until)
	}
	slices.Sort(ends)
	d.dropUntil(ends[len(ends)-maxRevocations*7/8])
}

// sweep forgets what can deny nothing any more.
func (d *denylist) sweep(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.dropUntil(now.UnixNano())
}

func (d *denylist) dropUntil(end int64) {
	for key, e := range d.entries {
		if e.until < end {
			delete(d.entries, key)
		}
	}
}
