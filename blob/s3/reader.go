package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/minio/minio-go/v7"

	"github.com/slipway-go/slipway/blob"
)

// Open implements [blob.Store]. What is read later is the object that was opened, or nothing:
// one that was replaced or deleted since fails with ErrNotFound.
func (s *Store) Open(ctx context.Context, key string) (blob.Reader, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, err
	}
	info, err := s.stat(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("open object %s: %w", key, err)
	}
	return &reader{store: s, ctx: ctx, info: infoOf(info), etag: info.ETag, chunk: firstChunk}, nil
}

const (
	// An object is asked for in pieces that grow, so that who wants little of it does not
	// throw away a connection with the rest under way.
	firstChunk = 256 << 10
	maxChunk   = 16 << 20
	// ReadAt keeps so many blocks of such a size: what looks at a file reads little here and there.
	blockSize = 128 << 10
	maxBlocks = 8
)

// reader reads an object. It is not for several at once, but for ReadAt.
type reader struct {
	store *Store
	ctx   context.Context //nolint:containedctx // its reads end with it: the contract of blob.Store
	info  blob.Info
	etag  string

	at     int64
	piece  piece // where at is, or nowhere
	chunk  int64 // how much is asked for next
	closed bool

	failures int // since enough has come
	came     int // since the last failure

	mu     sync.Mutex
	blocks []block // the one that was used last is the last
}

// A piece is an answer under way.
type piece struct {
	body     io.ReadCloser
	from, to int64 // what is to come of the object
}

type block struct {
	from int64
	data []byte
}

func (r *reader) Info() blob.Info { return r.info }

// Read implements io.Reader. If the connection breaks it goes on with another, unless little
// comes of that: who trickles is not to be waited for piece by piece.
func (r *reader) Read(p []byte) (int, error) {
	if r.closed {
		return 0, os.ErrClosed
	}
	if len(p) == 0 {
		return 0, nil
	}
	if r.at >= r.info.Size {
		return 0, io.EOF
	}
	n, err := r.read(p)
	r.at += int64(n)
	return n, err
}

func (r *reader) read(p []byte) (int, error) {
	for {
		if err := r.reach(); err != nil {
			return 0, err
		}
		n, err := r.piece.Read(p)
		if r.came += n; r.came >= enough {
			r.failures = 0
		}
		if n > 0 {
			return n, nil
		}
		r.leave()
		if err == nil || err == io.EOF { //nolint:errorlint // piece gives it as it is
			return 0, io.ErrNoProgress // a piece is never asked for beyond its end
		}
		r.came = 0
		if r.failures++; r.failures >= attempts || r.ctx.Err() != nil {
			return 0, r.failed(err)
		}
	}
}

// reach has a piece that begins where the reader is.
func (r *reader) reach() error {
	if r.piece.body != nil && r.piece.from == r.at && r.piece.from < r.piece.to {
		return nil
	}
	if r.piece.from != r.at {
		r.chunk = firstChunk
	}
	r.leave()
	p, err := r.ask(r.at, min(r.at+r.chunk, r.info.Size))
	if err != nil {
		return r.failed(err)
	}
	r.piece, r.chunk = p, min(4*r.chunk, maxChunk)
	return nil
}

func (r *reader) leave() {
	if r.piece.body != nil {
		_ = r.piece.body.Close() // it was only read
		r.piece.body = nil
	}
}

// Read counts what comes. What ends too early is an error.
func (p *piece) Read(b []byte) (int, error) {
	if int64(len(b)) > p.to-p.from {
		b = b[:p.to-p.from]
	}
	n, err := p.body.Read(b)
	p.from += int64(n)
	if err == io.EOF && p.from < p.to {
		err = io.ErrUnexpectedEOF
	}
	if err != nil && err != io.EOF {
		err = cutError{err}
	}
	return n, err
}

func (r *reader) failed(err error) error {
	if ended := r.ctx.Err(); ended != nil {
		err = ended
	}
	if isOneOf(err, "PreconditionFailed") {
		err = errReplaced
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = brokenError{err}
	}
	return fmt.Errorf("read object %s: %w", r.info.Key, err)
}

