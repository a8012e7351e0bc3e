package rediscache_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/s2s"
	"github.com/slipway-go/slipway/s2s/rediscache"
	"github.com/slipway-go/slipway/s2s/rediscache/redistest"
	"github.com/slipway-go/slipway/s2s/s2stest"
)

// The secrets are made up.
var (
	cart      = s2s.Credentials{ClientID: "cart", Secret: "made up for the service cart, long"}
	acquiring = s2s.Credentials{ClientID: "acquiring", Secret: "made up for acquiring, long as well"}
)

// patient is for tests of what Redis holds, which a busy machine must not fail.
const patient = 10 * time.Second

func open(t *testing.T, cfg rediscache.Config) *rediscache.Server {
	t.Helper()
	s, err := rediscache.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// replica is what one more process of a service has.
func replica(t *testing.T, at *redistest.Server, of s2s.Credentials) s2s.Cache {
	t.Helper()
	return open(t, rediscache.Config{URL: at.URL(), Timeout: patient}).Cache(of)
}

func fresh(text string) s2s.CachedToken {
	return s2s.NewCachedToken(text, time.Now(), time.Now().Add(5*time.Minute))
}

func has(t *testing.T, c s2s.Cache, want string) {
	t.Helper()
	if got, ok := c.Get(t.Context(), "key"); !ok || got.Token != want {
		t.Errorf("Get() = %q, %t, want %q", got.Token, ok, want)
	}
}

func hasNot(t *testing.T, c s2s.Cache) {
	t.Helper()
	if got, ok := c.Get(t.Context(), "key"); ok {
		t.Errorf("Get() = %q, want none", got.Token)
	}
}

func TestCache(t *testing.T) {
	t.Parallel()
	s2stest.TestCache(t, func(t *testing.T) s2s.Cache { return replica(t, redistest.Start(t), cart) })
}

// Whatever is done, a process does it that has just begun, so that all goes through Redis.
func TestCache_WithNothingInMemory(t *testing.T) {
	t.Parallel()
	s2stest.TestCache(t, func(t *testing.T) s2s.Cache {
		return beginners{open(t, rediscache.Config{URL: redistest.Start(t).URL(), Timeout: patient})}
	})
}

type beginners struct{ redis *rediscache.Server }

func (b beginners) Get(ctx context.Context, key string) (s2s.CachedToken, bool) {
	return b.redis.Cache(cart).Get(ctx, key)
}

func (b beginners) Set(ctx context.Context, key string, t s2s.CachedToken) {
	b.redis.Cache(cart).Set(ctx, key, t)
}

func (b beginners) Delete(ctx context.Context, key string) { b.redis.Cache(cart).Delete(ctx, key) }

func TestCache_Secrecy(t *testing.T) {
	t.Parallel()
	t.Run("a service gets nothing of another's", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t)
		replica(t, redis, cart).Set(t.Context(), "key", fresh("cart's"))
		hasNot(t, replica(t, redis, acquiring))
		hasNot(t, replica(t, redis, s2s.Credentials{ClientID: "cart", Secret: acquiring.Secret}))
		hasNot(t, replica(t, redis, s2s.Credentials{ClientID: "acquiring", Secret: cart.Secret}))
		has(t, replica(t, redis, cart), "cart's")
	})
	t.Run("Redis learns neither a token nor whose it is", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t)
		c := replica(t, redis, cart)
		c.Set(t.Context(), "key", fresh("a token that nobody may see"))
		c.Set(t.Context(), "key 2", fresh("a token that nobody may see"))
		entries := redis.Entries(t)
		if len(entries) != 2 {
			t.Fatalf("Redis holds %d entries, want 2", len(entries))
		}
		var all strings.Builder
		for name, value := range entries {
			all.WriteString(name + value)
		}
		for _, secret := range []string{"nobody may see", "cart", "key", cart.Secret.Reveal()} {
			if strings.Contains(all.String(), secret) {
				t.Errorf("Redis holds %q in clear", secret)
			}
		}
	})
	t.Run("an entry that was changed, cut, moved or made up is no token", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t)
		c := replica(t, redis, cart)
		c.Set(t.Context(), "other", fresh("moved"))
		var moved string
		for _, value := range redis.Entries(t) {
			moved = value
		}
		c.Set(t.Context(), "key", fresh("good"))
		var name, good string
		for n, value := range redis.Entries(t) {
			if value != moved {
				name, good = n, value
			}
		}
		changed := []byte(good)
		changed[len(changed)/2] ^= 1
		for _, bad := range []string{string(changed), good[:len(good)-1], good + "x", moved, "", "made up", strings.Repeat("x", 1<<20)} {
			redis.Do(t, "SET", name, bad)
			hasNot(t, replica(t, redis, cart))
		}
		redis.Do(t, "SET", name, good)
		has(t, replica(t, redis, cart), "good")
	})
}

