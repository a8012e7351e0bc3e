//go:build !linux

package node

import "syscall"

// endWithParent can do nothing here: a server whose starter was killed is ended by the
// next start in its folder.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
