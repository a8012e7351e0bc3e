package auth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

// The signatures that can be believed at all. Each belongs to one type of key,
// so a token cannot have its key used in another way than it was made for.
const (
	EdDSA = "EdDSA"
	ES256 = "ES256"
	RS256 = "RS256" // for foreign issuers; by configuration only
)

// maxKeys bounds a key set.
const maxKeys = 64

// A publicKey checks signatures of one algorithm.
type publicKey interface {
	algorithm() string
	verify(signed, signature []byte) bool
	equal(crypto.PublicKey) bool
	public() crypto.PublicKey
}

type edKey struct{ ed25519.PublicKey }

func (edKey) algorithm() string { return EdDSA }

func (k edKey) verify(signed, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && ed25519.Verify(k.PublicKey, signed, signature)
}

func (k edKey) equal(other crypto.PublicKey) bool { return k.Equal(other) }
func (k edKey) public() crypto.PublicKey          { return k.PublicKey }

type ecKey struct{ *ecdsa.PublicKey }

func (ecKey) algorithm() string { return ES256 }

func (k ecKey) verify(signed, signature []byte) bool {
	if len(signature) != 64 { // r and s; JWS has no ASN.1 form
		return false
	}
	hash := sha256.Sum256(signed)
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return ecdsa.Verify(k.PublicKey, hash[:], r, s)
}

func (k ecKey) equal(other crypto.PublicKey) bool { return k.Equal(other) }
func (k ecKey) public() crypto.PublicKey          { return k.PublicKey }

type rsaKey struct{ *rsa.PublicKey }

func (rsaKey) algorithm() string { return RS256 }

func (k rsaKey) verify(signed, signature []byte) bool {
	hash := sha256.Sum256(signed)
	return rsa.VerifyPKCS1v15(k.PublicKey, crypto.SHA256, hash[:], signature) == nil
}

func (k rsaKey) equal(other crypto.PublicKey) bool { return k.Equal(other) }
func (k rsaKey) public() crypto.PublicKey          { return k.PublicKey }

// parseKeys reads a JWK set. Keys for other purposes or algorithms are left
// out; a set without a usable key is an error, so that it never replaces one
// that works.
func parseKeys(document []byte, algorithms []string) (map[string]publicKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, fmt.Errorf("read the key set: %w", err)
	}
	if len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("the key set has %d keys: at most %d are taken", len(set.Keys), maxKeys)
	}
	keys := make(map[string]publicKey, len(set.Keys))
	for _, text := range set.Keys {
		id, key := parseKey(text, algorithms)
		if _, taken := keys[id]; key != nil && !taken {
			keys[id] = key
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set has no key for signatures that are believed here")
	}
	return keys, nil
}

// parseKey returns no key for one that does not serve.
func parseKey(text []byte, algorithms []string) (string, publicKey) {
	var jwk jose.JSONWebKey
	if err := json.Unmarshal(text, &jwk); err != nil {
		return "", nil
	}
	if jwk.KeyID == "" || len(jwk.KeyID) > maxKeyID || (jwk.Use != "" && jwk.Use != "sig") {
		return "", nil
	}
	key := adoptKey(jwk.Key)
	if key == nil || !slices.Contains(algorithms, key.algorithm()) || (jwk.Algorithm != "" && jwk.Algorithm != key.algorithm()) {
		return "", nil
	}
	return jwk.KeyID, key
}

// adoptKey takes public keys only: a private key in a published set is known
// to the world.
func adoptKey(key any) publicKey {
	switch k := key.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return edKey{k}
		}
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return ecKey{k}
		}
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits >= 2048 && bits <= 8192 {
			return rsaKey{k}
		}
	}
	return nil
}