func TestCache_Life(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	replica(t, redis, cart).Set(t.Context(), "key", fresh("five minutes"))
	for name := range redis.Entries(t) {
		if got, ok := redis.Do(t, "TTL", name).(int64); !ok || got <= 240 || got > 300 {
			t.Errorf("the entry lives %d seconds, want the 300 of its token", got)
		}
	}
}

func TestCache_Replicas(t *testing.T) {
	t.Parallel()
	t.Run("memory answers, and Redis only what it does not know", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t)
		replica(t, redis, cart).Set(t.Context(), "key", fresh("shared"))
		c := replica(t, redis, cart)
		for range 100 {
			has(t, c, "shared")
		}
		if got := redis.Calls(t, "getrange"); got != 1 {
			t.Errorf("Redis was asked %d times, want once", got)
		}
	})
	t.Run("a token that one has renewed is everybody's", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t)
		a, b := replica(t, redis, cart), replica(t, redis, cart)
		a.Set(t.Context(), "key", s2s.NewCachedToken("stale", time.Now().Add(-time.Hour), time.Now().Add(time.Minute)))
		has(t, b, "stale")
		a.Set(t.Context(), "key", fresh("renewed"))
		has(t, b, "renewed")
	})
	t.Run("a refusal does not throw away what another has renewed since", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t)
		a, b := replica(t, redis, cart), replica(t, redis, cart)
		a.Set(t.Context(), "key", fresh("refused"))
		has(t, b, "refused")
		a.Delete(t.Context(), "key")
		a.Set(t.Context(), "key", fresh("renewed"))
		b.Delete(t.Context(), "key")
		has(t, b, "renewed")
	})
	t.Run("one request to the SSO serves all", func(t *testing.T) {
		t.Parallel()
		var requests atomic.Int64
		sso := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = fmt.Fprintf(w, `{"access_token":"token %d","expires_in":300}`, requests.Add(1))
		}))
		t.Cleanup(sso.Close)
		redis := redistest.Start(t)
		for range 4 {
			tokens := s2s.NewTokens(s2s.TokensConfig{Credentials: cart, Endpoint: sso.URL, Cache: replica(t, redis, cart)})
			var callers sync.WaitGroup
			for range 25 {
				callers.Go(func() {
					if got, err := tokens.Exchange(t.Context(), "ada's token", "acquiring"); got != "token 1" || err != nil {
						t.Errorf("Exchange() = %q, %v", got, err)
					}
				})
			}
			callers.Wait()
		}
		if got := requests.Load(); got != 1 {
			t.Errorf("the SSO was asked %d times, want once", got)
		}
	})
}

// lines are what a logger wrote.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestCache_WhileRedisIsAway(t *testing.T) {
	t.Parallel()
	// outage returns a cache with one token, and a Redis that is taken away from it by end.
	outage := func(t *testing.T, end func(*redistest.Server, testing.TB)) (*redistest.Server, s2s.Cache, *lines) {
		t.Helper()
		redis, said := redistest.Start(t), &lines{}
		cfg := rediscache.Config{URL: redis.URL(), Logger: slog.New(slog.NewJSONHandler(said, nil))}
		c := open(t, cfg).Cache(cart)
		c.Set(t.Context(), "key", fresh("near"))
		end(redis, t)
		return redis, c, said
	}
	for name, end := range map[string]func(*redistest.Server, testing.TB){
		"dead": (*redistest.Server).Kill, "hanging": (*redistest.Server).Pause,
	} {
		t.Run(name+": memory goes on, and what is new is kept there", func(t *testing.T) {
			t.Parallel()
			_, c, said := outage(t, end)
			began := time.Now()
			for n := range 100 {
				has(t, c, "near")
				key := fmt.Sprint("new ", n)
				c.Delete(t.Context(), key)
				if _, ok := c.Get(t.Context(), key); ok {
					t.Errorf("Get(%q) gave a token", key)
				}
				c.Set(t.Context(), key, fresh(key))
				if got, ok := c.Get(t.Context(), key); !ok || got.Token != key {
					t.Errorf("Get(%q) = %q, %t", key, got.Token, ok)
				}
			}
			// 300 commands of 50 ms would be 15 s.
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("100 callers lost %s", took)
			}
			if got := said.String(); strings.Count(got, "redis is away") != 1 || !strings.Contains(got, `"error":"`) || strings.Contains(got, "made%20up") || strings.Contains(got, "made up") {
				t.Errorf("the log says %s", got)
			}
		})
		t.Run(name+": it is used again once it is back", func(t *testing.T) {
			t.Parallel()
			redis, c, said := outage(t, end)
			for range 5 {
				c.Set(t.Context(), "other", fresh("other"))
			}
			if name == "dead" {
				redis.Start(t)
			} else {
				redis.Resume(t)
			}
			b := replica(t, redis, cart)
			for deadline := time.Now().Add(patient); time.Now().Before(deadline); <-time.After(20 * time.Millisecond) {
				c.Set(t.Context(), "key", fresh("back"))
				if got, ok := b.Get(t.Context(), "key"); ok && got.Token == "back" {
					if !strings.Contains(said.String(), "redis is back") {
						t.Errorf("the log says %s", said)
					}
					return
				}
				b.Delete(t.Context(), "key")
			}
			t.Error("nothing reaches Redis")
		})
	}
	t.Run("absent from the start: nobody notices", func(t *testing.T) {
		t.Parallel()
		c := open(t, rediscache.Config{URL: "unix:///nowhere/redis.sock"}).Cache(cart)
		hasNot(t, c)
		c.Set(t.Context(), "key", fresh("near"))
		has(t, c, "near")
	})
	t.Run("with another password: nobody notices", func(t *testing.T) {
		t.Parallel()
		redis := redistest.Start(t)
		wrong := config.Secret(strings.Replace(redis.URL().Reveal(), "made", "not", 1))
		c := open(t, rediscache.Config{URL: wrong, Timeout: patient}).Cache(cart)
		c.Set(t.Context(), "key", fresh("near"))
		has(t, c, "near")
		if got := redis.Entries(t); len(got) != 0 {
			t.Errorf("Redis holds %v", got)
		}
	})
}

