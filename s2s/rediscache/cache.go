package rediscache

import (
	"context"
	"time"

	"github.com/gomodule/redigo/redis"
	"golang.org/x/sync/singleflight"

	"github.com/slipway-go/slipway/s2s"
)

// nearSize is how many tokens the process keeps beside Redis.
const nearSize = 10_000

// Cache returns the cache of one service.
func (s *Server) Cache(of s2s.Credentials) s2s.Cache {
	return &cache{server: s, near: s2s.NewMemory(nearSize), sealer: newSealer(of)}
}

// cache has the tokens of this process near, and Redis behind.
type cache struct {
	server *Server
	near   s2s.Cache
	sealer sealer
	flight singleflight.Group
}

// Get implements [s2s.Cache]. What goes stale may have been renewed by another replica.
func (c *cache) Get(ctx context.Context, key string) (s2s.CachedToken, bool) {
	near, ok := c.near.Get(ctx, key)
	if ok && !near.Stale(time.Now()) {
		return near, true
	}
	far, found := c.load(ctx, key)
	if !found || ok && !far.Expires.After(near.Expires) {
		return near, ok
	}
	c.near.Set(ctx, key, far)
	return far, true
}

// Set implements [s2s.Cache].
func (c *cache) Set(ctx context.Context, key string, t s2s.CachedToken) {
	c.near.Set(ctx, key, t)
	if !t.Live(time.Now()) {
		return
	}
	e := c.sealer.entry(key)
	_, _ = c.server.ask(ctx, "SET", e.name, e.seal(t), "PX", time.Until(t.Expires).Milliseconds()) // the breaker tells
}

// Delete implements [s2s.Cache]. One that another replica has renewed already stays.
func (c *cache) Delete(ctx context.Context, key string) {
	refused, had := c.near.Get(ctx, key)
	c.near.Delete(ctx, key)
	if far, found := c.load(ctx, key); !found || had && far.Token != refused.Token {
		return
	}
	_, _ = c.server.ask(ctx, "DEL", c.sealer.entry(key).name)
}

// load asks Redis once for all who wait.
func (c *cache) load(ctx context.Context, key string) (s2s.CachedToken, bool) {
	found, err, _ := c.flight.Do(key, func() (any, error) { return c.fetch(ctx, key) })
	t, ok := found.(s2s.CachedToken)
	return t, err == nil && ok && t.Live(time.Now())
}

// maxValue bounds what is read: the SSO's longest answer with its seal fits in.
const maxValue = 128 << 10

func (c *cache) fetch(ctx context.Context, key string) (s2s.CachedToken, error) {
	e := c.sealer.entry(key)
	sealed, err := redis.Bytes(c.server.ask(ctx, "GETRANGE", e.name, 0, maxValue))
	if err != nil {
		return s2s.CachedToken{}, err
	}
	return e.open(sealed)
}
