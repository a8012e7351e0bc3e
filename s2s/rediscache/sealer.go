package rediscache

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"github.com/slipway-go/slipway/s2s"
)

// A sealer hides the entries of one service from all who do not have its secret.
type sealer struct{ naming, sealing []byte }

func newSealer(of s2s.Credentials) sealer {
	return sealer{naming: derive(of, "name"), sealing: derive(of, "seal")}
}

// derive is HKDF-Expand of one block (RFC 5869, 2.3): the secret is random, so there is
// nothing to extract. The number is that of the layout: another one is another cache.
func derive(of s2s.Credentials, purpose string) []byte {
	return keyed([]byte(of.Secret.Reveal()), "slipway token cache 1: "+purpose+" of "+of.ClientID+"\x01")
}

// An entry has a key of its own, so no value can be moved to another name, and the
// random nonces of one key stay far from the 2³² after which they might repeat.
type entry struct {
	name string
	aead cipher.AEAD
}

const namePrefix = "slipway:token:"

func (s sealer) entry(key string) entry {
	return entry{
		name: namePrefix + base64.RawURLEncoding.EncodeToString(keyed(s.naming, key)),
		aead: newAEAD(keyed(s.sealing, key)),
	}
}

func keyed(by []byte, key string) []byte {
	h := hmac.New(sha256.New, by)
	h.Write([]byte(key))
	return h.Sum(nil)
}

func newAEAD(key []byte) cipher.AEAD {
	block, _ := aes.NewCipher(key)                 // fails for other sizes of keys alone
	aead, _ := cipher.NewGCMWithRandomNonce(block) // fails for other ciphers alone
	return aead
}

// lifeSize is that of when the token was issued and when it expires, in milliseconds.
const lifeSize = 16

func (e entry) seal(t s2s.CachedToken) []byte {
	plain := make([]byte, 0, lifeSize+len(t.Token))
	plain = binary.BigEndian.AppendUint64(plain, uint64(t.Issued.UnixMilli()))
	plain = binary.BigEndian.AppendUint64(plain, uint64(t.Expires.UnixMilli()))
	return e.aead.Seal(nil, nil, append(plain, t.Token...), nil) //nolint:gosec // no nonce is given, since this AEAD draws one at random
}

var errForeign = errors.New("the value was not sealed by this service")

func (e entry) open(sealed []byte) (s2s.CachedToken, error) {
	plain, err := e.aead.Open(nil, nil, sealed, nil)
	if err != nil || len(plain) <= lifeSize {
		return s2s.CachedToken{}, errForeign
	}
	return s2s.NewCachedToken(string(plain[lifeSize:]), moment(plain), moment(plain[8:])), nil
}

func moment(b []byte) time.Time {
	return time.UnixMilli(int64(binary.BigEndian.Uint64(b))) //nolint:gosec // the bits count
}
