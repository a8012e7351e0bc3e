package shared

import (
	"os"
	"syscall"
)

// isOurs reports whether the folder belongs to this user; root takes any.
func isOurs(folder string) bool {
	info, err := os.Stat(folder)
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(stat.Uid) == os.Geteuid() || os.Geteuid() == 0)
}
