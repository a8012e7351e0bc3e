package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// measureShop starts the shop's binary on a private database that exists, and
// looks at its memory when it has nothing to do.
func measureShop(ctx context.Context, _ options, t *table) error {
	dir, err := os.MkdirTemp("", "slipway-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears it otherwise
	// As root, PostgreSQL runs as another user, who must get to its data.
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // holds no secret
		return err
	}
	s := shop{dir: dir, binary: filepath.Join(dir, "shop")}
	if err := s.build(ctx); err != nil {
		return err
	}
	// Its demo users are made in the background, each with a costly hash.
	first, err := s.run(ctx, func(int) error { return calm(ctx) })
	if err != nil {
		return fmt.Errorf("first start: %w", err)
	}
	t.duration("first start, with a new private PostgreSQL", first)
	return s.again(ctx, t)
}

func (s shop) again(ctx context.Context, t *table) error {
	const starts = 5
	var took []time.Duration
	var memory int64
	for i := range starts {
		var idle func(pid int) error
		if i == starts-1 {
			idle = func(pid int) (err error) { memory, err = residentMemory(ctx, pid); return err }
		}
		d, err := s.run(ctx, idle)
		if err != nil {
			return fmt.Errorf("start: %w", err)
		}
		took = append(took, d)
	}
	t.within("start to ready, with an existing private PostgreSQL", quickest(took), time.Second)
	t.note("  (median of %d starts %s)", starts, readable(median(took)))
	const most = 60 << 20
	t.target("memory of the idle shop (resident, without PostgreSQL)", fmt.Sprintf("%.1f MiB", float64(memory)/(1<<20)), "≤ 60 MiB", memory <= most)
	return nil
}

type shop struct{ dir, binary string }

func (s shop) build(ctx context.Context) error {
	return command(ctx, nil, "go", "build", "-o", s.binary, "./examples/shop")
}

// command runs in the kit's folder, the parent of this one.
func command(ctx context.Context, env []string, name string, args ...string) error {
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // called with constants
	c.Dir, c.Env = "..", append(os.Environ(), env...)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", c, err, out)
	}
	return nil
}

// run starts the shop, waits until it is ready, lets idle look at it and stops
// it. It returns the time to ready.
func (s shop) run(ctx context.Context, idle func(pid int) error) (took time.Duration, err error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return 0, err
	}
	c := exec.CommandContext(ctx, s.binary) //nolint:gosec // built just now
	c.Dir = s.dir
	c.Env = append(os.Environ(), "SLIPWAY_ADDR="+addr, "SLIPWAY_DATA_DIR="+filepath.Join(s.dir, "data"), "DATABASE_URL=")
	var said strings.Builder
	c.Stderr = &said
	start := time.Now()
	if err := c.Start(); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.stop(ctx, c)) }()
	if err := waitReady(ctx, "http://"+addr+"/readyz"); err != nil {
		return 0, fmt.Errorf("%w; the shop said:\n%s", err, said.String())
	}
	took = time.Since(start)
	if idle != nil {
		return took, idle(c.Process.Pid)
	}
	return took, nil
}

// stop ends the shop and waits for its PostgreSQL to end too.
func (s shop) stop(ctx context.Context, c *exec.Cmd) error {
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := c.Wait(); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return poll(ctx, "PostgreSQL to stop", func() bool {
		running := false
		_ = filepath.WalkDir(s.dir, func(_ string, d fs.DirEntry, err error) error {
			running = running || err == nil && d.Name() == "postmaster.pid"
			return nil // a file that went meanwhile is none
		})
		return !running
	})
}

func waitReady(ctx context.Context, url string) error {
	return poll(ctx, "the shop to be ready", func() bool {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return false
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			return false
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err == nil && resp.StatusCode == http.StatusOK
	})
}

// poll asks every few milliseconds, for up to a minute.
func poll(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w", what, ctx.Err())
		}
	}
	return nil
}

// calm lets the shop finish what it does after a start.
func calm(ctx context.Context) error {
	select {
	case <-time.After(3 * time.Second):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// residentMemory looks after the first collections and refreshes are over.
func residentMemory(ctx context.Context, pid int) (int64, error) {
	if err := calm(ctx); err != nil {
		return 0, err
	}
	out, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(pid)).Output() //nolint:gosec // a number
	if err != nil {
		return 0, fmt.Errorf("ask ps for the memory: %w", err)
	}
	kib, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	return kib << 10, err
}

// freeAddr returns a loopback address that nobody uses at this moment.
func freeAddr(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
