package postgres

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// endWithParent has the kernel end a child when the thread that started it ends.
// Fast shutdown, so that committed work of a durable server is written in order.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGINT}
}

// isServer reports whether the process is the server of this data.
func isServer(pid int, data string) bool {
	command, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return err == nil && bytes.Contains(command, []byte("-D\x00"+data+"\x00"))
}

// memoryFolder returns a folder in memory, if it has room.
func memoryFolder() (string, bool) {
	const folder, room = "/dev/shm", 512 << 20
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil || s.Bsize <= 0 {
		return "", false
	}
	return folder, s.Bavail*uint64(s.Bsize) >= room
}
