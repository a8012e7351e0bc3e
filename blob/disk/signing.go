package disk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// keySize is that of the key of the signatures, in bytes.
const keySize = 32

// signingKey returns the directory's key, and makes it if there is none. A folder cannot be
// moved to where one with a file is, so of many who make it one alone succeeds.
func (s *Store) signingKey() ([]byte, error) {
	name := path.Join(signing, "key")
	key, err := s.root.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := s.makeKey(); err != nil {
			return nil, fmt.Errorf("make the key of the signatures: %w", err)
		}
		key, err = s.root.ReadFile(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of the signatures: %w", err)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("the key of the signatures, %s, has %d bytes: expected %d; take the folder %s away to have a new one made, which ends all signed addresses", name, len(key), keySize, signing)
	}
	return key, nil
}

func (s *Store) makeKey() error {
	draft := path.Join(temp, rand.Text())
	if err := s.root.Mkdir(draft, folderMode); err != nil {
		return err
	}
	if err := s.writeKey(path.Join(draft, "key")); err != nil {
		return errors.Join(err, s.root.RemoveAll(draft))
	}
	if err := s.root.Rename(draft, signing); err != nil && !isFolder(err) {
		return errors.Join(err, s.root.RemoveAll(draft))
	}
	return errors.Join(s.flush("."), s.root.RemoveAll(draft))
}

func (s *Store) writeKey(name string) error {
	f, err := s.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
	if err != nil {
		return err
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // it never fails
	_, err = f.Write(key)
	return errors.Join(err, f.Sync(), f.Close())
}

// The purposes of a signature: one that lets read does not let write.
const (
	toGet  = "get"
	toPost = "post"
)

// The names of what is signed.
const (
	expires   = "expires"
	signature = "signature"
)

// signed adds to the values when they expire, and the signature of them all.
func (s *Store) signed(purpose, key string, values url.Values, at time.Time) url.Values {
	values.Set(expires, strconv.FormatInt(at.UnixMilli(), 10))
	values.Set(signature, s.signature(purpose, key, values))
	return values
}

// signature signs every value there is but itself, so that none can be added.
func (s *Store) signature(purpose, key string, values url.Values) string {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(purpose + "\n" + key + "\n" + values.Encode()))
	return hex.EncodeToString(mac.Sum(nil))
}

// verify refuses values that were not signed for the purpose and the key, or that are expired,
// and returns when they expire.
func (s *Store) verify(purpose, key string, values url.Values) (time.Time, error) {
	given := values.Get(signature)
	delete(values, signature)
	if !hmac.Equal([]byte(given), []byte(s.signature(purpose, key, values))) {
		return time.Time{}, problem.Forbidden("the signature of the address is wrong: use the address or the form as it was given, without a change").WithCode("wrong_signature")
	}
	ms, err := strconv.ParseInt(values.Get(expires), 10, 64)
	at := time.UnixMilli(ms)
	if err != nil || !time.Now().Before(at) {
		return time.Time{}, expired()
	}
	return at, nil
}

func expired() error {
	return problem.Forbidden("the address has expired: ask for a new one").WithCode("address_expired")
}
