package s3

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/httpclient"
)

// A Store keeps objects in a bucket.
type Store struct {
	bucket   string
	create   bool
	patience time.Duration
	core     minio.Core    // at the address inside
	signer   *minio.Client // for the address outside; it calls nobody

	created atomic.Bool
	swept   atomic.Int64 // in Unix seconds
}

var _ blob.Store = (*Store)(nil)

// Open reads the configuration; it connects at the first use.
func Open(cfg Config) (*Store, error) {
	inside, outside, err := cfg.places()
	if err != nil {
		return nil, err
	}
	base, err := cfg.transport()
	if err != nil {
		return nil, fmt.Errorf("the transport to S3: %w", err)
	}
	client, err := inside.client(cfg.chain(base))
	if err != nil {
		return nil, fmt.Errorf("the URL of S3: %w", errURL) // the library's own words may hold the secret
	}
	signer, err := outside.client(httpclient.RoundTripperFunc(neverCalled))
	if err != nil {
		return nil, fmt.Errorf("the public URL of S3: %w", errURL)
	}
	return &Store{
		bucket: inside.bucket, create: cfg.CreateBucket, patience: cfg.patience(),
		core: minio.Core{Client: client}, signer: signer,
	}, nil
}

func neverCalled(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("%s %s: what signs calls nobody", r.Method, r.URL.Host)
}

// String implements [blob.Store].
func (s *Store) String() string { return "bucket " + s.bucket + " of " + s.core.EndpointURL().Host }

// Stat implements [blob.Store].
func (s *Store) Stat(ctx context.Context, key string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	info, err := s.stat(ctx, key)
	if err != nil {
		return blob.Info{}, fmt.Errorf("look at object %s: %w", key, err)
	}
	return infoOf(info), nil
}

func infoOf(o minio.ObjectInfo) blob.Info {
	return blob.Info{Key: o.Key, Size: o.Size, Modified: o.LastModified}
}

func (s *Store) stat(ctx context.Context, key string) (info minio.ObjectInfo, err error) {
	err = s.try(ctx, "HEAD /{bucket}/{key}", func(ctx context.Context) (err error) {
		info, err = s.core.StatObject(ctx, s.bucket, key, minio.StatObjectOptions{})
		return err
	})
	if isNotFound(err) {
		return info, s.notFound(ctx, err)
	}
	return info, err
}

// notFound tells an object that is missing from a bucket that is missing: to the question
// for the head of an object S3 gives one answer to both, and of what is stored in a bucket
// that is gone for a while nothing may be believed lost.
func (s *Store) notFound(ctx context.Context, err error) error {
	var exists bool
	asked := s.try(ctx, "HEAD /{bucket}", func(ctx context.Context) (err error) {
		exists, err = s.core.BucketExists(ctx, s.bucket)
		return err
	})
	switch {
	case asked != nil:
		return fmt.Errorf("ask for the bucket: %w", asked)
	case !exists:
		return s.noBucket()
	}
	return err
}

// Copy implements [blob.Store]. The bytes do not come here. S3 refuses to copy an object to
// itself, which changes nothing.
func (s *Store) Copy(ctx context.Context, from, to string) error {
	for _, key := range []string{from, to} {
		if err := blob.CheckKey(key); err != nil {
			return err
		}
	}
	if from == to {
		_, err := s.Stat(ctx, from)
		return err
	}
	err := s.try(withPatience(ctx, slowly(s.patience)), "PUT /{bucket}/{key}", func(ctx context.Context) error {
		_, err := s.core.CopyObject(ctx, s.bucket, from, s.bucket, to, nil, minio.CopySrcOptions{}, minio.PutObjectOptions{})
		return err
	})
	if err != nil {
		return fmt.Errorf("copy object %s to %s: %w", from, to, err)
	}
	return nil
}

// Delete implements [blob.Store].
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	err := s.try(ctx, "DELETE /{bucket}/{key}", func(ctx context.Context) error {
		return s.core.RemoveObject(ctx, s.bucket, key, minio.RemoveObjectOptions{})
	})
	if err != nil && !isNotFound(err) {
		return fmt.Errorf("delete object %s: %w", key, err)
	}
	return nil
}

// pageSize is how many objects S3 tells of at once, at most.
const pageSize = 1000

// List implements [blob.Store]. It asks for a page at a time.
func (s *Store) List(ctx context.Context, prefix, after string) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Info{}, err)
			return
		}
		for {
			page, err := s.page(ctx, prefix, after)
			if err != nil {
				yield(blob.Info{}, fmt.Errorf("list objects %s*: %w", prefix, err))
				return
			}
			for _, info := range page {
				if !yield(info, nil) {
					return
				}
			}
			if len(page) < pageSize {
				return
			}
			after = page[len(page)-1].Key
		}
	}
}

func (s *Store) page(ctx context.Context, prefix, after string) (page []blob.Info, err error) {
	err = s.try(ctx, "GET /{bucket}", func(ctx context.Context) error {
		page, err = s.pageOnce(ctx, prefix, after)
		return err
	})
	return page, err
}

func (s *Store) pageOnce(ctx context.Context, prefix, after string) ([]blob.Info, error) {
	var page []blob.Info
	options := minio.ListObjectsOptions{Prefix: prefix, StartAfter: after, Recursive: true, MaxKeys: pageSize, FetchOwner: new(false)}
	for o := range s.core.ListObjectsIter(ctx, s.bucket, options) {
		if o.Err != nil {
			return nil, o.Err
		}
		page = append(page, infoOf(o))
		if len(page) == pageSize {
			break
		}
	}
	return page, ctx.Err() // which the library keeps to itself
}
