package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// EncryptionKeySize is the size of a key-encryption key in bytes.
const EncryptionKeySize = 32

// A Sealer encrypts what the database must not tell: private keys and, by a key of
// its own for each purpose, what else is secret.
type Sealer struct {
	key      []byte
	aead     cipher.AEAD
	previous *Sealer // opens what was sealed by the key of before; nil for none
}

var errEncryptionKey = errors.New("expected 32 random bytes in base64, such as `openssl rand -base64 32` prints")

// ParseEncryptionKey reads a key-encryption key; its error does not repeat it.
func ParseEncryptionKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != EncryptionKeySize {
		return nil, errEncryptionKey
	}
	return key, nil
}

// NewSealer returns a sealer of this key.
func NewSealer(key []byte) (*Sealer, error) {
	if len(key) != EncryptionKeySize {
		return nil, errEncryptionKey
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key-encryption key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("key-encryption key: %w", err)
	}
	return &Sealer{key: key, aead: aead}, nil
}

// After returns a sealer that also opens what previous has sealed: the key-encryption
// key was replaced.
func (s *Sealer) After(previous *Sealer) *Sealer {
	after := *s
	after.previous = previous
	return &after
}

// Derive returns a key for this purpose alone (HKDF-SHA256, RFC 5869): what it leaks
// tells nothing of the others.
func (s *Sealer) Derive(purpose string) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, s.key, nil, "slipway/sso: "+purpose, EncryptionKeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of %s: %w", purpose, err)
	}
	return key, nil
}

// For returns a sealer whose key is derived for the purpose.
func (s *Sealer) For(purpose string) (*Sealer, error) {
	key, err := s.Derive(purpose)
	if err != nil {
		return nil, err
	}
	derived, err := NewSealer(key)
	if err != nil || s.previous == nil {
		return derived, err
	}
	previous, err := s.previous.For(purpose)
	return derived.After(previous), err
}

// Seal encrypts what belongs to this id, and to no other: a row cannot be given
// another row's secret.
func (s *Sealer) Seal(id string, secret []byte) []byte {
	return s.aead.Seal(nil, nil, secret, []byte(id)) //nolint:gosec // no nonce is given, since this AEAD draws one at random
}

// ErrSealed says that another key sealed it, or that it was changed.
var ErrSealed = errors.New("it was sealed by another SSO_KEY_ENCRYPTION_KEY or was changed")

// Open decrypts what Seal has encrypted for the id, or returns ErrSealed.
func (s *Sealer) Open(id string, sealed []byte) ([]byte, error) {
	secret, err := s.aead.Open(nil, nil, sealed, []byte(id))
	switch {
	case err == nil:
		return secret, nil
	case s.previous != nil:
		return s.previous.Open(id, sealed)
	}
	return nil, ErrSealed
}

// reseal returns what the previous key has sealed as this one seals it, or false when
// there is nothing to do or nothing that can be done.
func (s *Sealer) reseal(id string, sealed []byte) ([]byte, bool) {
	if _, err := s.aead.Open(nil, nil, sealed, []byte(id)); err == nil || s.previous == nil {
		return nil, false
	}
	secret, err := s.previous.Open(id, sealed)
	if err != nil {
		return nil, false
	}
	return s.Seal(id, secret), true
}
