package rabbitmq_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/events/rabbitmq"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
)

func TestStartPrivate(t *testing.T) {
	t.Parallel()

	t.Run("ErrNotSupervised", func(t *testing.T) {
		t.Parallel()
		_, err := startHelper(t, "unsupervised", t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "call rabbitmq.Supervise()") {
			t.Errorf("StartPrivate() = %v, want to be told about Supervise", err)
		}
	})

	t.Run("ErrTheContextEnds", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := rabbitmq.StartPrivate(ctx, rabbitmq.PrivateConfig{Dir: filepath.Join(t.TempDir(), "it")}); !errors.Is(err, context.Canceled) {
			t.Errorf("StartPrivate() = %v, want context.Canceled", err)
		}
	})

	t.Run("KilledUsersLeaveNothing", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		helpers := make([]*helper, 3)
		var all sync.WaitGroup
		for i := range helpers {
			all.Go(func() {
				var err error
				if helpers[i], err = startHelper(t, "plain", dir); err != nil {
					t.Errorf("StartPrivate() = %v", err)
				}
			})
		}
		all.Wait()
		for _, h := range helpers {
			if h.url != helpers[0].url {
				t.Errorf("two processes have %s and %s, want one node", h.url, helpers[0].url)
			}
		}
		helpers[0].kill(t)
		helpers[1].kill(t)
		queueSurvives(t, helpers[2].url, "")
		before := processesOf(t, dir)
		if len(before) < 3 {
			t.Fatalf("processes of the node = %v, want its supervisor, its port mapper and itself", before)
		}

		helpers[2].kill(t)
		soon(t, "all processes of the node end", func() bool { return len(processesOf(t, dir)) == 0 })
		soon(t, "its data go", func() bool { _, err := os.Stat(filepath.Join(dir, "node")); return errors.Is(err, os.ErrNotExist) })
	})

	t.Run("AKilledSupervisorTakesTheNodeAlong", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		p := start(t, rabbitmq.PrivateConfig{Dir: dir})
		for _, pid := range processesOf(t, dir) {
			if name(t, pid) == "supervisor" {
				if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		soon(t, "all processes of the node end", func() bool { return len(processesOf(t, dir)) == 0 })
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})

	t.Run("DurableDataStay", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "My Shop", "Größe $1")
		first := start(t, rabbitmq.PrivateConfig{Dir: dir, Durable: true})
		declare(t, first.URL(), "kept")
		if _, err := rabbitmq.StartPrivate(t.Context(), rabbitmq.PrivateConfig{Dir: dir}); err == nil {
			t.Error("StartPrivate() = nil for one for tests where a durable one runs")
		}
		if err := first.Close(); err != nil {
			t.Fatalf("Close() = %v", err)
		}
		again := start(t, rabbitmq.PrivateConfig{Dir: dir, Durable: true})
		queueSurvives(t, again.URL(), "kept")
	})
}

func TestURL_GivesEachTestAHostOfItsOwn(t *testing.T) {
	t.Parallel()
	one, other := rabbitmqtest.URL(t), rabbitmqtest.URL(t)
	declare(t, one, "orders")
	if err := passive(t, other, "orders"); err == nil {
		t.Error("the queue of one virtual host is in another")
	}
}

func start(t *testing.T, cfg rabbitmq.PrivateConfig) *rabbitmq.Private {
	t.Helper()
	p, err := rabbitmq.StartPrivate(t.Context(), cfg)
	if err != nil {
		t.Fatalf("StartPrivate() = %v", err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("Close() = %v", err)
		}
	})
	return p
}

// helper is another process that has a share.
type helper struct {
	process *os.Process
	url     string
	ended   func() error
}

func startHelper(t *testing.T, how, dir string) (*helper, error) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var complaint bytes.Buffer
	c := exec.CommandContext(context.WithoutCancel(t.Context()), program, dir)
	c.Env, c.Stderr = append(os.Environ(), helperVariable+"="+how), &complaint
	_, inErr := c.StdinPipe()
	output, outErr := c.StdoutPipe()
	if err := errors.Join(inErr, outErr, c.Start()); err != nil {
		t.Fatal(err)
	}
	h := &helper{process: c.Process, ended: sync.OnceValue(c.Wait)}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = h.ended() })
	b := make([]byte, 1024)
	n, err := output.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	if n == 0 {
		_ = h.ended()
		return nil, errors.New(complaint.String())
	}
	h.url = strings.TrimSpace(string(b[:n]))
	return h, nil
}

func (h *helper) kill(t *testing.T) {
	t.Helper()
	if err := h.process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = h.ended() // it says that it was killed
}

// processesOf finds what runs with the folder in its arguments or its environment.
func processesOf(t *testing.T, dir string) []int {
	t.Helper()
	listed, err := exec.CommandContext(t.Context(), "ps", "axeww", "-o", "pid=,command=").Output()
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for line := range strings.Lines(string(listed)) {
		first, command, _ := strings.Cut(strings.TrimSpace(line), " ")
		pid, err := strconv.Atoi(first)
		if err == nil && pid != os.Getpid() && strings.Contains(command, dir) && !strings.HasPrefix(command, "ps ") {
			found = append(found, pid)
		}
	}
	return found
}

// name tells the supervisor from the node.
func name(t *testing.T, pid int) string {
	t.Helper()
	command, err := exec.CommandContext(t.Context(), "ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	if err == nil && strings.HasPrefix(string(command), "slipway-rabbitmq-supervisor") {
		return "supervisor"
	}
	return "other"
}

// soon waits for other processes, for which there is no other clock.
func soon(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

// dial returns a channel of a connection of the test's own.
func dial(t *testing.T, address string) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(address)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func declare(t *testing.T, address, queue string) {
	t.Helper()
	args := amqp.Table{"x-queue-type": "quorum"}
	if _, err := dial(t, address).QueueDeclare(queue, true, false, false, false, args); err != nil {
		t.Fatal(err)
	}
}

func passive(t *testing.T, address, queue string) error {
	t.Helper()
	_, err := dial(t, address).QueueDeclarePassive(queue, true, false, false, false, nil)
	return err
}

func queueSurvives(t *testing.T, address, queue string) {
	t.Helper()
	if queue == "" {
		dial(t, address)
		return
	}
	if err := passive(t, address, queue); err != nil {
		t.Errorf("the queue %s is gone: %v", queue, err)
	}
}
