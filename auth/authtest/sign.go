package authtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"strings"
)

// object is a JSON object that may be as wrong as a test wants it.
type object map[string]any

func (o object) with(name string, value any) object {
	next := maps.Clone(o)
	if next[name] = value; value == nil {
		delete(next, name)
	}
	return next
}

// A signer makes the third part of a token.
type signer interface {
	algorithm() string
	sign(text string) []byte
}

type edSigner struct{ ed25519.PrivateKey }

func (edSigner) algorithm() string         { return "EdDSA" }
func (s edSigner) sign(text string) []byte { return ed25519.Sign(s.PrivateKey, []byte(text)) }

type ecSigner struct {
	*ecdsa.PrivateKey
	hash crypto.Hash
}

func (s ecSigner) algorithm() string {
	if s.hash == crypto.SHA384 {
		return "ES384"
	}
	return "ES256"
}

// sign is deterministic (RFC 6979), as everything here is.
func (s ecSigner) sign(text string) []byte {
	h := s.hash.New()
	h.Write([]byte(text))
	der, err := s.Sign(nil, h.Sum(nil), s.hash)
	var pair struct{ R, S *big.Int }
	if err == nil {
		_, err = asn1.Unmarshal(der, &pair)
	}
	if err != nil {
		panic(fmt.Sprintf("authtest: sign by %s: %v", s.algorithm(), err))
	}
	size := (s.Curve.Params().BitSize + 7) / 8
	signature := make([]byte, 2*size)
	pair.R.FillBytes(signature[:size])
	pair.S.FillBytes(signature[size:])
	return signature
}

type hmacSigner struct{ secret []byte }

func (hmacSigner) algorithm() string { return "HS256" }

func (s hmacSigner) sign(text string) []byte {
	h := hmac.New(sha256.New, s.secret)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// unsigned leaves the third part empty.
type unsigned struct{}

func (unsigned) algorithm() string  { return "none" }
func (unsigned) sign(string) []byte { return nil }

// newEdSigner makes its key from a name: the same in every run.
func newEdSigner(name string) edSigner {
	seed := sha256.Sum256([]byte("slipway authtest ed25519 " + name))
	return edSigner{ed25519.NewKeyFromSeed(seed[:])}
}

func newES256Signer(name string) ecSigner {
	seed := sha256.Sum256([]byte("slipway authtest p256 " + name))
	return ecSigner{mustKey(elliptic.P256(), seed[:]), crypto.SHA256}
}

func newES384Signer(name string) ecSigner {
	seed := sha512.Sum384([]byte("slipway authtest p384 " + name))
	return ecSigner{mustKey(elliptic.P384(), seed[:]), crypto.SHA384}
}

func mustKey(curve elliptic.Curve, seed []byte) *ecdsa.PrivateKey {
	key, err := ecdsa.ParseRawPrivateKey(curve, seed)
	if err != nil {
		panic(fmt.Sprintf("authtest: make a key: %v", err))
	}
	return key
}

var segment = base64.RawURLEncoding

func encode(o object) string {
	text, err := json.Marshal(o)
	if err != nil {
		panic(fmt.Sprintf("authtest: encode a token: %v", err))
	}
	return segment.EncodeToString(text)
}

// assemble makes a token of whatever header and claims are given.
func assemble(header, claims object, by signer) string {
	text := strings.Join([]string{encode(header), encode(claims)}, ".")
	return text + "." + segment.EncodeToString(by.sign(text))
}
