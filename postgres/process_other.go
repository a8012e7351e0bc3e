//go:build !linux

package postgres

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endWithParent can do nothing here: a server whose supervisor was killed is
// ended by the next start.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }

// isServer reports whether the process is the server of this data.
func isServer(pid int, data string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	command, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(command), "-D "+data+" ")
}

func memoryFolder() (string, bool) { return "", false }
