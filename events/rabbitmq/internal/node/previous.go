package node

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endPrevious ends the server of a process that was killed, where the system does not
// do that by itself: two must not have the same data.
func (f files) endPrevious(ctx context.Context) error {
	b, err := os.ReadFile(f.pid())
	if err != nil {
		return nil //nolint:nilerr // the usual case: there is none
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || pid <= 1 {
		return os.Remove(f.pid())
	}
	const patience, look = 10 * time.Second, 50 * time.Millisecond
	for began := time.Now(); f.isServer(ctx, pid); time.Sleep(look) {
		if time.Since(began) > patience {
			return fmt.Errorf("an earlier RabbitMQ of %s, process %d, does not end: kill it", f.dir, pid)
		}
		_ = syscall.Kill(pid, syscall.SIGKILL) // if it is gone already, the loop sees it
	}
	return os.Remove(f.pid())
}

// isServer recognises the server by the home in its arguments.
func (f files) isServer(ctx context.Context, pid int) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	command, err := exec.CommandContext(ctx, "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // a number
	return err == nil && strings.Contains(string(command), "-home "+f.home()+" ")
}