// behindTLS returns the address of a server with TLS before a Redis, and its authority.
func behindTLS(t *testing.T, at *redistest.Server) (config.Secret, *tls.Config) {
	t.Helper()
	site := httptest.NewTLSServer(nil) // for its certificate, that of example.com and 127.0.0.1
	t.Cleanup(site.Close)
	l, err := tls.Listen("tcp", "127.0.0.1:0", site.TLS)
	if err != nil {
		t.Fatal(err)
	}
	socket, err := url.Parse(at.URL().Reveal())
	if err != nil {
		t.Fatal(err)
	}
	var pipes sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		pipes.Wait()
	})
	pipes.Go(func() {
		for {
			front, err := l.Accept()
			if err != nil {
				return
			}
			back, err := (&net.Dialer{}).DialContext(t.Context(), "unix", socket.Path)
			if err != nil {
				t.Error(err)
				return
			}
			pipes.Go(func() { _, _ = io.Copy(back, front); _ = back.Close() })
			pipes.Go(func() { _, _ = io.Copy(front, back); _ = front.Close() })
		}
	})
	pool := x509.NewCertPool()
	pool.AddCert(site.Certificate())
	return config.Secret("rediss://" + socket.User.String() + "@" + l.Addr().String() + "/1"), &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

func TestOpen_TLS(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t)
	address, trust := behindTLS(t, redis)
	stranger := open(t, rediscache.Config{URL: address, Timeout: patient}).Cache(cart)
	stranger.Set(t.Context(), "key", fresh("to nobody"))
	open(t, rediscache.Config{URL: address, TLS: trust, Timeout: patient}).Cache(cart).Set(t.Context(), "other", fresh("there"))
	if got, ok := redis.Do(t, "DBSIZE").(int64); !ok || got != 0 {
		t.Errorf("database 0 holds %d entries, though the address names database 1", got)
	}
	if got := redis.Calls(t, "set"); got != 1 {
		t.Errorf("Redis was told %d tokens, want 1: of who trusts the server's certificate", got)
	}
	if got, ok := open(t, rediscache.Config{URL: address, TLS: trust, Timeout: patient}).Cache(cart).Get(t.Context(), "other"); !ok || got.Token != "there" {
		t.Errorf("Get() = %q, %t", got.Token, ok)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	t.Run("refuses what is no address, and does not repeat it", func(t *testing.T) {
		t.Parallel()
		for _, bad := range []string{
			"", "redis", "127.0.0.1:6379", "http://:hunter2@host:6379", "redis://:hunter2@", "redis://:hunter2@host:port", "redis://:hunter2@host/zero",
			"redis://:hunter2@host:6379/0?read_timeout=1h", "rediss://:hunter2@host:6379?skip_verify=true", "unix://:hunter2@/socket?pool_size=1", "redis://:hun%ter2@host",
		} {
			_, err := rediscache.Open(rediscache.Config{URL: config.Secret(bad)})
			if err == nil || strings.Contains(err.Error(), "hun") || !strings.Contains(err.Error(), "redis://USER:PASSWORD@HOST") {
				t.Errorf("Open(%q) = %v, want an error with the shape of an address", bad, err)
			}
		}
	})
	t.Run("takes addresses of all three kinds", func(t *testing.T) {
		t.Parallel()
		for _, good := range []string{"redis://host", "redis://user:password@10.0.0.8:6379/2", "rediss://:password@host:6380", "unix://:password@/run/redis.sock?db=1"} {
			open(t, rediscache.Config{URL: config.Secret(good)})
		}
	})
}
