package auth

import "crypto/sha256"

// A RevocationKey stands for what was revoked: a session, a token or a client. It is
// a hash, so that a list of revocations tells nobody who logs in when.
type RevocationKey [sha256.Size]byte

// SessionKey is that of every token of a session, by its sid.
func SessionKey(id string) RevocationKey { return sha256.Sum256([]byte("sid:" + id)) }

// TokenKey is that of one token, by its jti.
func TokenKey(id string) RevocationKey { return sha256.Sum256([]byte("jti:" + id)) }

// ClientKey is that of every token that was issued to a client, by its client_id.
func ClientKey(id string) RevocationKey { return sha256.Sum256([]byte("client_id:" + id)) }
