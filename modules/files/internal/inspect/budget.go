package inspect

import (
	"context"
	"errors"
	"io"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// free is what a file may become whatever its size, in bytes.
const free = 32 << 20

// A budget is what is left of what a file may become when all in it is unpacked. It counts
// the bytes that really come out; what the file says of itself does not matter.
type budget struct {
	ctx     context.Context
	bytes   int64
	entries int
	out     int64 // what has come out, packed or not
}

func newBudget(ctx context.Context, l Limits, size int64) *budget {
	allowed := l.Unpacked
	if size < l.Unpacked/l.Ratio {
		allowed = min(allowed, max(free, size*l.Ratio))
	}
	return &budget{ctx: ctx, bytes: allowed, entries: l.Entries}
}

// entry counts a file in an archive.
func (b *budget) entry() error {
	if b.entries--; b.entries < 0 {
		return refuse(filesapi.ReasonBomb, "the archive has too many entries")
	}
	return nil
}

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
