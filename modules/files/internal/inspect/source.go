package inspect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// window is how much is read at once, in bytes: the file may be far away, where each read is
// a request.
const window = 1 << 20

// A source reads a file, in few and large reads. It holds the context of one check, whose
// whole life it has.
type source struct {
	ctx  context.Context
	r    io.ReaderAt
	size int64
	room int    // how much is read at once
	held []byte // what was read last
	at   int64  // where that begins
}

func newSource(ctx context.Context, r io.ReaderAt, size int64) *source {
	return &source{ctx: ctx, r: r, size: size, room: window}
}

// beside returns a source of the same file that holds a place of its own in it.
func (s *source) beside(room int) *source {
	return &source{ctx: s.ctx, r: s.r, size: s.size, room: room}
}

// bytes returns n bytes at an offset, until the next call. That the file has not so many is a
// refusal: it breaks off.
func (s *source) bytes(at int64, n int) ([]byte, error) {
	if at < 0 || at > s.size || int64(n) > s.size-at {
		return nil, brokenOff()
	}
	return s.upTo(at, n)
}

// upTo returns n bytes at an offset, or those that there are up to the end of the file, until
// the next call.
func (s *source) upTo(at int64, n int) ([]byte, error) {
	if at >= s.size {
		return nil, nil
	}
	n = int(min(int64(n), s.size-at))
	if at < s.at || at+int64(n) > s.at+int64(len(s.held)) {
		if err := s.load(at, n); err != nil {
			return nil, err
		}
	}
	from := int(at - s.at)
	return s.held[from : from+n : from+n], nil
}

// piece returns what is there at an offset, at least n bytes or up to the end of the file,
// and as many more as are at hand.
func (s *source) piece(at int64, n int) ([]byte, error) {
	if _, err := s.upTo(at, n); err != nil || at >= s.size {
		return nil, err
	}
	return s.held[at-s.at : len(s.held) : len(s.held)], nil
}

// load reads at an offset n bytes, and more if there is room.
func (s *source) load(at int64, n int) error {
	if err := s.ctx.Err(); err != nil {
		return &readError{at: at, err: err}
	}
	n = int(min(int64(max(n, s.room)), s.size-at))
	if cap(s.held) < n {
		s.held = make([]byte, n)
	}
	s.held, s.at = s.held[:n], at
	if err := readFull(s.r, s.held, at); err != nil {
		s.held = s.held[:0]
		return &readError{at: at, err: err}
	}
	return nil
}

func readFull(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF // it is shorter than its store said
	}
	return err
}

// tail returns the last n bytes, or all, and where they begin.
func (s *source) tail(n int) (b []byte, at int64, err error) {
	at = max(0, s.size-int64(n))
	b, err = s.upTo(at, n)
	return b, at, err
}

// pieces yields the whole file, each piece with the last bytes of the one before, so that
// what is looked for lies within a piece.
func (s *source) pieces(overlap int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for at := int64(0); at < s.size; at += int64(s.room - overlap) {
			b, err := s.upTo(at, s.room)
			if !yield(b, err) || err != nil || at+int64(len(b)) == s.size {
				return
			}
		}
	}
}

// reader reads n bytes from an offset on, in large reads.
func (s *source) reader(at, n int64) io.Reader { return &cursor{s: s, at: at, end: at + n} }

// A cursor reads through a part of a file.
type cursor struct {
	s       *source
	at, end int64
}

// Read implements [io.Reader].
func (c *cursor) Read(p []byte) (int, error) {
	if c.at >= c.end {
		return 0, io.EOF
	}
	b, err := c.s.bytes(c.at, int(min(int64(len(p)), c.end-c.at)))
	if err != nil {
		return 0, err
	}
	c.at += int64(len(b))
	return copy(p, b), nil
}

// ReadByte implements [io.ByteReader], for which a decompressor takes no byte too much.
func (c *cursor) ReadByte() (byte, error) {
	var b [1]byte
	_, err := c.Read(b[:])
	return b[0], err
}

// A readError says that the store failed, or that the context ended: nothing is known of the
// file then.
type readError struct {
	at  int64
	err error
}

// Error implements error.
func (e *readError) Error() string { return fmt.Sprintf("read the file from byte %d: %v", e.at, e.err) }

// Unwrap returns what failed.
func (e *readError) Unwrap() error { return e.err }

// unpackError returns an error of a decompressor. Where the file was read as it is, whatever
// it says is the file's fault.
func unpackError(err error) error {
	_, refused := errors.AsType[*refusalError](err)
	_, unread := errors.AsType[*readError](err)
	if err == nil || refused || unread {
		return err
	}
	return refuse(filesapi.ReasonCorrupt, "something in the file cannot be unpacked")
}

// A refusalError says why a file may not be kept.
type refusalError struct {
	reason filesapi.Reason
	detail string
}

// Error implements error.
func (r *refusalError) Error() string { return string(r.reason) + ": " + r.detail }

func refuse(reason filesapi.Reason, format string, args ...any) error {
	return &refusalError{reason: reason, detail: fmt.Sprintf(format, args...)}
}

func brokenOff() error { return refuse(filesapi.ReasonCorrupt, "the file breaks off before its end") }
