package blob

import (
	"errors"
	"syscall"
)

var errNoFile = errors.New("the object is in no file")

type belowReader struct {
	Reader

	below below
}

func (r belowReader) Info() Info { return r.below.own(r.Reader.Info()) }

// SyscallConn lets the kernel send what is in a file.
func (r belowReader) SyscallConn() (syscall.RawConn, error) {
	if f, ok := r.Reader.(syscall.Conn); ok {
		return f.SyscallConn()
	}
	return nil, errNoFile
}
