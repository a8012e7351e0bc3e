package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"time"
)

func measureTokens(ctx context.Context, o options, t *table) error {
	if err := knownToken(ctx, o, t); err != nil {
		return err
	}
	return newTokens(ctx, o, t)
}

func knownToken(ctx context.Context, o options, t *table) error {
	s := newSSO()
	raw := s.token()
	var took []time.Duration
	const checks = 2000
	for range o.rounds * 10 {
		start := time.Now()
		for range checks {
			if _, err := s.verifier.Verify(ctx, raw); err != nil {
				return err
			}
		}
		took = append(took, time.Since(start)/checks)
	}
	t.within("a token that is known", quickest(took), time.Microsecond)
	return nil
}

// newTokens measures misses and bare signatures by turns, one by one.
func newTokens(ctx context.Context, o options, t *table) error {
	s := newSSO()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return err
	}
	text := []byte(s.token())
	signature := ed25519.Sign(private, text)
	var misses, bare []time.Duration
	for range o.rounds * 200 {
		raw := s.token()
		start := time.Now()
		_, err := s.verifier.Verify(ctx, raw)
		middle := time.Now()
		ok := ed25519.Verify(public, text, signature)
		misses, bare = append(misses, middle.Sub(start)), append(bare, time.Since(middle))
		if err != nil || !ok {
			return errors.Join(errors.New("verify a new token"), err)
		}
	}
	t.atMost("a new token beside the bare ed25519.Verify", float64(median(misses))/float64(median(bare)), 1.3)
	t.note("new %s, bare signature %s (medians)", readable(median(misses)), readable(median(bare)))
	return nil
}
