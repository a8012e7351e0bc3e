package files

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"syscall"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/problem"
)

// An answer has what http.ServeContent refuses told as everything else is refused. It opens
// the content once it is clear that some of it is sent: of one that the client has already
// nothing is read.
type answer struct {
	http.ResponseWriter

	r       *http.Request
	content *sending
	refused bool
}

var _ io.ReaderFrom = (*answer)(nil)

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(code int) {
	if err := a.refusal(code); err != nil {
		a.refused = true
		clear(a.Header()) // it told of a content
		api.Fail(a.ResponseWriter, a.r, err)
		return
	}
	a.ResponseWriter.WriteHeader(code)
}

// refusal returns why no content is sent that is asked for, or nil.
func (a *answer) refusal(code int) error {
	if p := refusal(code, a.Header()); p != nil {
		return p
	}
	if a.r.Method == http.MethodHead || code != http.StatusOK && code != http.StatusPartialContent {
		return nil
	}
	return a.content.start()
}

// refusal is what http.ServeContent refuses, or nil.
func refusal(code int, h http.Header) *problem.Error {
	switch code {
	case http.StatusRequestedRangeNotSatisfiable:
		p := problem.RangeNotSatisfiable("the file has no such range of bytes; expected one such as bytes=0-99 that begins in it")
		if size := h.Get("Content-Range"); size != "" {
			p = p.WithHeader("Content-Range", size)
		}
		return p
	case http.StatusPreconditionFailed:
		return problem.PreconditionFailed("the file is another than If-Match asks for")
	}
	return nil
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.refused {
		return len(b), nil
	}
	return a.ResponseWriter.Write(b)
}

// ReadFrom implements io.ReaderFrom, so that the system can send a file by itself.
func (a *answer) ReadFrom(src io.Reader) (int64, error) {
	if a.refused {
		return 0, http.ErrBodyNotAllowed
	}
	return io.Copy(a.ResponseWriter, src)
}

// A sending is an object that is being sent, and knows whether it broke off. A goroutine of
// http.ServeContent may still read when that has returned.
type sending struct {
	size int64
	open func() (blob.Reader, error)

	mu     sync.Mutex
	object blob.Reader // nil until it starts
	at     int64
	cause  error
}

var _ syscall.Conn = (*sending)(nil)

// start opens the object, where it is to be read.
func (s *sending) start() error {
	object, err := s.open()
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.object = object
	_, err = object.Seek(s.at, io.SeekStart)
	return err
}

// started returns the object; nil before it is open.
func (s *sending) started() blob.Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.object
}

// Read implements io.Reader. An object that ends before its size is no end.
func (s *sending) Read(b []byte) (int, error) {
	object := s.started()
	if object == nil {
		return 0, os.ErrClosed
	}
	n, err := object.Read(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at += int64(n)
	if errors.Is(err, io.EOF) && s.at < s.size {
		err = fmt.Errorf("it ends after %d of %d bytes: %w", s.at, s.size, io.ErrUnexpectedEOF)
	}
	if !errors.Is(err, io.EOF) {
		s.note(err)
	}
	return n, err
}

// Seek implements io.Seeker.
func (s *sending) Seek(offset int64, whence int) (int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	s.at = offset
	if s.object == nil {
		return offset, nil
	}
	_, err := s.object.Seek(offset, io.SeekStart)
	s.note(err)
	return offset, err
}

// note keeps the first error.
func (s *sending) note(err error) {
	if err != nil && s.cause == nil {
		s.cause = err
	}
}

// Close implements io.Closer.
func (s *sending) Close() error {
	if object := s.started(); object != nil {
		return object.Close()
	}
	return nil
}

// SyscallConn implements syscall.Conn, by which the system sends a file by itself.
func (s *sending) SyscallConn() (syscall.RawConn, error) {
	if file, ok := s.started().(syscall.Conn); ok {
		return file.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// err returns why it broke off, or nil.
func (s *sending) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause == nil {
		return nil
	}
	return fmt.Errorf("read %s: %w", s.object.Info().Key, s.cause)
}
