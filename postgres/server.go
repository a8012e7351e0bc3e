package postgres

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/internal/shared"
)

// lookInterval is the pause between two looks at a file or a process.
const lookInterval = 5 * time.Millisecond

// server is the PostgreSQL that a supervisor runs.
type server struct {
	order   order
	place   place
	as      *account
	data    string
	socket  string
	copied  template // what data was copied from, if it was
	process *os.Process
	exit    chan error
	ended   chan error
}

func newServer(given json.RawMessage) (shared.Server, error) {
	var o order
	if err := json.Unmarshal(given, &o); err != nil {
		return nil, err
	}
	at := place{o.Dir}
	as, err := serverAccount(at.data())
	if err != nil {
		return nil, err
	}
	s := &server{order: o, place: at, as: as, ended: make(chan error, 1)}
	if s.socket, err = at.socketFolder(as); err != nil {
		return nil, err
	}
	if !o.Durable {
		s.data = at.passingData(as)
		return s, nil
	}
	s.data, err = at.durableData(as)
	return s, err
}

// State implements [shared.Server].
func (s *server) State() any {
	return state{Socket: s.socket, Data: s.data, Durable: s.order.Durable}
}

// Start implements [shared.Server]. It makes what is missing, too.
func (s *server) Start(ctx context.Context) error {
	if err := s.start(ctx); err != nil {
		return err
	}
	go func(over <-chan error) {
		err := cmp.Or(<-over, errEnded)
		s.exit <- err // for whoever stops it
		s.ended <- fmt.Errorf("%w; it said:\n%s", err, s.lastWords())
	}(s.exit)
	return nil
}

// Ended implements [shared.Server].
func (s *server) Ended() <-chan error { return s.ended }

func (s *server) start(ctx context.Context) error {
	if err := s.endPrevious(); err != nil {
		return err
	}
	if err := makeFresh(s.socket, s.as); err != nil {
		return err
	}
	if err := s.makeData(ctx); err != nil {
		return fmt.Errorf("make the data directory %s: %w", s.data, err)
	}
	if err := s.launch(ctx); err == nil || s.copied == (template{}) {
		return err
	}
	return s.relaunch(ctx)
}

// makeData makes a cluster under another name, so that one that was interrupted
// is never taken for whole.
func (s *server) makeData(ctx context.Context) error {
	if s.order.Durable && exists(s.data) {
		return nil
	}
	making := s.data + ".new"
	if err := makeFresh(making, s.as); err != nil {
		return err
	}
	if err := s.makeCluster(ctx, making); err != nil {
		return errors.Join(err, os.RemoveAll(making))
	}
	if err := os.RemoveAll(s.data); err != nil {
		return err
	}
	return os.Rename(making, s.data)
}

func (s *server) makeCluster(ctx context.Context, data string) error {
	if s.order.Durable {
		return s.initialise(ctx, data)
	}
	return s.makeCopied(ctx, data)
}

func (s *server) initialise(ctx context.Context, data string) error {
	major, err := majorVersion(ctx, s.order.Binaries)
	if err != nil {
		return err
	}
	c := s.command(ctx, filepath.Join(s.order.Binaries, "initdb"), initArguments(data, major, runtime.GOOS)...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, bytes.TrimSpace(out))
	}
	return nil
}

// initArguments have text sorted by its bytes and letters known for what they
// are, the same on every machine.
func initArguments(data string, major int, system string) []string {
	const builtinLocales = 17
	args := []string{"-D", data, "-U", superuser, "--auth=trust", "--encoding=UTF8", "--no-sync", "--no-instructions"}
	switch {
	case major >= builtinLocales:
		return append(args, "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
	case system == "linux":
		return append(args, "--locale=C.UTF-8")
	}
	return append(args, "--locale=C", "--lc-ctype=en_US.UTF-8") // macOS long had no C.UTF-8
}

// command runs a program as the server's account, with an
// environment in which nothing changes its behaviour.
func (s *server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, program, args...) //nolint:gosec // found by us
	c.Dir, c.Env = "/", []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	c.SysProcAttr = s.as.attributes()
	return c
}

func (s *server) arguments() []string {
	args := []string{"-D", s.data, "-k", s.socket, "-p", portName}
	for _, set := range s.settings() {
		args = append(args, "-c", set)
	}
	return args
}

func (s *server) settings() []string {
	set := []string{
		"listen_addresses=", "unix_socket_permissions=0700", "max_connections=" + strconv.Itoa(mostConnections(runtime.NumCPU())), "shared_buffers=64MB",
		"dynamic_shared_memory_type=mmap", // which leaves nothing in /dev/shm when it is killed
		"timezone=UTC", "log_timezone=UTC", "logging_collector=off", "log_destination=stderr",
	}
	if s.order.Durable {
		return set
	}
	return append(set, "fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_level=minimal", "max_wal_senders=0")
}

