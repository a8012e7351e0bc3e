package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// A bucket is one of an S3 of its own, with a client of its own.
type bucket struct {
	*minio.Client

	dir, url string
	cmd      *exec.Cmd
	stdin    io.Closer
}

// What the S3 is asked with: made up, since nobody else looks into it.
const (
	bucketName   = "blobs"
	bucketKey    = "made-up-key"
	bucketSecret = "made up for the bench"
	bucketRegion = "us-east-1"
)

// s3server is the S3 of the tests, as make setup builds it.
func s3server() (string, error) {
	const built = "../bin/tools/s3server"
	if _, err := os.Stat(built); err == nil {
		return filepath.Abs(built)
	}
	return exec.LookPath("s3server")
}

func startBucket(ctx context.Context, program string) (*bucket, error) {
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return nil, err
	}
	b := &bucket{dir: dir, cmd: exec.CommandContext(ctx, program, dir)} //nolint:gosec // the tests' own S3
	host, err := b.start()
	if err == nil {
		err = b.open(ctx, host)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start an S3: %w", err), b.Close())
	}
	return b, nil
}

// start returns where the server listens: that is its first line.
func (b *bucket) start() (host string, err error) {
	b.cmd.Env = append(os.Environ(), "S3_KEY="+bucketKey, "S3_SECRET="+bucketSecret)
	b.cmd.Stderr = os.Stderr
	if b.stdin, err = b.cmd.StdinPipe(); err != nil {
		return "", err
	}
	stdout, err := b.cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := b.cmd.Start(); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	return strings.TrimPrefix(strings.TrimSpace(line), "http://"), err
}

func (b *bucket) open(ctx context.Context, host string) (err error) {
	address := url.URL{Scheme: "http", User: url.UserPassword(bucketKey, bucketSecret), Host: host, Path: "/" + bucketName, RawQuery: "region=" + bucketRegion}
	b.url = address.String()
	b.Client, err = minio.New(host, &minio.Options{Creds: credentials.NewStaticV4(bucketKey, bucketSecret, ""), Region: bucketRegion})
	if err != nil {
		return err
	}
	return b.MakeBucket(ctx, bucketName, minio.MakeBucketOptions{})
}

// Close ends the server, which ends with its input, and then its data can go.
func (b *bucket) Close() error {
	var errs []error
	if b.cmd.Process != nil {
		errs = append(errs, b.stdin.Close(), b.cmd.Wait())
	}
	return errors.Join(append(errs, os.RemoveAll(b.dir))...)
}

// put sends a parcel's bytes, of which the client may send several parts at once.
func (b *bucket) put(ctx context.Context, p parcel) error {
	content := bytes.NewReader(slices.Concat(p.content...))
	_, err := b.PutObject(ctx, bucketName, p.name, content, p.size(), minio.PutObjectOptions{})
	return err
}

// get reads an object, and looks at nothing but how much it is.
func (b *bucket) get(ctx context.Context, p parcel) error {
	object, err := b.GetObject(ctx, bucketName, p.name, minio.GetObjectOptions{})
	if err != nil {
		return err
	}
	defer func() { _ = object.Close() }() // it was only read
	n, err := io.Copy(io.Discard, object)
	if err == nil && n != p.size() {
		err = fmt.Errorf("object %s has %d bytes, expected %d", p.name, n, p.size())
	}
	return err
}
