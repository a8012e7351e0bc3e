package keys

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/slipway-go/slipway/postgres"
)

// A Key is what may be known of a signing key.
type Key struct {
	ID          string
	Algorithm   string // EdDSA or ES256
	State       string // next, active or retired
	CreatedAt   time.Time
	ActivatedAt *time.Time
	RetiredAt   *time.Time
	Sealed      bool // it signs or will, but not here: it cannot be opened
}

// Keys returns every key that is published, the oldest first, also those that cannot be
// opened.
func (r *Ring) Keys(ctx context.Context) ([]Key, error) {
	found, err := load(ctx, r.db)
	if err != nil {
		return nil, err
	}
	all := make([]Key, len(found))
	for i, k := range found {
		all[i] = Key{ID: k.id, Algorithm: string(k.algorithm), State: string(k.state), CreatedAt: k.createdAt, ActivatedAt: k.activatedAt, RetiredAt: k.retiredAt, Sealed: r.sealer.sealed(found[i:i+1]) != nil}
	}
	return all, nil
}

// An UnpublishedError tells that the next key is too young to sign: resource servers
// may not have heard of it.
type UnpublishedError struct{ Until time.Time }

func (e *UnpublishedError) Error() string {
	return fmt.Sprintf("the next key is published too short a time to sign, since not everyone who checks tokens knows it: try again after %s",
		e.Until.UTC().Format(time.RFC3339))
}

// Rotate has the next keys sign from now on, of every algorithm. The former ones stay
// published while tokens of them live.
func (r *Ring) Rotate(ctx context.Context) error {
	return r.change(ctx, func(keys []key, now time.Time) ([]plan, error) {
		if err := r.sealer.sealed(keys); err != nil {
			return nil, unavailable(err)
		}
		for _, k := range keys {
			if k.state == next && !k.published(r.cfg, now) {
				return nil, &UnpublishedError{Until: k.createdAt.Add(r.cfg.Publish)}
			}
		}
		due := r.cfg
		due.Life = time.Nanosecond
		return plans(keys, due, now), nil
	})
}

// Replace withdraws every key and begins anew, as after a leak: whoever read one private
// half may have read them all. Tokens of the former keys are refused as soon as who
// checks them looks at the key set again, and those of the new key make it look.
func (r *Ring) Replace(ctx context.Context) error {
	return r.change(ctx, func(keys []key, now time.Time) ([]plan, error) {
		all := plans(nil, r.cfg, now)
		for _, k := range keys {
			all[0].drop = append(all[0].drop, k.id)
		}
		return all, nil
	})
}

// change applies plans to the keys of now, and knows the outcome at once.
func (r *Ring) change(ctx context.Context, decide func([]key, time.Time) ([]plan, error)) error {
	now := time.Now()
	keys, err := r.rotate(ctx, now, decide)
	if err != nil {
		return err
	}
	s, err := r.snapshot(keys, now)
	if err != nil {
		return err
	}
	r.learn(ctx, s)
	return nil
}

// due decides what is to be done without being told.
func (r *Ring) due(keys []key, now time.Time) ([]plan, error) {
	return r.duePlans(keys, now), nil
}

// duePlans leave alone what other processes sign by: whoever cannot open a key must not
// retire it, which erases it, nor seal a successor that the others could not open.
func (r *Ring) duePlans(keys []key, now time.Time) []plan {
	all := plans(keys, r.cfg, now)
	if len(all) == 0 || r.sealer.sealed(keys) == nil {
		return all
	}
	for i := range all {
		all[i] = all[i].cleanup()
	}
	return slices.DeleteFunc(all, plan.empty)
}

// rotate does what is decided, one process at a time: another may have done it.
func (r *Ring) rotate(ctx context.Context, now time.Time, decide func([]key, time.Time) ([]plan, error)) ([]key, error) {
	var keys []key
	err := r.db.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK TABLE signing_keys IN EXCLUSIVE MODE`); err != nil {
			return err
		}
		found, err := load(ctx, tx)
		if err != nil {
			return err
		}
		decided, err := decide(found, now)
		if err != nil {
			return err
		}
		for _, p := range decided {
			if err := r.apply(ctx, tx, p, now); err != nil {
				return err
			}
		}
		keys, err = load(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rotate signing keys: %w", err)
	}
	return keys, nil
}
