package files

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"syscall"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/problem"
)

// An answer has what http.ServeContent refuses told as everything else is refused.
type answer struct {
	http.ResponseWriter

	r       *http.Request
	refused bool
}

var _ io.ReaderFrom = (*answer)(nil)

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(code int) {
	p := refusal(code, a.Header())
	if p == nil {
		a.ResponseWriter.WriteHeader(code)
		return
	}
	a.refused = true
	clear(a.Header()) // it told of a content
	api.Fail(a.ResponseWriter, a.r, p)
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
		return io.Copy(io.Discard, src)
	}
	return io.Copy(a.ResponseWriter, src)
}

// A sending is an object that is being sent, and knows whether it broke off. A goroutine of
// http.ServeContent may still read when that has returned.
type sending struct {
	blob.Reader

	mu    sync.Mutex
	at    int64
	cause error
}

var _ syscall.Conn = (*sending)(nil)

// Read implements io.Reader. An object that ends before its size is no end.
func (s *sending) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at += int64(n)
	if errors.Is(err, io.EOF) && s.at < s.Info().Size {
		err = fmt.Errorf("it ends after %d of %d bytes: %w", s.at, s.Info().Size, io.ErrUnexpectedEOF)
	}
	if err != nil && !errors.Is(err, io.EOF) && s.cause == nil {
		s.cause = err
	}
	return n, err
}

// Seek implements io.Seeker.
func (s *sending) Seek(offset int64, whence int) (int64, error) {
	at, err := s.Reader.Seek(offset, whence)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.cause == nil {
		s.cause = err
	}
	s.at = at
	return at, err
}

// SyscallConn implements syscall.Conn, by which the system sends a file by itself.
func (s *sending) SyscallConn() (syscall.RawConn, error) {
	if file, ok := s.Reader.(syscall.Conn); ok {
		return file.SyscallConn()
	}
	return nil, errors.ErrUnsupported
}

// err returns why it broke off, or nil.
func (s *sending) err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}
