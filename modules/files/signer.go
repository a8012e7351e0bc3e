package files

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slipway-go/slipway/postgres"
)

// A grant is what a link allows: to download a file, or a variant of it, until it expires.
type grant struct {
	File    uuid.UUID
	Variant string // "" is the file itself
	Until   time.Time
}

// A token is a version, the file, the time in seconds, the name of the variant and what signs
// all of them, in base64.
const (
	tokenVersion = 1
	variantAt    = 1 + 16 + 8
	maxVariant   = 31
	maxToken     = (variantAt + maxVariant + sha256.Size) * 4 / 3
)

func (g grant) encoded() []byte {
	b := append([]byte{tokenVersion}, g.File[:]...)
	b = binary.BigEndian.AppendUint64(b, uint64(g.Until.Unix())) //nolint:gosec // it is read back the same way
	return append(b, g.Variant...)
}

func decodeGrant(b []byte) (g grant) {
	copy(g.File[:], b[1:])
	g.Until = time.Unix(int64(binary.BigEndian.Uint64(b[1+len(g.File):])), 0).UTC() //nolint:gosec // see encoded
	g.Variant = string(b[variantAt:])
	return g
}

// A signer signs grants, with a key that all processes of the module share. They find it in
// the database; whoever needs it first makes it.
type signer struct {
	db  *postgres.DB
	key atomic.Pointer[[]byte]
}

func (s *signer) sign(ctx context.Context, g grant) (string, error) {
	key, err := s.theKey(ctx)
	if err != nil {
		return "", err
	}
	text := g.encoded()
	return base64.RawURLEncoding.EncodeToString(append(text, macOf(key, text)...)), nil
}

// verify returns what was signed, expired or not; errNoLink of anything else.
func (s *signer) verify(ctx context.Context, token string) (grant, error) {
	signed, err := base64.RawURLEncoding.DecodeString(token[:min(len(token), maxToken+1)])
	if err != nil || len(signed) < variantAt+sha256.Size {
		return grant{}, errNoLink()
	}
	key, err := s.theKey(ctx)
	if err != nil {
		return grant{}, err
	}
	text, mac := signed[:len(signed)-sha256.Size], signed[len(signed)-sha256.Size:]
	// What base64 skips would make a second token of the first.
	if !hmac.Equal(mac, macOf(key, text)) || base64.RawURLEncoding.EncodeToString(signed) != token || text[0] != tokenVersion {
		return grant{}, errNoLink()
	}
	return decodeGrant(text), nil
}

// macOf signs a text as one of a link: the key may sign other things one day.
func macOf(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("slipway files link\x00"))
	h.Write(text)
	return h.Sum(nil)
}

func (s *signer) theKey(ctx context.Context) ([]byte, error) {
	if key := s.key.Load(); key != nil {
		return *key, nil
	}
	key, err := s.load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the key of signed links: %w", err)
	}
	s.key.Store(&key)
	return key, nil
}

// load returns the key that is there, or makes one. Of two that do so at once the second gets
// the first one's.
func (s *signer) load(ctx context.Context) (key []byte, err error) {
	err = s.db.QueryRow(ctx, `SELECT key FROM signing`).Scan(&key)
	if !errors.Is(err, pgx.ErrNoRows) {
		return key, err
	}
	made := make([]byte, sha256.Size)
	_, _ = rand.Read(made) // it never fails
	err = s.db.QueryRow(ctx, `INSERT INTO signing AS s (key) VALUES ($1) ON CONFLICT (one) DO UPDATE SET key = s.key RETURNING s.key`, made).Scan(&key)
	return key, err
}
