package s2s

import (
	"context"
	"sync"
	"time"
)

// A Cache keeps tokens. The default is [NewMemory]; package rediscache shares them
// between processes. A cache of your own must pass [s2stest.TestCache]: it stands in
// the way of every call, so what fails in it counts as not cached, and soon.
//
// [s2stest.TestCache]: https://pkg.go.dev/github.com/slipway-go/slipway/s2s/s2stest#TestCache
type Cache interface {
	// Get returns the token, or false when there is none that still lives.
	Get(ctx context.Context, key string) (CachedToken, bool)
	// Set keeps the token until it expires. Keys are any bytes.
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

// NewCachedToken returns a token that is ready to be sent: token and header share
// one text.
func NewCachedToken(token string, issued, expires time.Time) CachedToken {
	value := bearerScheme + token
	return CachedToken{Token: value[len(bearerScheme):], Issued: issued, Expires: expires, header: []string{value}}
}

// authorization returns the value of the header Authorization. It is shared by
// requests, so nobody may change it.
func (t CachedToken) authorization() []string {
	if t.header != nil {
		return t.header
	}
	return []string{bearerScheme + t.Token}
}

// Live reports whether the token can still be sent: one that expires on its
// way helps nobody.
func (t CachedToken) Live(now time.Time) bool { return now.Add(expiryMargin).Before(t.Expires) }

// Stale reports whether four fifths of the life are over, so that the next call
// refreshes behind.
func (t CachedToken) Stale(now time.Time) bool {
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
	return t, ok && t.Live(time.Now())
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
		if !t.Live(now) {
			delete(m.tokens, k)
		}
	}
	if len(m.tokens) >= m.size {
		clear(m.tokens)
	}
}
