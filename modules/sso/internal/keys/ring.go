package keys

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/sync/singleflight"

	"github.com/slipway-go/slipway/postgres"
	"github.com/slipway-go/slipway/problem"
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
	// Logger hears that keys cannot be opened. Default: nobody does.
	Logger *slog.Logger
}

func (c Config) withDefaults() Config {
	c.Life = cmp.Or(c.Life, 720*time.Hour)
	c.Publish = cmp.Or(c.Publish, 15*time.Minute)
	c.Retain = cmp.Or(c.Retain, 24*time.Hour)
	c.Logger = cmp.Or(c.Logger, slog.New(slog.DiscardHandler))
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
	at      time.Time
	signers map[signature]signer
	public  []byte
	// sealed is why nothing is rotated, and perhaps nothing signed, although the keys
	// are there; nil mostly.
	sealed error
}

// A signer signs by the key of this id.
type signer struct {
	jose.Signer

	key string
}

// A signature is what a header says of a token.
type signature struct{ algorithm, typ string }

// types are what tokens may be: access tokens and ID tokens.
var types = []string{"at+jwt", "JWT"}

// Sign returns the payload as a compact JWS of the type, at+jwt or JWT, by the active
// key of the algorithm, EdDSA or ES256.
func (r *Ring) Sign(ctx context.Context, algorithm, typ string, payload []byte) (string, error) {
	s, err := r.current(ctx)
	if err != nil {
		return "", err
	}
	signer, ok := s.signers[signature{algorithm, typ}]
	if !ok && s.sealed != nil {
		return "", unavailable(s.sealed)
	}
	if !ok {
		return "", fmt.Errorf("no key signs tokens of the type %q by %q", typ, algorithm)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign a token: %w", err)
	}
	return signed.CompactSerialize()
}

func unavailable(sealed error) error {
	return problem.Unavailable("no token can be signed at the moment").WithCode("signing_keys_sealed").Wrap(sealed)
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
	if err == nil && len(r.duePlans(keys, now)) > 0 {
		keys, err = r.rotate(ctx, now, r.due)
	}
	if err != nil {
		return nil, err
	}
	if err := r.reseal(ctx, keys); err != nil {
		return nil, err
	}
	s, err := r.snapshot(keys, now)
	if err != nil {
		return nil, err
	}
	r.learn(ctx, s)
	return s, nil
}

// learn keeps what is known now, and tells of sealed keys when that is news.
func (r *Ring) learn(ctx context.Context, s *snapshot) {
	former := r.known.Swap(s)
	if s.sealed != nil && (former == nil || former.sealed == nil) {
		r.cfg.Logger.ErrorContext(ctx, "signing keys are sealed: none is rotated", "error", s.sealed)
	}
}

// reseal has the private halves sealed by the key-encryption key of now. Processes that
// have only the former one go on with what they have opened.
func (r *Ring) reseal(ctx context.Context, keys []key) error {
	for i, k := range keys {
		if k.state == retired {
			continue
		}
		sealed, ok := r.sealer.reseal(k.id, k.sealed)
		if !ok {
			continue
		}
		if _, err := r.db.Exec(ctx, `UPDATE signing_keys SET sealed = $2 WHERE id = $1 AND sealed = $3`, k.id, sealed, k.sealed); err != nil {
			return fmt.Errorf("seal signing key %s anew: %w", k.id, err)
		}
		keys[i].sealed = sealed
	}
	return nil
}

func (r *Ring) snapshot(keys []key, now time.Time) (*snapshot, error) {
	s := &snapshot{at: now, signers: map[signature]signer{}, sealed: r.sealer.sealed(keys)}
	for _, algorithm := range algorithms {
		if err := r.sign(s, algorithm, find(of(keys, algorithm), active)); err != nil {
			return nil, err
		}
	}
	var set jose.JSONWebKeySet
	for _, k := range keys {
		jwk, err := k.jwk()
		if err != nil {
			return nil, err
		}
		set.Keys = append(set.Keys, jwk)
	}
	var err error
	if s.public, err = json.Marshal(set); err != nil {
		return nil, fmt.Errorf("encode the key set: %w", err)
	}
	return s, nil
}

// sign has the key sign for its algorithm. One that cannot be opened is published all
// the same, so that tokens of it are believed; and whoever had opened it signs on.
func (r *Ring) sign(s *snapshot, algorithm jose.SignatureAlgorithm, current *key) error {
	if current == nil {
		return fmt.Errorf("no signing key is active for %s", algorithm)
	}
	for _, typ := range types {
		signs, err := current.signer(r.sealer, typ)
		kind := signature{string(algorithm), typ}
		switch {
		case err == nil:
			s.signers[kind] = signer{signs, current.id}
		case !errors.Is(err, ErrSealed):
			return err
		case r.opened(kind, current.id) != nil:
			s.signers[kind] = *r.opened(kind, current.id)
		}
	}
	return nil
}

// opened returns what signs by a key that was opened earlier, or nil.
func (r *Ring) opened(kind signature, key string) *signer {
	s := r.known.Load()
	if s == nil || s.signers[kind].key != key {
		return nil
	}
	return new(s.signers[kind])
}
