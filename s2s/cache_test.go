package s2s_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/slipway-go/slipway/s2s"
	"github.com/slipway-go/slipway/s2s/s2stest"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	s2stest.TestCache(t, func(*testing.T) s2s.Cache { return s2s.NewMemory(100) })

	t.Run("stays within its size, and drops what has expired first", func(t *testing.T) {
		t.Parallel()
		c, now := s2s.NewMemory(3), time.Now()
		for n := range 2 {
			c.Set(t.Context(), fmt.Sprint("old ", n), s2s.NewCachedToken("old", now, now))
		}
		c.Set(t.Context(), "a", s2s.NewCachedToken("a", now, now.Add(time.Minute)))
		c.Set(t.Context(), "b", s2s.NewCachedToken("b", now, now.Add(time.Minute)))
		for _, key := range []string{"a", "b"} {
			if _, ok := c.Get(t.Context(), key); !ok {
				t.Errorf("the live token %q was dropped", key)
			}
		}
	})
	t.Run("takes a new token though all live", func(t *testing.T) {
		t.Parallel()
		c, now := s2s.NewMemory(3), time.Now()
		for n := range 10 {
			key := fmt.Sprint(n)
			c.Set(t.Context(), key, s2s.NewCachedToken(key, now, now.Add(time.Minute)))
			if got, ok := c.Get(t.Context(), key); !ok || got.Token != key {
				t.Errorf("Get(%q) = %q, %t", key, got.Token, ok)
			}
		}
	})
}
