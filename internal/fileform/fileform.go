// Package fileform reads a multipart/form-data that ends in a file, as it comes. However
// long the headers of its parts are, little of it is held.
package fileform

import (
	"bufio"
	"errors"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
)

const (
	// MaxBytes bounds all that comes before the content of the file: fields, names and headers.
	MaxBytes = 16 << 10
	// readAhead is how much of a body is taken from the network at once; package multipart
	// alone would ask for 4 KiB.
	readAhead = 64 << 10
)

var (
	// ErrNoForm tells of a request that has none.
	ErrNoForm = errors.New("the content of the request is no multipart/form-data")
	// ErrTooLong tells of a form that has more than MaxBytes beside the content of its file.
	ErrTooLong = errors.New("the form is too long")
)

// A Reader is a request's form.
type Reader struct {
	parts  *multipart.Reader
	within *bounded
}

// New returns the form of a request, or ErrNoForm.
func New(r *http.Request) (*Reader, error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return nil, ErrNoForm
	}
	within := &bounded{r: bufio.NewReaderSize(r.Body, readAhead), left: MaxBytes}
	return &Reader{multipart.NewReader(within, params["boundary"]), within}, nil
}

// Next returns the next part, or io.EOF, or what wraps ErrTooLong. Of all parts that are not
// the file, and of their headers, MaxBytes can be read, and some KiB that package multipart has
// read ahead.
func (r *Reader) Next() (*multipart.Part, error) {
	r.within.left = min(r.within.left, MaxBytes)
	return r.parts.NextRawPart()
}

// File returns the content of a part, for which there is no bound until the next part is
// asked for. Read it to its end before.
func (r *Reader) File(part *multipart.Part) io.Reader {
	r.within.left = math.MaxInt64
	return part
}

// bounded reads so many bytes, and then refuses.
type bounded struct {
	r    io.Reader
	left int64
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrTooLong
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}
