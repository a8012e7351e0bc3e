package auth

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"time"
)

// A RevocationKey stands for what was revoked: a session, a token or a client. It is
// a hash, so that a list of revocations tells nobody who logs in when.
type RevocationKey [sha256.Size]byte

// SessionKey is that of every token of a session, by its sid.
func SessionKey(id string) RevocationKey { return sha256.Sum256([]byte("sid:" + id)) }

// TokenKey is that of one token, by its jti.
func TokenKey(id string) RevocationKey { return sha256.Sum256([]byte("jti:" + id)) }

// ClientKey is that of every token that was issued to a client, by its client_id.
func ClientKey(id string) RevocationKey { return sha256.Sum256([]byte("client_id:" + id)) }

// MarshalText writes the key in base64url.
func (k RevocationKey) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, k[:]), nil
}

// UnmarshalText reads what MarshalText writes.
func (k *RevocationKey) UnmarshalText(text []byte) error {
	key, err := base64url.AppendDecode(nil, text)
	if err != nil || len(key) != len(k) {
		return fmt.Errorf("a revocation's key is %.60q: expected a SHA-256 in base64url, 43 letters", text)
	}
	*k = RevocationKey(key)
	return nil
}

// A Revocation takes back tokens that have not expired.
type Revocation struct {
	Key    RevocationKey `json:"key" doc:"The SHA-256 of sid:<session>, jti:<token> or client_id:<client>, in base64url."`
	Before time.Time     `json:"before,omitzero" doc:"Tokens that were issued at this time or later are good; without it none is."`
	Until  time.Time     `json:"until" doc:"By then every token that it concerns has expired."`
}

// A RevocationPage is what an issuer's list of revocations answers to those who ask
// for what is new.
type RevocationPage struct {
	Cursor  string       `json:"cursor" doc:"Where to go on: the next request's after."`
	More    bool         `json:"more" doc:"Whether the next page can be had at once."`
	Revoked []Revocation `json:"revoked" nullable:"false" doc:"In no order that matters; one may be told again."`
}
