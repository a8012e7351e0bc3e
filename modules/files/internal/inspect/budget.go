package inspect

import (
	"context"
	"errors"
	"io"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// free is what a file may become whatever its size, in bytes.
const free = 32 << 20

// maxHeld bounds what is held at once of all that is unpacked, in bytes: archives that are packed
// in one another, and lists of documents, are looked into in memory.
const maxHeld = 8 << 20

// A budget is what is left of what a file may become when all in it is unpacked. It counts
// the bytes that really come out; what the file says of itself does not matter.
type budget struct {
	ctx     context.Context
	bytes   int64
	entries int
	memory  int64 // how much of what is unpacked may be held, in bytes
	out     int64 // what has come out, packed or not
}

func newBudget(ctx context.Context, l Limits, size int64) *budget {
	allowed := l.Unpacked
	if size < l.Unpacked/l.Ratio {
		allowed = min(allowed, max(free, size*l.Ratio))
	}
	return &budget{ctx: ctx, bytes: allowed, entries: l.Entries, memory: maxHeld}
}

// entry counts a file in an archive.
func (b *budget) entry() error {
	if b.entries--; b.entries < 0 {
		return refuse(filesapi.ReasonBomb, "the archive has too many entries")
	}
	return nil
}

// hold returns room for what comes out of a file in an archive, which says how much that is: but
// no more than can come out of its packed bytes, or nil if there is not so much. It is given
// back with [budget.release].
func (b *budget) hold(e entry) []byte {
	n := min(e.size, (e.packed+1)*maxDeflate)
	if n > b.memory {
		return nil
	}
	b.memory -= n
	return make([]byte, 0, n)
}

// maxDeflate is how many times its size what is packed becomes at most.
const maxDeflate = 1032

// release gives back what was held.
func (b *budget) release(held []byte) { b.memory += int64(cap(held)) }

// drain passes all that comes out of a decompressor to a writer, and counts it.
func (b *budget) drain(to io.Writer, from io.Reader, buffer []byte) (int64, error) {
	for total := int64(0); ; {
		if err := b.ctx.Err(); err != nil {
			return total, &readError{err: err}
		}
		n, err := from.Read(buffer)
		total += int64(n)
		b.out += int64(n)
		if b.bytes -= int64(n); b.bytes < 0 {
			return total, refuse(filesapi.ReasonBomb, "the file becomes far too large when it is opened")
		}
		if _, writeErr := to.Write(buffer[:n]); writeErr != nil {
			return total, writeErr
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// A spending is a reader of what comes out of a decompressor, which the budget pays.
type spending struct {
	*budget

	from io.Reader
}

// Read implements [io.Reader].
func (s *spending) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, &readError{err: err}
	}
	n, err := s.from.Read(p)
	if s.bytes -= int64(n); s.bytes < 0 {
		return 0, refuse(filesapi.ReasonBomb, "the file becomes far too large when it is opened")
	}
	return n, err
}
