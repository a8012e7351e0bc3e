package picture

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// maxScans bounds the scans of a JPEG. Programs that write progressive ones make some 10; each
// goes once through all of the image, so thousands of them, of a few bytes each, take minutes.
const maxScans = 150

var errScans = fmt.Errorf("%w: it has more than %d scans", ErrCorrupt, maxScans)

// A reader is what decoders read from: it ends with its context and counts the scans of a
// JPEG. It remembers an error that is not the decoder's business.
type reader struct {
	ctx   context.Context // none for a header
	from  io.Reader
	scans int
	last  byte
	err   error // of the context or of the store, or errScans
	jpeg  bool
}

func (r *reader) Read(p []byte) (int, error) {
	if r.err == nil && r.ctx != nil {
		r.err = r.ctx.Err()
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.from.Read(p)
	if r.jpeg && r.count(p[:n]) > maxScans {
		r.err = errScans
		return 0, r.err
	}
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = fmt.Errorf("read the image: %w", err)
	}
	return n, err
}

// count looks for the marker that begins a scan.
func (r *reader) count(p []byte) int {
	for _, b := range p {
		if r.last == 0xff && b == markerSOS {
			r.scans++
		}
		r.last = b
	}
	return r.scans
}

// blame tells whose an error of a decoder is.
func (r *reader) blame(err error) error {
	if r.err != nil {
		return r.err
	}
	return fmt.Errorf("%w: %w", ErrCorrupt, err)
}
