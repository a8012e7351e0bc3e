package s3

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // S3 names what it has put together by it
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/slipway-go/slipway/blob"
)

const (
	// partSize is how much of a large object is sent at once. Two parts are in memory: one
	// is read while the other is sent.
	partSize = 8 << 20
	// maxObject is the largest object, since S3 copies no larger one at once. It has 640
	// parts, and 10,000 are allowed.
	maxObject = 5 << 30
	// firstRead is how much room a small object gets at first.
	firstRead = 32 << 10
)

// Put implements [blob.Store]. What fits in one part is sent at once, and the rest in parts
// that S3 puts together at the end; until then nobody sees any.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, limit int64) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	size, err := s.put(ctx, key, &source{r: r, limit: min(limit, maxObject)})
	if err != nil {
		return blob.Info{}, fmt.Errorf("write object %s: %w", key, err)
	}
	return blob.Info{Key: key, Size: size, Modified: time.Now()}, nil
}

func (s *Store) put(ctx context.Context, key string, src *source) (int64, error) {
	first, err := src.part(ctx, nil)
	switch {
	case err == io.EOF: //nolint:errorlint // source gives it as it is
		return src.read, s.putWhole(ctx, key, first)
	case err != nil:
		return 0, err
	}
	if err := s.putParts(ctx, key, first, src); err != nil {
		return 0, err
	}
	return src.read, nil
}

// plain are the options of what is sent: signed by the hash that is given, so that S3
// refuses what was changed on the way.
func plain() minio.PutObjectOptions { return minio.PutObjectOptions{DisableContentSha256: true} }

func hashed(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (s *Store) putWhole(ctx context.Context, key string, data []byte) error {
	hash := hashed(data)
	return s.try(ctx, "PUT /{bucket}/{key}", func(ctx context.Context) error {
		_, err := s.core.PutObject(ctx, s.bucket, key, bytes.NewReader(data), int64(len(data)), "", hash, plain())
		return err
	})
}

func (s *Store) putParts(ctx context.Context, key string, first []byte, src *source) error {
	s.sweep(ctx, key)
	u := &upload{store: s, key: key}
	err := s.try(ctx, "POST /{bucket}/{key}", func(ctx context.Context) (err error) {
		u.id, err = s.core.NewMultipartUpload(ctx, s.bucket, key, minio.PutObjectOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("begin an upload in parts: %w", err)
	}
	if err = u.sendAll(ctx, first, src); err == nil {
		err = u.complete(ctx)
	}
	if err != nil {
		return errors.Join(err, u.abort(ctx))
	}
	return nil
}

// An upload is one in parts.
type upload struct {
	store *Store
	key   string
	id    string
	parts []minio.CompletePart
}

// sendAll sends each part while it reads the next, in the goroutine of the caller.
func (u *upload) sendAll(ctx context.Context, part []byte, src *source) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var spare []byte
	for last := false; ; {
		sent := make(chan error, 1)
		go func() { sent <- u.send(ctx, part) }()
		var next []byte
		var err error
		if !last {
			next, err = src.part(ctx, spare)
		}
		if err != nil && err != io.EOF { //nolint:errorlint // source gives it as it is
			cancel()
			<-sent //nolint:errcheck // it fails by the cancellation
			return err
		}
		if err := <-sent; err != nil {
			return err
		}
		if last = last || err == io.EOF; last && len(next) == 0 { //nolint:errorlint // as above
			return nil
		}
		part, spare = next, part
	}
}

func (u *upload) send(ctx context.Context, data []byte) error {
	number, hash := len(u.parts)+1, hashed(data)
	err := u.store.try(ctx, "PUT /{bucket}/{key}", func(ctx context.Context) error {
		part, err := u.store.core.PutObjectPart(ctx, u.store.bucket, u.key, u.id, number, bytes.NewReader(data), int64(len(data)),
			minio.PutObjectPartOptions{Sha256Hex: hash, DisableContentSha256: true})
		if err == nil {
			u.parts = append(u.parts, minio.CompletePart{PartNumber: number, ETag: part.ETag})
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("send part %d: %w", number, err)
	}
	return nil
}

// complete has S3 put the parts together. If the answer is lost, the object tells whether it
// was done.
func (u *upload) complete(ctx context.Context) error {
	s := u.store
	err := s.try(withPatience(ctx, slowly(s.patience)), "POST /{bucket}/{key}", func(ctx context.Context) error {
		_, err := s.core.CompleteMultipartUpload(ctx, s.bucket, u.key, u.id, u.parts, minio.PutObjectOptions{})
		return err
	})
	if err == nil || ctx.Err() == nil && u.isDone(ctx) {
		return nil
	}
	return fmt.Errorf("put %d parts together: %w", len(u.parts), err)
}

func (u *upload) isDone(ctx context.Context) bool {
	info, err := u.store.stat(ctx, u.key)
	return err == nil && info.ETag == u.etag()
}

// etag is what S3 calls an object of these parts: most of them the hash of the hashes.
func (u *upload) etag() string {
	all := md5.New() //nolint:gosec // see its import
	for _, p := range u.parts {
		sum, err := hex.DecodeString(strings.Trim(p.ETag, `"`))
		if err != nil {
			return ""
		}
		_, _ = all.Write(sum)
	}
	return fmt.Sprintf("%x-%d", all.Sum(nil), len(u.parts))
}

// abort leaves no part behind, also when the caller has given up.
func (u *upload) abort(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*u.store.patience)
	defer cancel()
	err := u.store.abort(ctx, u.key, u.id)
	if err != nil {
		return fmt.Errorf("leave no part: %w", err)
	}
	return nil
}

func (s *Store) abort(ctx context.Context, key, id string) error {
	err := s.try(ctx, "DELETE /{bucket}/{key}", func(ctx context.Context) error {
		return s.core.AbortMultipartUpload(ctx, s.bucket, key, id)
	})
	if isOneOf(err, "NoSuchUpload") {
		return nil
	}
	return err
}

// A source is what is read for an object, up to its limit.
type source struct {
	r     io.Reader
	limit int64
	read  int64
}

// maxEmpty is how often a reader may give nothing in a row.
const maxEmpty = 100

// part reads a part into the room, which grows with what comes. The last part comes with io.EOF.
func (s *source) part(ctx context.Context, room []byte) ([]byte, error) {
	room = room[:0]
	for empty := 0; len(room) < partSize; empty++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		room = grown(room)
		n, err := s.r.Read(room[len(room):cap(room)])
		room = room[:len(room)+n]
		if s.read += int64(n); s.read > s.limit {
			return nil, fmt.Errorf("%w, which is %d bytes", blob.ErrTooLarge, s.limit)
		}
		switch {
		case err == io.EOF:
			return room, io.EOF
		case err != nil:
			return nil, fmt.Errorf("read what is to be written: %w", err)
		case n > 0:
			empty = 0
		case empty == maxEmpty:
			return nil, io.ErrNoProgress
		}
	}
	return room, nil
}

func grown(room []byte) []byte {
	if len(room) < cap(room) {
		return room
	}
	more := make([]byte, len(room), min(max(2*cap(room), firstRead), partSize))
	copy(more, room)
	return more
}
