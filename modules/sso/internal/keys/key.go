package keys

import (
	"crypto"
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
	algorithm   jose.SignatureAlgorithm
	state       state
	public      []byte
	sealed      []byte
	createdAt   time.Time
	activatedAt *time.Time
	retiredAt   *time.Time
}

// newKey returns a key in the state next.
func newKey(s *Sealer, algorithm jose.SignatureAlgorithm, now time.Time) (key, error) {
	public, private, err := generate(algorithm)
	if err != nil {
		return key{}, fmt.Errorf("generate a signing key: %w", err)
	}
	k := key{algorithm: algorithm, state: next, public: public, createdAt: now}
	jwk, err := k.jwk()
	if err != nil {
		return key{}, err
	}
	thumbprint, err := jwk.Thumbprint(crypto.SHA256)
	if err != nil {
		return key{}, fmt.Errorf("name a signing key: %w", err)
	}
	k.id = base64.RawURLEncoding.EncodeToString(thumbprint)
	k.sealed = s.Seal(k.id, private)
	return k, nil
}

func (k key) jwk() (jose.JSONWebKey, error) {
	public, err := publicKey(k.algorithm, k.public)
	if err != nil {
		return jose.JSONWebKey{}, fmt.Errorf("signing key %s: %w", k.id, err)
	}
	return jose.JSONWebKey{Key: public, KeyID: k.id, Algorithm: string(k.algorithm), Use: "sig"}, nil
}

// open returns the private half, or an error that wraps [ErrSealed].
func (k key) open(s *Sealer) (crypto.PrivateKey, error) {
	stored, err := s.Open(k.id, k.sealed)
	if err != nil {
		return nil, fmt.Errorf("signing key %s cannot be opened: %w; set SSO_KEY_ENCRYPTION_KEY to the former key, or SSO_KEY_ENCRYPTION_KEY_PREVIOUS beside a new one; "+
			"if it was unset before, unset it again; if the former key is lost or is to be used no more, the command sso keys rotate --leaked makes new signing keys, by which nobody has to log in again", k.id, err)
	}
	private, err := privateKey(k.algorithm, stored)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", k.id, err)
	}
	return private, nil
}

// signer returns what signs tokens of the type by the key.
func (k key) signer(s *Sealer, typ string) (jose.Signer, error) {
	private, err := k.open(s)
	if err != nil {
		return nil, err
	}
	signing := jose.SigningKey{Algorithm: k.algorithm, Key: jose.JSONWebKey{Key: private, KeyID: k.id}}
	signer, err := jose.NewSigner(signing, (&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", k.id, err)
	}
	return signer, nil
}

// A plan is what a rotation does to the keys of one algorithm.
type plan struct {
	algorithm jose.SignatureAlgorithm

	retire   []string // ids
	activate string   // id of the next key; "" when none is there to be
	drop     []string
	create   int  // how many new keys
	fresh    bool // the first of the new ones signs at once
}

func (p plan) empty() bool {
	return len(p.retire)+len(p.drop)+p.create == 0 && p.activate == ""
}

// cleanup is what of a plan needs no key opened.
func (p plan) cleanup() plan { return plan{algorithm: p.algorithm, drop: p.drop} }

// plans are what is due, for the algorithms with something to do.
func plans(keys []key, cfg Config, now time.Time) []plan {
	var all []plan
	for _, algorithm := range algorithms {
		if p := planRotation(of(keys, algorithm), cfg, now); !p.empty() {
			p.algorithm = algorithm
			all = append(all, p)
		}
	}
	return all
}

// sealed returns why one of the keys that sign or will cannot be opened; nil mostly.
func (s *Sealer) sealed(keys []key) error {
	for _, k := range keys {
		if k.state == retired {
			continue
		}
		if _, err := k.open(s); err != nil {
			return err
		}
	}
	return nil
}

func of(keys []key, algorithm jose.SignatureAlgorithm) []key {
	return slices.DeleteFunc(slices.Clone(keys), func(k key) bool { return k.algorithm != algorithm })
}

// planRotation decides what is due for the keys of one algorithm. The first key of
// all signs at once: nobody can know an older one.
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