// mostConnections is room for all packages under test: the go command runs one per
// processor, each runs some tests per processor, and a test has a few connections.
// Not all are at their most at once, and a free one costs about 45 kB of shared memory.
func mostConnections(processors int) int {
	const least, perProcessor, most = 300, 100, 2000
	return min(max(least, perProcessor*processors), most)
}

// launch starts the server. One that ends at once is tried again: the processes of
// one that was killed may take a moment to let go of its memory.
func (s *server) launch(ctx context.Context) error {
	const attempts, rest = 4, 250 * time.Millisecond
	for attempt := 1; ; attempt++ {
		err := s.launchOnce(ctx)
		if err == nil || attempt == attempts || !s.held() {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(rest):
		}
	}
}

func (s *server) held() bool {
	return strings.Contains(s.lastWords(), "pre-existing shared memory block")
}

func (s *server) launchOnce(ctx context.Context) error {
	log, err := os.OpenFile(s.place.serverLog(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	// Ended by stop, in its own way.
	c := s.command(context.WithoutCancel(ctx), filepath.Join(s.order.Binaries, "postgres"), s.arguments()...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		return fmt.Errorf("start the server: %w", err)
	}
	s.process, s.exit = c.Process, make(chan error, 1)
	go func() { s.exit <- c.Wait() }()
	return s.awaitReady(ctx)
}

func (s *server) awaitReady(ctx context.Context) error {
	for !s.isReady() {
		select {
		case err := <-s.exit:
			s.process = nil
			return fmt.Errorf("the server did not start: %w; it said:\n%s", cmp.Or(err, errEnded), s.lastWords())
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), s.Stop())
		case <-time.After(lookInterval):
		}
	}
	return nil
}

// errEnded stands for an end without an error.
var errEnded = errors.New("it ended by itself")

// pidFile is the server's own: the process first, its status in the eighth line.
func (s *server) pidFile() string { return filepath.Join(s.data, "postmaster.pid") }

func (s *server) isReady() bool {
	b, err := os.ReadFile(s.pidFile())
	lines := strings.Split(string(b), "\n")
	const status = 7
	return err == nil && len(lines) > status && strings.TrimSpace(lines[status]) == "ready" &&
		lines[0] == strconv.Itoa(s.process.Pid)
}

func (s *server) lastWords() string {
	const end = 2 << 10
	b, _ := os.ReadFile(s.place.serverLog()) // if it cannot be read, the rest must do
	return string(bytes.TrimSpace(b[max(0, len(b)-end):]))
}

// Stop implements [shared.Server]. It asks for a fast shutdown, then insists.
func (s *server) Stop() error {
	if s.process == nil {
		return nil
	}
	const patience = 4 * time.Second
	for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if err := s.process.Signal(how); errors.Is(err, os.ErrProcessDone) {
			return nil
		}
		select {
		case <-s.exit: //nolint:errcheck // it ends as it likes
			return nil
		case <-time.After(patience):
		}
	}
	return fmt.Errorf("the server, process %d, does not end", s.process.Pid)
}

// endPrevious ends the server of a supervisor that was killed, and removes the
// note of one that left it behind.
func (s *server) endPrevious() error {
	b, err := os.ReadFile(s.pidFile())
	if err != nil {
		return nil //nolint:nilerr // the usual case: there is none
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil || pid <= 1 || !isServer(pid, s.data) {
		return s.dropNote(pid)
	}
	const patience = 3 * time.Second
	for _, how := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		_ = syscall.Kill(pid, how) // if it is gone already, the loop sees it
		for began := time.Now(); time.Since(began) < patience; time.Sleep(lookInterval) {
			if !isServer(pid, s.data) {
				return nil
			}
		}
	}
	return fmt.Errorf("an earlier server of this data, process %d, does not end: kill it", pid)
}

// dropNote removes a note whose process is another program by now, which would
// keep the server from starting. One without a process stays: by it the new server
// recognises what is left of the old one, and waits.
func (s *server) dropNote(pid int) error {
	if pid > 1 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	return os.Remove(s.pidFile())
}

// Clean implements [shared.Server]. What cannot be removed now is replaced at the next
// start.
func (s *server) Clean() error {
	_ = os.RemoveAll(s.socket)
	if !s.order.Durable {
		_ = os.RemoveAll(s.data)
	}
	return nil
}
