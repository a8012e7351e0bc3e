package auth

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	refreshAfter   = 5 * time.Minute  // a key set is looked at again
	keepStale      = 24 * time.Hour   // while the issuer is down
	unknownKeyRest = 30 * time.Second // between fetches that an unknown key id asked for
	emptyRest      = time.Second      // between fetches while there is no key at all
)

// keySet is what one fetch has brought. It never changes.
type keySet struct {
	keys    map[string]publicKey
	fetched time.Time
	// generation grows when a key has been withdrawn: what it signed is then
	// no longer remembered as good.
	generation uint64
}

// keyStore holds the issuer's keys. Reading takes no lock; one fetch runs at a
// time, detached from the callers that wait for it.
type keyStore struct {
	keysURL    string // as configured; "" for what discovery says
	discovery  *Discovery
	algorithms []string
	transport  http.RoundTripper

	current   atomic.Pointer[keySet]
	refreshAt atomic.Int64 // unix nanoseconds

	mu          sync.Mutex
	flight      *flight
	lastFetch   time.Time
	lastUnknown time.Time
	lastErr     error
}

// A flight is one fetch that any number of callers may await.
type flight struct {
	begun time.Time
	keyID string // for which it was begun; empty for a refresh
	done  chan struct{}
	err   error
}

// generation tells which remembered tokens are still good.
func (s *keyStore) generation() uint64 {
	if set := s.current.Load(); set != nil {
		return set.generation
	}
	return 0
}

// key returns the key of this id, from memory if it can. When the keys are due
// for a refresh it begins one and does not wait.
func (s *keyStore) key(ctx context.Context, id string, now time.Time) (publicKey, error) {
	if key := s.lookup(id, now); key != nil {
		s.refresh(ctx, now)
		return key, nil
	}
	f, err := s.ask(ctx, id, now)
	if err != nil {
		return nil, err
	}
	select {
	case <-f.done:
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the issuer's keys: %w", ctx.Err())
	}
	if key := s.lookup(id, now); key != nil {
		return key, nil
	}
	return nil, refuseKey(f.err)
}

func refuseKey(fetchErr error) error {
	if fetchErr != nil {
		return refuseForNow(fetchErr)
	}
	return refuseToken("the token is signed with a key that its issuer does not publish")
}

func (s *keyStore) lookup(id string, now time.Time) publicKey {
	if set := s.usable(now); set != nil {
		return set.keys[id]
	}
	return nil
}

// usable returns the keys unless they are too old.
func (s *keyStore) usable(now time.Time) *keySet {
	set := s.current.Load()
	if set == nil || now.Sub(set.fetched) > keepStale {
		return nil
	}
	return set
}

// refresh begins a fetch when it is time, in the background of the call.
func (s *keyStore) refresh(ctx context.Context, now time.Time) {
	if now.UnixNano() < s.refreshAt.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight == nil && now.UnixNano() >= s.refreshAt.Load() {
		s.begin(ctx, "", now)
	}
}

// ask joins the fetch under way, or begins one for the unknown key id, or says
// why it is too soon for that: forged key ids must not become requests.
func (s *keyStore) ask(ctx context.Context, id string, now time.Time) (*flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.flight != nil:
		return s.flight, nil
	case s.lookup(id, now) != nil: // it came between the look and the lock
		return landedFlight(), nil
	case s.resting(now):
		return nil, refuseKey(s.lastErr)
	}
	return s.begin(ctx, id, now), nil
}

func landedFlight() *flight {
	f := &flight{done: make(chan struct{})}
	close(f.done)
	return f
}

func (s *keyStore) resting(now time.Time) bool {
	if s.usable(now) == nil {
		return now.Sub(s.lastFetch) < emptyRest
	}
	return now.Sub(s.lastUnknown) < unknownKeyRest
}

// begin starts a fetch that outlives the caller: the others wait for it too.
func (s *keyStore) begin(ctx context.Context, id string, now time.Time) *flight {
	f := &flight{begun: now, keyID: id, done: make(chan struct{})}
	s.flight = f
	go s.run(context.WithoutCancel(ctx), f)
	return f
}

func (s *keyStore) run(ctx context.Context, f *flight) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	keys, err := s.fetchKeys(ctx)
	s.land(f, keys, err)
}

func (s *keyStore) land(f *flight, keys map[string]publicKey, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer close(f.done)
	f.err, s.lastErr = err, err
	s.flight, s.lastFetch = nil, f.begun
	rest := unknownKeyRest
	if err == nil {
		rest = refreshAfter
		s.current.Store(s.next(keys, f.begun))
	} else {
		s.discovery.Renew() // perhaps the keys have moved
	}
	s.refreshAt.Store(f.begun.Add(rest).UnixNano())
	if _, known := keys[f.keyID]; f.keyID != "" && !known {
		s.lastUnknown = f.begun
	}
}

func (s *keyStore) next(keys map[string]publicKey, at time.Time) *keySet {
	set := &keySet{keys: keys, fetched: at}
	if last := s.current.Load(); last != nil {
		set.generation = last.generation
		if last.withdrawnIn(keys) {
			set.generation++
		}
	}
	return set
}

// withdrawnIn reports whether a key is missing from the newer ones.
func (k *keySet) withdrawnIn(newer map[string]publicKey) bool {
	for id, key := range k.keys {
		if now, kept := newer[id]; !kept || !key.equal(now.public()) {
			return true
		}
	}
	return false
}

func (s *keyStore) fetchKeys(ctx context.Context) (map[string]publicKey, error) {
	address, err := s.address(ctx)
	if err != nil {
		return nil, err
	}
	_, document, err := fetch(ctx, s.transport, address)
	if err != nil {
		return nil, err
	}
	return parseKeys(document, s.algorithms)
}

// address is where the keys lie, by configuration or else by discovery.
func (s *keyStore) address(ctx context.Context) (string, error) {
	if s.keysURL != "" {
		return s.keysURL, nil
	}
	m, err := s.discovery.Metadata(ctx)
	return m.JWKSURI, err
}
