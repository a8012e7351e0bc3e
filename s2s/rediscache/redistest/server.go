package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	"github.com/slipway-go/slipway/config"
)

// Server is a Redis of a test's own.
type Server struct {
	socket string
	dir    string
	pid    int
	shell  *exec.Cmd
	stdin  io.Closer
}

// password is what the server asks for: made up, and the same for all, since nobody
// else reaches the socket.
const password = "made up for tests"

// Start starts a server, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Fatal("redis-server is missing: install it (Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install redis) or run make setup")
	}
	dir, err := os.MkdirTemp("", "slipway-redis-") //nolint:usetesting // whose folder may have a name that is too long for a socket
	must(t, err)
	s := &Server{socket: filepath.Join(dir, "socket"), dir: dir}
	t.Cleanup(func() {
		s.Kill(t)
		must(t, os.RemoveAll(dir))
	})
	s.Start(t)
	return s
}

// URL returns the server's address with the password.
func (s *Server) URL() config.Secret {
	return config.Secret("unix://:" + strings.ReplaceAll(password, " ", "%20") + "@" + s.socket)
}

// whileWeLive runs the server as long as its input, a pipe from us, is open: that ends
// with the test however it ends.
const whileWeLive = `"$@" >"$SLIPWAY_REDIS_LOG" 2>&1 & echo $!; read -r _; kill -9 $!; wait`

// Start starts a server that was killed, empty.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())                                              // the cleanup ends it
	s.shell = exec.CommandContext(ctx, "/bin/sh", "-c", whileWeLive, "sh", "redis-server", //nolint:gosec // the folder is ours
		"--unixsocket", s.socket, "--unixsocketperm", "700", "--port", "0", "--dir", s.dir, "--save", "", "--appendonly", "no", "--requirepass", password)
	s.shell.Env = append(os.Environ(), "SLIPWAY_REDIS_LOG="+filepath.Join(s.dir, "log"))
	stdin, err := s.shell.StdinPipe()
	must(t, err)
	stdout, err := s.shell.StdoutPipe()
	must(t, err)
	must(t, s.shell.Start())
	s.stdin = stdin
	line, err := bufio.NewReader(stdout).ReadString('\n')
	must(t, err)
	s.pid, err = strconv.Atoi(strings.TrimSpace(line))
	must(t, err)
	s.await(t)
}

const startTimeout = 20 * time.Second

func (s *Server) await(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	for {
		c, err := (&net.Dialer{}).DialContext(ctx, "unix", s.socket)
		if err == nil {
			_ = c.Close()
			return
		}
		select {
		case <-ctx.Done():
			said, _ := os.ReadFile(filepath.Join(s.dir, "log")) // if it cannot be read, the rest must do
			t.Fatalf("Redis does not answer within %s: %v\n%s", startTimeout, err, said)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// Kill ends the server as a power cut does; nothing happens if it has ended.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	if s.shell == nil {
		return
	}
	must(t, s.stdin.Close())
	_ = s.shell.Wait() // its status is that of what it killed
	s.shell = nil
	if err := os.Remove(s.socket); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

// Pause freezes the server: its connections stay, and nothing answers.
func (s *Server) Pause(t testing.TB) {
	t.Helper()
	must(t, syscall.Kill(s.pid, syscall.SIGSTOP))
}

// Resume ends a Pause.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	must(t, syscall.Kill(s.pid, syscall.SIGCONT))
}

// Entries returns all that the server holds, as whoever breaks in would see it.
func (s *Server) Entries(t testing.TB) map[string]string {
	t.Helper()
	keys, err := redis.Strings(s.Do(t, "KEYS", "*"), nil)
	must(t, err)
	all := map[string]string{}
	for _, key := range keys {
		all[key], err = redis.String(s.Do(t, "GET", key), nil)
		must(t, err)
	}
	return all
}

// Calls returns how often a command, such as get, was run.
func (s *Server) Calls(t testing.TB, command string) int {
	t.Helper()
	said, err := redis.String(s.Do(t, "INFO", "commandstats"), nil)
	must(t, err)
	for line := range strings.Lines(said) {
		var n int
		if _, err := fmt.Sscanf(line, "cmdstat_"+command+":calls=%d,", &n); err == nil {
			return n
		}
	}
	return 0
}

// Do runs a command, as whoever breaks in could.
func (s *Server) Do(t testing.TB, command string, args ...any) any {
	t.Helper()
	c, err := redis.DialContext(t.Context(), "unix", s.socket, redis.DialPassword(password))
	must(t, err)
	defer func() { must(t, c.Close()) }()
	reply, err := c.Do(command, args...)
	must(t, err)
	return reply
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
