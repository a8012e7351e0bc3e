package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A child is a server in a process of its own. It prints its address, then its
// processor time whenever it is asked by a line; it ends with its standard input.
type child struct {
	addr   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// tuned is the environment in which a server collects garbage as slipway.Main
// makes it: seldom.
const tuned = "GOGC=400"

func startChild(ctx context.Context, handler string, o options, env ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.CommandContext(ctx, self, "-serve", handler, "-log", o.log, "-profile", o.profile)} //nolint:gosec // this binary
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Stderr = os.Stderr
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdout = bufio.NewReader(stdout)
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if c.addr, err = c.line(); err != nil {
		return nil, fmt.Errorf("start server %s: %w", handler, err)
	}
	return c, nil
}

func (c *child) line() (string, error) {
	s, err := c.stdout.ReadString('\n')
	return strings.TrimSpace(s), err
}

// used returns the processor time that the server has taken so far.
func (c *child) used() (time.Duration, error) {
	if _, err := io.WriteString(c.stdin, "used\n"); err != nil {
		return 0, err
	}
	s, err := c.line()
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return time.Duration(n), err
}

func (c *child) stop() error {
	return errors.Join(c.stdin.Close(), c.cmd.Wait())
}

// workers do something else than to serve, and serve nothing.
func workers() map[string]func(ctx context.Context, log io.Writer) (http.Handler, error) {
	return map[string]func(context.Context, io.Writer) (http.Handler, error){
		"kit": kitChild, "river": riverChild, "waiting": waitingChild, "files": productChild, "copies": copiesChild,
	}
}

// serveChild is the other side.
func serveChild(ctx context.Context, name string, o options) error {
	build, ok := handlers()[name]
	if !ok {
		build, ok = workers()[name]
	}
	if !ok {
		return fmt.Errorf("no server %q", name)
	}
	log, err := os.OpenFile(o.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") != "" {
		debug.SetMemoryLimit(math.MaxInt64)
	}
	handler, err := build(ctx, log)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := newServer(handler)
	go func() { _ = server.Serve(listener) }() // ends with the process
	stop, err := startProfile(name, o)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	return errors.Join(answer(), server.Close(), stop())
}

// newServer has the bounds of the kit's server, and so have its peers.
func newServer(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, WriteTimeout: time.Minute}
}

func answer() error {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		fmt.Println(cpuTime().Nanoseconds())
	}
	return lines.Err()
}

// cpuTime returns the processor time of this process, user and system.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func startProfile(name string, o options) (func() error, error) {
	if o.profile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(filepath.Join(o.profile, name+os.Getenv("GOGC")+".pprof")) //nolint:gosec // where the user said
	if err != nil {
		return nil, err
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, pprof.StartCPUProfile(f)
}
