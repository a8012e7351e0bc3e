package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
	"fmt"
)

// EncryptionKeySize is the size of a key-encryption key in bytes.
const EncryptionKeySize = 32

// A Sealer encrypts private keys by a key-encryption key.
type Sealer struct{ aead cipher.AEAD }

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
	return &Sealer{aead}, nil
}

// seal encrypts what belongs to the key called id, and to no other: a row
// cannot be given another row's secret.
func (s *Sealer) seal(id string, secret []byte) []byte {
	return s.aead.Seal(nil, nil, secret, []byte(id)) //nolint:gosec // no nonce is given, since this AEAD draws one at random
}

func (s *Sealer) open(id string, sealed []byte) ([]byte, error) {
	secret, err := s.aead.Open(nil, nil, sealed, []byte(id))
	if err != nil {
		return nil, fmt.Errorf("signing key %s cannot be opened: it was sealed by another SSO_KEY_ENCRYPTION_KEY or was changed; "+
			"set the former key again, or delete the row from signing_keys to have a new one made (its tokens become invalid)", id)
	}
	return secret, nil
}
