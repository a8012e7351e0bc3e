package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

// A tokenHash stands for a raw token, so that no token is kept in memory.
type tokenHash = [sha256.Size]byte

// A verified token stays good until it expires, is revoked or a key is withdrawn.
type verified struct {
	principal  *Principal
	until      time.Time
	generation uint64 // of the keys
	change     uint64 // of the denylist, up to which it is known to stand
}

const cacheShards = 16

// tokenCache remembers verified tokens in two generations: new ones enter the
// young one; when that is full it becomes the old one, and what was old is
// dropped at once. A token that is used moves back to the young. Compared to
// an LRU list this needs no writing on most hits, no pointers to chase, and
// forgets expired tokens without a sweep; it keeps everything that was used
// within the last generation, which is what a cache of short-lived tokens needs.
// Only tokens that were verified enter, so forgeries cannot push others out.
type tokenCache struct {
	shards [cacheShards]tokenShard
}

type tokenShard struct {
	mu         sync.Mutex
	limit      int // of each generation
	young, old map[tokenHash]verified
}

// newTokenCache holds at most about size tokens, both generations together.
func newTokenCache(size int) *tokenCache {
	c := &tokenCache{}
	for i := range c.shards {
		c.shards[i].limit = max(size/(2*cacheShards), 1)
	}
	return c
}

// get returns what is known of a token that is still good. Tokens are spread by
// a byte of their hash, which no one can choose.
func (c *tokenCache) get(hash *tokenHash, now time.Time, generation uint64) (verified, bool) {
	return c.shard(hash).get(hash, now, generation)
}

func (c *tokenCache) put(hash *tokenHash, v verified) { c.shard(hash).put(hash, v) }

func (c *tokenCache) shard(hash *tokenHash) *tokenShard {
	return &c.shards[hash[0]%cacheShards]
}

func (s *tokenShard) get(hash *tokenHash, now time.Time, generation uint64) (verified, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, young := s.young[*hash]
	if !young {
		var found bool
		if v, found = s.old[*hash]; !found {
			return v, false
		}
	}
	if v.generation != generation || !now.Before(v.until) {
		delete(s.young, *hash)
		delete(s.old, *hash)
		return verified{}, false
	}
	if !young {
		s.keep(hash, v)
	}
	return v, true
}

func (s *tokenShard) put(hash *tokenHash, v verified) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keep(hash, v)
}

func (s *tokenShard) keep(hash *tokenHash, v verified) {
	if len(s.young) >= s.limit {
		s.old, s.young = s.young, nil
	}
	if s.young == nil {
		s.young = make(map[tokenHash]verified)
	}
	s.young[*hash] = v
}

// size counts the remembered tokens; one that is in both generations twice.
func (c *tokenCache) size() int {
	n := 0
	for i := range c.shards {
		s := &c.shards[i]
		s.mu.Lock()
		n += len(s.young) + len(s.old)
		s.mu.Unlock()
	}
	return n
}
