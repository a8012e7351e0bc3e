package keys

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"github.com/slipway-go/slipway/postgres"
)

// Config says how long keys live.
type Config struct {
	// Life is how long a key signs. Default: 720h.
	Life time.Duration
	// Publish is how long a key is at least published before it signs; resource
	// servers refresh their copy every 5 minutes. Default: 15m.
	Publish time.Duration
	// Retain is how long a retired key stays published; no token may live
	// longer. Default: 24h.
	Retain time.Duration
}

func (c Config) withDefaults() Config {
	c.Life = cmp.Or(c.Life, 720*time.Hour)
	c.Publish = cmp.Or(c.Publish, 15*time.Minute)
	c.Retain = cmp.Or(c.Retain, 24*time.Hour)
	return c
}

// A Ring signs tokens and publishes the keys to check them by. It is safe for
// concurrent use.
type Ring struct {
	db     *postgres.DB
	sealer *Sealer
	cfg    Config
	known  atomic.Pointer[snapshot]
	flight singleflight.Group
	resume atomic.Int64 // no look before this, in nanoseconds since 1970
}

// NewRing returns a ring over the table signing_keys; it reads nothing yet.
func NewRing(db *postgres.DB, sealer *Sealer, cfg Config) *Ring {
	return &Ring{db: db, sealer: sealer, cfg: cfg.withDefaults()}
}

// A snapshot is what a ring knew at a time.
type snapshot struct {
	at     time.Time
	signer jose.Signer
	public []byte
}

// Sign returns the payload as a compact JWS of type at+jwt.
func (r *Ring) Sign(ctx context.Context, payload []byte) (string, error) {
	s, err := r.current(ctx)
	if err != nil {
		return "", err
	}
	signed, err := s.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return signed.CompactSerialize()
}

// Public returns the JWK set of all keys that are next, active or retired.
func (r *Ring) Public(ctx context.Context) ([]byte, error) {
	s, err := r.current(ctx)
	if err != nil {
		return nil, err
	}
	return s.public, nil
}

const (
	// freshFor is how long a ring goes without a look at the database.
	freshFor = 30 * time.Second
	// usableFor is how long old knowledge serves while a look is under way: a key
	// that retired since is still published. One that was withdrawn is used by
	// nobody after that.
	usableFor = time.Minute
	// lookTimeout bounds a look, and lookPause comes after one that failed.
	lookTimeout = 5 * time.Second
	lookPause   = time.Second
)

// current returns what the ring knows, after a look at the database when that
// is old. When the look fails, old knowledge serves on.
func (r *Ring) current(ctx context.Context) (*snapshot, error) {
	s, now := r.known.Load(), time.Now()
	if s == nil {
		return r.awaitLook(ctx)
	}
	age := now.Sub(s.at)
	if age < freshFor || now.UnixNano() < r.resume.Load() {
		return s, nil
	}
	if age < usableFor {
		r.startLook(ctx)
		return s, nil
	}
	if fresh, err := r.awaitLook(ctx); err == nil {
		return fresh, nil
	}
	return s, nil
}

// startLook looks once for all who ask meanwhile. Whoever gives up first must
// not fail the others.
func (r *Ring) startLook(ctx context.Context) <-chan singleflight.Result {
	return r.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTimeout)
		defer cancel()
		s, err := r.look(ctx)
		if err != nil {
			r.resume.Store(time.Now().Add(lookPause).UnixNano())
		}
		return s, err
	})
}

func (r *Ring) awaitLook(ctx context.Context) (*snapshot, error) {
	select {
	case result := <-r.startLook(ctx):
		s, _ := result.Val.(*snapshot)
		return s, result.Err
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for the signing keys: %w", ctx.Err())
	}
}

func (r *Ring) look(ctx context.Context) (*snapshot, error) {
	now := time.Now()
	keys, err := load(ctx, r.db)
	if err == nil && !planRotation(keys, r.cfg, now).empty() {
		keys, err = r.rotate(ctx, now, r.due)
	}
	if err != nil {
		return nil, err
	}
	s, err := r.snapshot(keys, now)
	if err != nil {
		return nil, err
	}
	r.known.Store(s)
	return s, nil
}

var errNoKey = errors.New("no signing key is active")

func (r *Ring) snapshot(keys []key, now time.Time) (*snapshot, error) {
	current := find(keys, active)
	if current == nil {
		return nil, errNoKey
	}
	signer, err := current.signer(r.sealer)
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	for _, k := range keys {
		set.Keys = append(set.Keys, k.jwk())
	}
	public, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("encode the key set: %w", err)
	}
	return &snapshot{at: now, signer: signer, public: public}, nil
}