// ask asks for a piece of the object that was opened.
func (r *reader) ask(from, to int64) (piece, error) {
	p := piece{from: from, to: to}
	err := r.store.try(r.ctx, "GET /{bucket}/{key}", func(ctx context.Context) error {
		options := minio.GetObjectOptions{}
		if err := errors.Join(options.SetRange(from, to-1), options.SetMatchETag(r.etag)); err != nil {
			return err
		}
		body, info, header, err := r.store.core.GetObject(ctx, r.store.bucket, r.info.Key, options)
		if err != nil {
			return err
		}
		if err := r.check(info, header, from, to); err != nil {
			return errors.Join(err, body.Close())
		}
		p.body = body
		return nil
	})
	return p, err
}

// errReplaced tells that an object is another one than was opened.
var errReplaced = fmt.Errorf("%w any more: it was replaced", blob.ErrNotFound)

// check sees that the answer is what was asked for. Some that stand before an S3 send the
// whole object instead, and some S3 look at the condition before they open another object.
func (r *reader) check(info minio.ObjectInfo, header http.Header, from, to int64) error {
	got, whole := header.Get("Content-Range"), from == 0 && to == r.info.Size
	switch want := fmt.Sprintf("bytes %d-%d/%d", from, to-1, r.info.Size); {
	case info.ETag != r.etag:
		return errReplaced
	case got == want, got == "" && whole && header.Get("Content-Length") == strconv.FormatInt(to, 10):
		return nil
	case got != "" && !strings.HasSuffix(got, "/"+strconv.FormatInt(r.info.Size, 10)):
		return errReplaced
	default:
		return fmt.Errorf("S3 answered with the range %q, asked for %q", clean(got, maxCode), want)
	}
}

// Seek implements io.Seeker; it asks for nothing.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.info.Size
	default:
		return 0, fmt.Errorf("seek in object %s: whence %d: expected 0, 1 or 2", r.info.Key, whence)
	}
	if offset < 0 {
		return 0, fmt.Errorf("seek in object %s: to %d: expected 0 or more", r.info.Key, offset)
	}
	r.at = offset
	return offset, nil
}

// Close implements io.Closer.
func (r *reader) Close() error {
	r.leave()
	r.closed = true
	return nil
}

// ReadAt implements io.ReaderAt.
func (r *reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read object %s: at %d: expected 0 or more", r.info.Key, off)
	}
	wanted := len(p)
	p = p[:min(int64(wanted), max(0, r.info.Size-off))]
	n, err := r.readAt(p, off)
	if err == nil && n < wanted {
		err = io.EOF
	}
	return n, err
}

func (r *reader) readAt(p []byte, off int64) (int, error) {
	if len(p) >= blockSize {
		return r.fetch(p, off)
	}
	n := 0
	for n < len(p) {
		data, err := r.block(off + int64(n))
		if err != nil {
			return n, err
		}
		n += copy(p[n:], data)
	}
	return n, nil
}

// block returns what is at an offset, up to the end of its block.
func (r *reader) block(off int64) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := off - off%blockSize
	i := slices.IndexFunc(r.blocks, func(b block) bool { return b.from == from })
	if i < 0 {
		data := make([]byte, min(blockSize, r.info.Size-from))
		if _, err := r.fetch(data, from); err != nil {
			return nil, err
		}
		if len(r.blocks) == maxBlocks {
			r.blocks = slices.Delete(r.blocks, 0, 1)
		}
		r.blocks = append(r.blocks, block{from, data})
		return data[off-from:], nil
	}
	found := r.blocks[i]
	r.blocks = append(slices.Delete(r.blocks, i, i+1), found)
	return found.data[off-from:], nil
}

// fetch fills p with what is at an offset.
func (r *reader) fetch(p []byte, off int64) (int, error) {
	n, failures := 0, 0
	for n < len(p) {
		got, err := r.fetchOnce(p[n:], off+int64(n))
		n += got
		if err == nil {
			continue
		}
		if failures++; failures == attempts || r.ctx.Err() != nil || isSettled(err) {
			return n, r.failed(err)
		}
	}
	return n, nil
}

// isSettled tells of an answer, which was asked for often enough, from a connection that broke.
func isSettled(err error) bool {
	_, ok := errors.AsType[*answer](err)
	return ok
}

func (r *reader) fetchOnce(p []byte, off int64) (int, error) {
	part, err := r.ask(off, off+int64(len(p)))
	if err != nil {
		return 0, err
	}
	defer part.body.Close()
	return io.ReadFull(&part, p)
}
