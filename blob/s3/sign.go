package s3

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/slipway-go/slipway/blob"
)

// SignGet implements [blob.Store].
func (s *Store) SignGet(ctx context.Context, key string, link blob.Link) (string, error) {
	if err := errors.Join(blob.CheckKey(key), link.Check()); err != nil {
		return "", err
	}
	answer := url.Values{
		"response-content-type":        {link.MediaType()},
		"response-content-disposition": {blob.Disposition(link.Name, link.Inline)},
	}
	u, err := s.signer.PresignedGetObject(ctx, s.bucket, key, wholeSeconds(link.Expires), answer)
	if err != nil {
		return "", fmt.Errorf("sign an address of object %s: %w", key, s.explain(err))
	}
	return u.String(), nil
}

// wholeSeconds is what an address can say: not less than was asked for.
func wholeSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}

// SignPost implements [blob.Store].
func (s *Store) SignPost(ctx context.Context, key string, policy blob.Policy) (blob.Form, error) {
	if err := errors.Join(blob.CheckKey(key), policy.Check()); err != nil {
		return blob.Form{}, err
	}
	if err := s.ready(ctx); err != nil {
		return blob.Form{}, err
	}
	expires := time.Now().Add(policy.Expires)
	p := minio.NewPostPolicy()
	if err := errors.Join(p.SetBucket(s.bucket), p.SetKey(key), p.SetExpires(expires), p.SetContentLengthRange(policy.MinSize, policy.MaxSize)); err != nil {
		return blob.Form{}, fmt.Errorf("sign a form for object %s: %w", key, s.explain(err))
	}
	u, fields, err := s.signer.PresignedPostPolicy(ctx, p)
	if err != nil {
		return blob.Form{}, fmt.Errorf("sign a form for object %s: %w", key, s.explain(err))
	}
	delete(fields, "bucket") // the address has it, and the policy holds it to that
	return blob.Form{URL: u.String(), Fields: fields, Expires: expires}, nil
}
