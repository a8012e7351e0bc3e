package keys

import (
	"crypto"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

type state string

const (
	next    state = "next"
	active  state = "active"
	retired state = "retired"
)

// A key is a row of signing_keys.
type key struct {
	id          string
	state       state
	public      ed25519.PublicKey
	sealed      []byte
	createdAt   time.Time
	activatedAt *time.Time
	retiredAt   *time.Time
}

// newKey returns a key in the state next.
func newKey(s *Sealer, now time.Time) (key, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return key{}, fmt.Errorf("generate a signing key: %w", err)
	}
	k := key{state: next, public: public, createdAt: now}
	thumbprint, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return key{}, fmt.Errorf("name a signing key: %w", err)
	}
	k.id = base64.RawURLEncoding.EncodeToString(thumbprint)
	k.sealed = s.seal(k.id, private.Seed())
	return k, nil
}

func (k key) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: k.public, KeyID: k.id, Algorithm: string(jose.EdDSA), Use: "sig"}
}

// signer returns what signs tokens by the key.
func (k key) signer(s *Sealer) (jose.Signer, error) {
	seed, err := s.open(k.id, k.sealed)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("signing key %s has %d bytes instead of %d", k.id, len(seed), ed25519.SeedSize)
	}
	private := jose.JSONWebKey{Key: ed25519.NewKeyFromSeed(seed), KeyID: k.id}
	options := (&jose.SignerOptions{}).WithType("at+jwt")
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.EdDSA, Key: private}, options)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", k.id, err)
	}
	return signer, nil
}

// A plan is what a rotation does to the keys.
type plan struct {
	retire   []string // ids
	activate string   // id of the next key; "" when none is there to be
	drop     []string
	create   int  // how many new keys
	fresh    bool // the first of the new ones signs at once
}

func (p plan) empty() bool {
	return len(p.retire)+len(p.drop)+p.create == 0 && p.activate == ""
}

// planRotation decides what is due. The first key of all signs at once: nobody
// can know an older one.
func planRotation(keys []key, cfg Config, now time.Time) plan {
	var p plan
	current, following := find(keys, active), find(keys, next)
	switch {
	case current == nil && following == nil:
		p.create, p.fresh = 2, true
	case current == nil, current.due(cfg, now) && following != nil && following.published(cfg, now):
		p.create = 1
		if current != nil {
			p.retire = []string{current.id}
		}
		if following != nil {
			p.activate = following.id
		}
	case following == nil:
		p.create = 1
	}
	for _, k := range keys {
		if k.state == retired && k.retiredAt != nil && now.After(k.retiredAt.Add(cfg.Retain)) {
			p.drop = append(p.drop, k.id)
		}
	}
	return p
}

func find(keys []key, s state) *key {
	i := slices.IndexFunc(keys, func(k key) bool { return k.state == s })
	if i < 0 {
		return nil
	}
	return &keys[i]
}

func (k *key) due(cfg Config, now time.Time) bool {
	return k.activatedAt == nil || !now.Before(k.activatedAt.Add(cfg.Life))
}

// published reports whether resource servers have had the time to fetch the key.
func (k *key) published(cfg Config, now time.Time) bool {
	return !now.Before(k.createdAt.Add(cfg.Publish))
}
