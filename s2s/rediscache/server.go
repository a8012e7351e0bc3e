package rediscache

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/gomodule/redigo/redis"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/telemetry"
)

// Config says which Redis keeps the tokens.
type Config struct {
	// URL is redis://user:password@host:6379/0, rediss:// for TLS, or
	// unix://user:password@/path/to/socket?db=0. Required.
	URL config.Secret
	// TLS is how rediss:// connects; the name of the server is the URL's. Default:
	// 1.2 or newer, with the system's authorities.
	TLS *tls.Config
	// Timeout bounds each command. Default: 50ms.
	Timeout time.Duration
	// Logger is told when Redis fails and when it is back. Default: nobody is.
	Logger *slog.Logger
}

// A Server is the way to a Redis that several caches share. It is safe for
// concurrent use.
type Server struct {
	pool    *redis.Pool
	timeout time.Duration
	breaker circuitbreaker.CircuitBreaker[struct{}]

	logger  *slog.Logger
	address string
	failure atomic.Value // of failure: the last one, to be told
}

type failure struct{ error }

// Open reads the configuration; it connects at the first use.
func Open(cfg Config) (*Server, error) {
	a, err := parseURL(cfg.URL)
	if err != nil {
		return nil, fmt.Errorf("the URL of Redis: %w", err)
	}
	timeout := cmp.Or(max(cfg.Timeout, 0), defaultTimeout)
	options := slices.Concat(a.options, []redis.DialOption{
		redis.DialTLSConfig(cfg.tls()), redis.DialTLSHandshakeTimeout(timeout), redis.DialReadTimeout(timeout), redis.DialWriteTimeout(timeout),
	})
	s := &Server{timeout: timeout, logger: cfg.Logger, address: a.where}
	if s.logger == nil {
		s.logger = telemetry.Discard()
	}
	s.pool = &redis.Pool{
		DialContext: func(ctx context.Context) (redis.Conn, error) {
			return redis.DialContext(ctx, a.network, a.where, options...)
		},
		MaxActive: maxConns, MaxIdle: maxIdle, IdleTimeout: idleTimeout, Wait: true,
	}
	s.breaker = circuitbreaker.NewBuilder[struct{}]().
		WithFailureThreshold(failures).WithSuccessThreshold(1).WithDelay(pause).
		OnOpen(s.opened).OnClose(s.closed).Build()
	return s, nil
}

const (
	defaultTimeout = 50 * time.Millisecond
	maxConns       = 32
	maxIdle        = 8
	idleTimeout    = time.Minute
)

func (c Config) tls() *tls.Config {
	if c.TLS != nil {
		return c.TLS
	}
	return &tls.Config{MinVersion: tls.VersionTLS12}
}

// Close closes the connections.
func (s *Server) Close() error { return s.pool.Close() }

// After so many failures in a row Redis is left alone for so long.
const (
	failures = 3
	pause    = time.Second
)

func (s *Server) opened(e circuitbreaker.StateChangedEvent) {
	if e.OldState != circuitbreaker.ClosedState {
		return // it is told already
	}
	s.logger.LogAttrs(e.Context(), slog.LevelWarn, "redis is away, so tokens are kept in this process alone",
		slog.String("address", s.address), slog.Any("error", s.failure.Load()))
}

func (s *Server) closed(e circuitbreaker.StateChangedEvent) {
	s.logger.LogAttrs(e.Context(), slog.LevelInfo, "redis is back", slog.String("address", s.address))
}

var errAway = errors.New("redis failed a moment ago")

// ask runs a command in its time, unless Redis failed a moment ago. A caller who gives
// up does not end it: it would look as if Redis had failed.
func (s *Server) ask(ctx context.Context, command string, args ...any) (any, error) {
	if !s.breaker.TryAcquirePermit() {
		return nil, errAway
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	reply, err := s.run(ctx, command, args...)
	if err != nil {
		s.failure.Store(failure{err})
		s.breaker.RecordFailure()
	} else {
		s.breaker.RecordSuccess()
	}
	return reply, err
}

func (s *Server) run(ctx context.Context, command string, args ...any) (any, error) {
	conn, err := s.pool.GetContext(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }() // back to the pool; one that is broken has said so by the command
	return redis.DoContext(conn, ctx, command, args...)
}
