package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/slipway-go/slipway/postgres"
)

// A racer does n pieces of its work at a time, by turns with the others.
type racer struct {
	name string
	n    int
	// prepare, which may be nil, goes before a turn and does not count.
	prepare func(ctx context.Context, n int) error
	do      func(ctx context.Context, n int) error
	took    []time.Duration // per piece, of each turn
}

// race gives every racer a turn that does not count, and then the rounds.
func race(ctx context.Context, rounds int, racers ...*racer) error {
	for range 1 + rounds {
		for _, r := range racers {
			if err := r.turn(ctx); err != nil {
				return fmt.Errorf("%s: %w", r.name, err)
			}
		}
	}
	for _, r := range racers {
		r.took = r.took[1:] // the first makes connections and fills caches
	}
	return nil
}

func (r *racer) turn(ctx context.Context) error {
	if r.prepare != nil {
		if err := r.prepare(ctx, r.n); err != nil {
			return fmt.Errorf("prepare: %w", err)
		}
	}
	began := time.Now()
	if err := r.do(ctx, r.n); err != nil {
		return err
	}
	r.took = append(r.took, time.Since(began)/time.Duration(r.n))
	return nil
}

// speed is how many pieces the racer does in a second, in the median turn.
func (r *racer) speed() string { return perSecond(median(r.took)) }

// beside is the racer's speed over another's.
func (r *racer) beside(other *racer) float64 { return ratioOf(other.took, r.took) }

func perSecond(piece time.Duration) string {
	rate := float64(time.Second) / float64(piece)
	if rate < 10_000 {
		return fmt.Sprintf("%.0f/s", rate)
	}
	return fmt.Sprintf("%.1fk/s", rate/1000)
}

// A store is a PostgreSQL of its own that makes every commit safe.
type store struct {
	*postgres.Private
	dir string
}

func startStore(ctx context.Context) (*store, error) {
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return nil, err
	}
	s := &store{dir: dir}
	// As root, PostgreSQL runs as another user, who must get to its data.
	err = os.Chmod(dir, 0o755) //nolint:gosec // holds no secret
	if err == nil {
		s.Private, err = postgres.StartPrivate(ctx, postgres.PrivateConfig{Dir: dir, Durable: true})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start a private PostgreSQL: %w", err), os.RemoveAll(dir))
	}
	return s, nil
}

// Close stops the server, and then its data can go.
func (s *store) Close() error {
	return errors.Join(s.Private.Close(), os.RemoveAll(s.dir))
}

// open returns a pool on a database of that name, which is made if it is missing.
func (s *store) open(ctx context.Context, name string, conns int) (*pgxpool.Pool, error) {
	address, err := s.Database(ctx, name)
	if err != nil {
		return nil, err
	}
	return openPool(ctx, address, conns)
}

func openPool(ctx context.Context, address string, conns int) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = int32(conns) //nolint:gosec // a flag of ours, small
	return pgxpool.NewWithConfig(ctx, cfg)
}
