package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// Algorithms are those that a ring signs by. EdDSA is the rule; ES256 is for clients
// and resource servers that know nothing newer.
var algorithms = []jose.SignatureAlgorithm{jose.EdDSA, jose.ES256}

// generate returns a new key as it is stored: the public half, and the private one as
// the seed of Ed25519 or the scalar of P-256.
func generate(algorithm jose.SignatureAlgorithm) (public, private []byte, err error) {
	if algorithm == jose.EdDSA {
		public, private, err := ed25519.GenerateKey(nil)
		return public, private.Seed(), err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if public, err = key.PublicKey.Bytes(); err != nil {
		return nil, nil, err
	}
	private, err = key.Bytes()
	return public, private, err
}

// publicKey reads the stored public half.
func publicKey(algorithm jose.SignatureAlgorithm, stored []byte) (crypto.PublicKey, error) {
	if algorithm == jose.ES256 {
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), stored)
	}
	if len(stored) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("the public half has %d bytes instead of %d", len(stored), ed25519.PublicKeySize)
	}
	return ed25519.PublicKey(stored), nil
}

// privateKey reads the stored private half.
func privateKey(algorithm jose.SignatureAlgorithm, stored []byte) (crypto.PrivateKey, error) {
	if algorithm == jose.ES256 {
		return ecdsa.ParseRawPrivateKey(elliptic.P256(), stored)
	}
	if len(stored) != ed25519.SeedSize {
		return nil, fmt.Errorf("the private half has %d bytes instead of %d", len(stored), ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(stored), nil
}
