package s2s

import (
	"context"
	"sync"
	"time"
)

// A Cache keeps tokens. The default is [NewMemory]; a cache shared by processes
// is a plug behind the same interface.
type Cache interface {
	// Get returns the token, or false when there is none that still lives.
	Get(ctx context.Context, key string) (CachedToken, bool)
	// Set keeps the token until it expires.
	Set(ctx context.Context, key string, t CachedToken)
	// Delete forgets a token that a neighbour refused.
	Delete(ctx context.Context, key string)
}

// A CachedToken is a token with its life span.
type CachedToken struct {
	Token   string
	Issued  time.Time
	Expires time.Time

	header []string // what carries the token, made once; a cache outside of the process loses it
}

const bearerScheme = "Bearer "

// newCachedToken shares one text between the token and its header.
func newCachedToken(token string, issued time.Time, life time.Duration) CachedToken {
	value := bearerScheme + token
	return CachedToken{Token: value[len(bearerScheme):], Issued: issued, Expires: issued.Add(life), header: []string{value}}
}

// authorization returns the value of the header Authorization. It is shared by
// requests, so nobody may change it.
func (t CachedToken) authorization() []string {
	if t.header != nil {
		return t.header
	}
	return []string{bearerScheme + t.Token}
}

// live reports whether the token can still be sent: one that expires on its
// way helps nobody.
func (t CachedToken) live(now time.Time) bool { return now.Add(expiryMargin).Before(t.Expires) }

// stale reports whether four fifths of the life are over, so that the next call
// refreshes behind.
func (t CachedToken) stale(now time.Time) bool {
	return now.After(t.Issued.Add(t.Expires.Sub(t.Issued) * 4 / 5))
}

const expiryMargin = 2 * time.Second

// NewMemory returns a cache in memory for up to size tokens; beyond that it
// drops what has expired, and then, if it must, everything: tokens are cheap
// to fetch again and a scan on the hot path is not.
func NewMemory(size int) Cache { return &memory{size: size, tokens: map[string]CachedToken{}} }

type memory struct {
	mu     sync.RWMutex
	size   int
	tokens map[string]CachedToken
}

func (m *memory) Get(_ context.Context, key string) (CachedToken, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	t, ok := m.tokens[key]
	return t, ok && t.live(time.Now())
}

func (m *memory) Set(_ context.Context, key string, t CachedToken) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.tokens) >= m.size {
		m.shrink(time.Now())
	}
	m.tokens[key] = t
}

func (m *memory) Delete(_ context.Context, key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.tokens, key)
}

func (m *memory) shrink(now time.Time) {
	for k, t := range m.tokens {
		if !t.live(now) {
			delete(m.tokens, k)
		}
	}
	if len(m.tokens) >= m.size {
		clear(m.tokens)
	}
}
