package s2stest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/s2s"
)

// Open returns an empty cache of a test's own, with room for a hundred tokens.
type Open func(t *testing.T) s2s.Cache

// TestCache proves that the caches of open keep the contract of [s2s.Cache].
func TestCache(t *testing.T, open Open) {
	t.Helper()
	for _, sentence := range []struct {
		name string
		test func(t *testing.T, c s2s.Cache)
	}{
		{"HasNothingAtFirst", hasNothingAtFirst},
		{"GivesNoTokenThatHasExpired", givesNoTokenThatHasExpired},
		{"GivesNoTokenThatExpiresOnItsWay", givesNoTokenThatExpiresOnItsWay},
		{"StopsGivingATokenInTime", stopsGivingATokenInTime},
		{"ForgetsATokenThatWasRefused", forgetsATokenThatWasRefused},
		{"ForgetsWhatItNeverHad", forgetsWhatItNeverHad},
		{"KeepsTheWholeToken", keepsTheWholeToken},
		{"KeepsALongToken", keepsALongToken},
		{"KeepsTheLastOne", keepsTheLastOne},
		{"KeepsWhatIsStale", keepsWhatIsStale},
		{"TakesAnyKeyAndTellsThemApart", takesAnyKeyAndTellsThemApart},
		{"ServesManyAtOnce", servesManyAtOnce},
		{"SurvivesCallersWhoGiveUp", survivesCallersWhoGiveUp},
	} {
		t.Run(sentence.name, func(t *testing.T) {
			t.Parallel()
			sentence.test(t, open(t))
		})
	}
}

// fresh returns a token of five minutes.
func fresh(text string) s2s.CachedToken { return living(text, 5*time.Minute) }

// living returns a token that was issued now.
func living(text string, life time.Duration) s2s.CachedToken {
	now := time.Now()
	return s2s.NewCachedToken(text, now, now.Add(life))
}

func has(t *testing.T, c s2s.Cache, key, want string) {
	t.Helper()
	if got, ok := c.Get(t.Context(), key); !ok || got.Token != want {
		t.Errorf("Get(%q) = %q, %t, want %q", key, got.Token, ok, want)
	}
}

func hasNot(t *testing.T, c s2s.Cache, key string) {
	t.Helper()
	if got, ok := c.Get(t.Context(), key); ok {
		t.Errorf("Get(%q) = %q, want none", key, got.Token)
	}
}

func hasNothingAtFirst(t *testing.T, c s2s.Cache) {
	t.Helper()
	hasNot(t, c, "key")
	hasNot(t, c, "")
}

func givesNoTokenThatHasExpired(t *testing.T, c s2s.Cache) {
	t.Helper()
	now := time.Now()
	c.Set(t.Context(), "key", s2s.NewCachedToken("old", now.Add(-time.Hour), now.Add(-time.Second)))
	hasNot(t, c, "key")
}

func givesNoTokenThatExpiresOnItsWay(t *testing.T, c s2s.Cache) {
	t.Helper()
	c.Set(t.Context(), "key", living("dying", time.Second))
	hasNot(t, c, "key")
}

func stopsGivingATokenInTime(t *testing.T, c s2s.Cache) {
	t.Helper()
	const life = 2500 * time.Millisecond
	token := living("short", life)
	c.Set(t.Context(), "key", token)
	has(t, c, "key", "short")
	deadline := time.Now().Add(life)
	for ; time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		if _, ok := c.Get(t.Context(), "key"); !ok {
			return
		}
	}
	t.Errorf("Get() gives a token that has expired")
}

func forgetsATokenThatWasRefused(t *testing.T, c s2s.Cache) {
	t.Helper()
	c.Set(t.Context(), "key", fresh("refused"))
	c.Set(t.Context(), "other", fresh("good"))
	c.Delete(t.Context(), "key")
	hasNot(t, c, "key")
	has(t, c, "other", "good")
	c.Set(t.Context(), "key", fresh("new"))
	has(t, c, "key", "new")
}

func forgetsWhatItNeverHad(t *testing.T, c s2s.Cache) {
	t.Helper()
	c.Delete(t.Context(), "key")
	hasNot(t, c, "key")
}

func keepsTheWholeToken(t *testing.T, c s2s.Cache) {
	t.Helper()
	want := living("whole", time.Minute)
	c.Set(t.Context(), "key", want)
	got, ok := c.Get(t.Context(), "key")
	if !ok || got.Token != want.Token || !near(got.Issued, want.Issued) || !near(got.Expires, want.Expires) {
		t.Errorf("Get() = %q from %v to %v, %t, want %q from %v to %v", got.Token, got.Issued, got.Expires, ok, want.Token, want.Issued, want.Expires)
	}
}

// near allows for caches that round.
func near(a, b time.Time) bool { return a.Sub(b).Abs() < time.Second }

func keepsALongToken(t *testing.T, c s2s.Cache) {
	t.Helper()
	long := strings.Repeat("ey", 32<<10) // as much as the SSO may answer
	c.Set(t.Context(), "key", fresh(long))
	if got, ok := c.Get(t.Context(), "key"); !ok || got.Token != long {
		t.Errorf("Get() = %d bytes, %t, want the %d that were set", len(got.Token), ok, len(long))
	}
}

func keepsTheLastOne(t *testing.T, c s2s.Cache) {
	t.Helper()
	for _, text := range []string{"first", "second", "third"} {
		c.Set(t.Context(), "key", fresh(text))
		has(t, c, "key", text)
	}
}

func keepsWhatIsStale(t *testing.T, c s2s.Cache) {
	t.Helper()
	now := time.Now()
	c.Set(t.Context(), "key", s2s.NewCachedToken("stale", now.Add(-time.Hour), now.Add(time.Minute)))
	got, ok := c.Get(t.Context(), "key")
	if !ok || got.Token != "stale" || !got.Stale(now) {
		t.Errorf("Get() = %q, %t, stale: %t; want the stale one, which works while the SSO is down", got.Token, ok, got.Stale(now))
	}
}

func takesAnyKeyAndTellsThemApart(t *testing.T, c s2s.Cache) {
	t.Helper()
	keys := []string{"", "a", "ab", "a|b", "a b", "a\x00", "a\x00b", "a\r\nDEL a\r\n", "ä", "\xff\xfe", "*", "{a}", strings.Repeat("k", 4<<10)}
	for n, key := range keys {
		c.Set(t.Context(), key, fresh(fmt.Sprint("token ", n)))
	}
	for n, key := range keys {
		has(t, c, key, fmt.Sprint("token ", n))
	}
}

func servesManyAtOnce(t *testing.T, c s2s.Cache) {
	t.Helper()
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			key := fmt.Sprint("key ", n%4)
			for range 50 {
				c.Set(t.Context(), key, fresh(key+"'s"))
				if got, ok := c.Get(t.Context(), key); ok && got.Token != key+"'s" {
					t.Errorf("Get(%q) = %q", key, got.Token)
				}
				if rand.N(4) == 0 { //nolint:gosec // nobody gains from a guess
					c.Delete(t.Context(), key)
				}
			}
		})
	}
	all.Wait()
}

func survivesCallersWhoGiveUp(t *testing.T, c s2s.Cache) {
	t.Helper()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 10 {
		c.Get(gone, "key")
		c.Set(gone, "other", fresh("of one who gave up"))
		c.Delete(gone, "other")
	}
	c.Set(t.Context(), "key", fresh("good"))
	has(t, c, "key", "good")
}
