package disk

import (
	"os"

	"golang.org/x/sys/unix"
)

// begin has the device take a part of the file, and does not wait for it. It is a hint: what
// goes wrong, the flush at the end tells.
func begin(f *os.File, offset, size int64) {
	conn, err := f.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		_ = unix.SyncFileRange(int(fd), offset, size, unix.SYNC_FILE_RANGE_WRITE)
	})
}
