// Package fleet runs a few processes of one product together: it starts them,
// waits until they are ready, and stops them when told, or when one of them
// ends by itself.
package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A Process is one member of the fleet.
type Process struct {
	Name  string
	Path  string
	Args  []string
	Env   []string // whole environment
	Ready string   // an address that answers 200 once the process serves
}

// ParentVariable tells a member that its stdin ends with the process that
// started it; see [WithParent].
const ParentVariable = "SLIPWAY_WITH_PARENT"

// WithParent returns a context that ends with the fleet's process, in a member;
// elsewhere it is ctx.
func WithParent(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if os.Getenv(ParentVariable) != "" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // its end is all that matters
			cancel()
		}()
	}
	return ctx, cancel
}

// Config says where the members' output goes and how long things may take.
type Config struct {
	Stdout, Stderr io.Writer
	// StartTimeout bounds the time until a member is ready. Default: 30s.
	StartTimeout time.Duration
	// StopTimeout is the time that a member gets to end before it is killed. Default: 20s.
	StopTimeout time.Duration
}

// A Fleet is a set of running processes. Stop ends it.
type Fleet struct {
	cfg     Config
	output  sync.Mutex
	members []*member
	ended   chan error
}

type member struct {
	Process
	cmd  *exec.Cmd
	done chan struct{}
	err  error
	// killed marks an end that was asked for.
	killed atomic.Bool
}

// New returns a fleet without members.
func New(cfg Config) *Fleet {
	if cfg.StartTimeout == 0 {
		cfg.StartTimeout = 30 * time.Second
	}
	if cfg.StopTimeout == 0 {
		cfg.StopTimeout = 20 * time.Second
	}
	return &Fleet{cfg: cfg, ended: make(chan error, 1)}
}

// Start starts the processes together and returns when all are ready. When one
// fails, the rest are stopped and the error says which and why.
func (f *Fleet) Start(ctx context.Context, processes ...Process) error {
	for _, p := range processes {
		if err := f.spawn(p); err != nil {
			return errors.Join(err, f.Stop())
		}
	}
	ctx, cancel := context.WithTimeout(ctx, f.cfg.StartTimeout)
	defer cancel()
	for _, m := range f.members {
		if err := f.await(ctx, m); err != nil {
			return errors.Join(err, f.Stop())
		}
	}
	return nil
}

// Wait blocks until ctx is done or a member ends by itself, which is an error.
func (f *Fleet) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-f.ended:
		return err
	}
}

// Stop ends the members, last started first, and waits for them.
func (f *Fleet) Stop() error {
	var errs []error
	for _, m := range slices.Backward(f.members) {
		errs = append(errs, f.stop(m))
	}
	f.members = nil
	return errors.Join(errs...)
}

// Kill ends one member at once, as a crash would. Wait does not see it.
func (f *Fleet) Kill(name string) error {
	m, err := f.member(name)
	if err != nil {
		return err
	}
	m.killed.Store(true)
	err = m.cmd.Process.Kill()
	<-m.done
	return err
}

// Signal sends one member a signal, such as SIGSTOP.
func (f *Fleet) Signal(name string, sig os.Signal) error {
	m, err := f.member(name)
	if err != nil {
		return err
	}
	return m.cmd.Process.Signal(sig)
}

// Terminate ends one member in order. Wait does not see it.
func (f *Fleet) Terminate(name string) error {
	m, err := f.member(name)
	if err != nil {
		return err
	}
	return f.stop(m)
}

// Await blocks until a member has ended, by itself or not.
func (f *Fleet) Await(ctx context.Context, name string) error {
	m, err := f.member(name)
	if err != nil {
		return err
	}
	select {
	case <-m.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("process %s has not ended: %w", name, context.Cause(ctx))
	}
}

// Restart starts a member again that has ended, and returns when it is ready.
func (f *Fleet) Restart(ctx context.Context, name string) error {
	old, err := f.member(name)
	if err != nil {
		return err
	}
	<-old.done
	f.members = slices.DeleteFunc(f.members, func(m *member) bool { return m == old })
	if err := f.spawn(old.Process); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, f.cfg.StartTimeout)
	defer cancel()
	return f.await(ctx, f.members[len(f.members)-1]) // the others may be frozen, or gone
}

func (f *Fleet) member(name string) (*member, error) {
	for _, m := range f.members {
		if m.Name == name {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no process %q in the fleet", name)
}

func (f *Fleet) spawn(p Process) error {
	cmd := exec.CommandContext(context.Background(), p.Path, p.Args...) //nolint:gosec // the product's own binary; it is stopped in order, not by a context
	cmd.Env = append(slices.Clip(p.Env), ParentVariable+"=1")
	cmd.Stdout = &lines{mu: &f.output, w: f.cfg.Stdout}
	cmd.Stderr = &lines{mu: &f.output, w: f.cfg.Stderr, prefix: "[" + p.Name + "] "}
	// A member reads its stdin to the end and ends with it, so that none outlives
	// this process, however that dies. Nothing is ever written.
	if _, err := cmd.StdinPipe(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	// A Ctrl-C at the terminal reaches this process only, which stops the
	// members in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	m := &member{Process: p, cmd: cmd, done: make(chan struct{})}
	f.members = append(f.members, m)
	go f.watch(m)
	return nil
}

func (f *Fleet) watch(m *member) {
	m.err = m.cmd.Wait()
	close(m.done)
	if m.killed.Load() {
		return
	}
	select {
	case f.ended <- fmt.Errorf("process %s ended by itself: %w", m.Name, cmpErr(m.err)):
	default:
	}
}

func cmpErr(err error) error {
	if err == nil {
		return errors.New("exit status 0")
	}
	return err
}

func (f *Fleet) await(ctx context.Context, m *member) error {
	client := &http.Client{Timeout: time.Second}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// Somebody else may answer at the address of a member that has ended.
		if ready(ctx, client, m.Ready) && m.running() {
			return nil
		}
		select {
		case <-m.done:
			return fmt.Errorf("process %s ended before it was ready: %w; its lines above say why", m.Name, cmpErr(m.err))
		case <-ctx.Done():
			return fmt.Errorf("process %s is not ready at %s: %w", m.Name, m.Ready, ctx.Err())
		case <-tick.C:
		}
	}
}

func (m *member) running() bool {
	select {
	case <-m.done:
		return false
	default:
		return true
	}
}

func ready(ctx context.Context, client *http.Client, url string) bool {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(r)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

func (f *Fleet) stop(m *member) error {
	m.killed.Store(true)
	if err := m.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", m.Name, err)
	}
	late := time.NewTimer(f.cfg.StopTimeout)
	defer late.Stop()
	select {
	case <-m.done:
		return nil
	case <-late.C:
		_ = m.cmd.Process.Kill() // it may have ended this moment
		<-m.done
		return fmt.Errorf("process %s did not stop within %s and was killed", m.Name, f.cfg.StopTimeout)
	}
}

// lines keeps whole lines together when several processes write to one stream.
type lines struct {
	mu *sync.Mutex
	w  io.Writer
	// prefix stands before each line.
	prefix string
	rest   []byte
}

const maxLine = 1 << 20

func (l *lines) Write(b []byte) (int, error) {
	l.rest = append(l.rest, b...)
	for {
		line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
		if !ok && len(l.rest) < maxLine {
			return len(b), nil
		}
		l.print(line)
		l.rest = rest
	}
}

func (l *lines) print(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = fmt.Fprintf(l.w, "%s%s\n", l.prefix, line) // nobody may be looking
}
