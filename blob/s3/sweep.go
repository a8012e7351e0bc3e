package s3

import (
	"context"
	"path"
	"strings"
	"time"
)

const (
	// uploadAge is when an upload in parts that is not complete is of a process that died.
	uploadAge = 24 * time.Hour
	// sweepEvery is how often a store looks for them.
	sweepEvery = time.Hour
)

// sweep takes away what processes that died have left of uploads, now and then, before
// another begins: in the same folder, for the bucket may be shared.
func (s *Store) sweep(ctx context.Context, key string) {
	last, now := s.swept.Load(), time.Now().Unix()
	if now-last >= int64(sweepEvery/time.Second) && s.swept.CompareAndSwap(last, now) {
		s.sweepNow(ctx, folder(key), time.Now().Add(-uploadAge))
	}
}

// folder is the first part of a key with its slash, or nothing.
func folder(key string) string {
	if first, _, ok := strings.Cut(key, "/"); ok {
		return path.Clean(first) + "/"
	}
	return ""
}

// sweepNow is no reason to fail: what it leaves, the next one takes.
func (s *Store) sweepNow(ctx context.Context, prefix string, before time.Time) {
	ctx, cancel := context.WithTimeout(ctx, 2*s.patience)
	defer cancel()
	for upload := range s.core.ListIncompleteUploads(ctx, s.bucket, prefix, true) {
		if upload.Err != nil {
			return
		}
		if upload.Initiated.Before(before) && s.abort(ctx, upload.Key, upload.UploadID) != nil {
			return
		}
	}
}
