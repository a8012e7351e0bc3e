package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Address is where a node is and how to get in.
type Address struct {
	AMQP       string `json:"amqp"`
	Management string `json:"management"`
	User       string `json:"user"`
	Password   string `json:"password"`
}

// Node is one RabbitMQ.
type Node struct {
	bin     string
	epmd    string
	files   files
	ports   ports
	address Address
	client  *Client

	mu      sync.Mutex
	running *run
}

// run is one life of the server, with its port mapper.
type run struct {
	server, mapper *exec.Cmd
	mapped         chan struct{}
	ended          chan struct{}
	err            error // of the server, once ended is closed
}

// New prepares a node whose files lie in the folder, among them its data.
func New(dir string) (*Node, error) {
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	epmd, err := findEpmd()
	if err != nil {
		return nil, err
	}
	at, err := makeFiles(dir)
	if err != nil {
		return nil, fmt.Errorf("make the folder of a RabbitMQ: %w", err)
	}
	password, err := at.password()
	if err != nil {
		return nil, fmt.Errorf("make the password of a RabbitMQ: %w", err)
	}
	ports, err := reservePorts()
	if err != nil {
		return nil, err
	}
	n := &Node{bin: bin, epmd: epmd, files: at, ports: ports}
	n.address = Address{AMQP: ports.amqp.String(), Management: ports.management.String(), User: user, Password: password}
	n.client = NewClient(n.address)
	return n, nil
}

// Address stays the same for as long as the node is not closed.
func (n *Node) Address() Address { return n.address }

// Close stops the server if it runs, and gives the ports back. The folder stays.
func (n *Node) Close() error {
	err := n.Stop()
	n.ports.release()
	return err
}

// Start returns when the server takes connections.
func (n *Node) Start(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running != nil {
		return errors.New("RabbitMQ runs already")
	}
	if err := n.files.endPrevious(ctx); err != nil {
		return err
	}
	if err := n.files.configure(n.address); err != nil {
		return fmt.Errorf("configure RabbitMQ: %w", err)
	}
	r, err := n.launch()
	if err != nil {
		return err
	}
	if err := n.awaitReady(ctx, r); err != nil {
		return errors.Join(err, r.end(syscall.SIGKILL))
	}
	n.running = r
	return nil
}

// launch starts the port mapper itself: one that Erlang starts cuts itself loose, and
// would outlive us.
func (n *Node) launch() (*run, error) {
	log, err := os.OpenFile(n.files.console(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	r := &run{
		mapper: n.command(n.epmd, "-port", n.ports.number(n.ports.epmd), "-address", host),
		server: n.command(filepath.Join(n.bin, "rabbitmq-server")),
		mapped: make(chan struct{}), ended: make(chan struct{}),
	}
	r.server.Stdout, r.server.Stderr = log, log
	if err := r.mapper.Start(); err != nil {
		return nil, fmt.Errorf("start Erlang's port mapper: %w", err)
	}
	go func() { defer close(r.mapped); _ = r.mapper.Wait() }()
	if err := r.server.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start RabbitMQ: %w", err), r.endMapper())
	}
	go func() { defer close(r.ended); r.err = r.server.Wait() }()
	return r, nil
}

// command runs a program in an environment in which nothing of the machine's own
// RabbitMQ counts.
func (n *Node) command(program string, args ...string) *exec.Cmd {
	c := exec.Command(program, args...) //nolint:gosec,noctx // found by us; ended in its own way
	c.Dir, c.Env, c.SysProcAttr = n.files.dir, n.environment(), endWithParent()
	return c
}

func (n *Node) environment() []string {
	search := filepath.Dir(n.epmd) + ":/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
	return []string{
		"PATH=" + search, "LC_ALL=C.UTF-8", "TZ=UTC", "HOME=" + n.files.home(),
		"ERL_EPMD_PORT=" + n.ports.number(n.ports.epmd), "ERL_EPMD_ADDRESS=" + host,
		"RABBITMQ_NODENAME=" + nodeName, "RABBITMQ_DIST_PORT=" + n.ports.number(n.ports.distribution),
		"RABBITMQ_CONFIG_FILE=" + n.files.config(), "RABBITMQ_ENABLED_PLUGINS_FILE=" + n.files.plugins(),
		"RABBITMQ_MNESIA_BASE=" + n.files.data(), "RABBITMQ_LOG_BASE=" + n.files.log(), "RABBITMQ_CONF_ENV_FILE=/dev/null",
		"RABBITMQ_PID_FILE=" + n.files.pid(),
		// Its script then becomes the server instead of waiting for it: signals reach the server itself.
		"RUNNING_UNDER_SYSTEMD=true",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}",
	}
}

func (n *Node) awaitReady(ctx context.Context, r *run) error {
	const look = 20 * time.Millisecond
	for !n.client.Answers(ctx) {
		select {
		case <-r.ended:
			return fmt.Errorf("RabbitMQ did not start: %w; it said:\n%s", cmp.Or(r.err, errEnded), n.files.lastWords())
		case <-ctx.Done():
			return fmt.Errorf("wait for RabbitMQ: %w; it runs in %s and said:\n%s", context.Cause(ctx), n.files.dir, n.files.lastWords())
		case <-time.After(look):
		}
	}
	return nil
}

// errEnded stands for an end without an error.
var errEnded = errors.New("it ended by itself")

// Ended is closed when the server that runs now has ended, however it does. It is nil
// if none runs.
func (n *Node) Ended() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running == nil {
		return nil
	}
	return n.running.ended
}

// LastWords is the end of what the server wrote.
func (n *Node) LastWords() string { return n.files.lastWords() }

// Stop ends the server properly, and insists when that takes too long.
func (n *Node) Stop() error { return n.halt(syscall.SIGTERM, syscall.SIGKILL) }

// Kill ends the server at once, as a power cut would.
func (n *Node) Kill() error { return n.halt(syscall.SIGKILL) }

func (n *Node) halt(how ...syscall.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running == nil {
		return nil
	}
	err := n.running.end(how...)
	n.running = nil
	return err
}

// end asks, then insists. What matters is written within a moment; the management plugin
// alone takes five seconds more.
func (r *run) end(how ...syscall.Signal) error {
	const patience = 3 * time.Second
	for _, signal := range how {
		_ = r.server.Process.Signal(signal) // if it is gone already, so much the better
		select {
		case <-r.ended:
			return r.endMapper()
		case <-time.After(patience):
		}
	}
	return errors.Join(fmt.Errorf("RabbitMQ, process %d, does not end", r.server.Process.Pid), r.endMapper())
}

func (r *run) endMapper() error {
	if err := r.mapper.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end Erlang's port mapper: %w", err)
	}
	<-r.mapped
	return nil
}

// Control runs rabbitmqctl, which takes most of a second.
func (n *Node) Control(ctx context.Context, args ...string) (string, error) {
	c := exec.CommandContext(ctx, filepath.Join(n.bin, "rabbitmqctl"), append([]string{"--quiet", "--node", nodeName}, args...)...) //nolint:gosec // found by us
	c.Dir, c.Env = n.files.dir, n.environment()
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("rabbitmqctl %s: %w\n%s", args[0], err, bytes.TrimSpace(out))
	}
	return string(bytes.TrimSpace(out)), nil
}

// Pause freezes the server as a partition does: connections stay and nothing answers.
func (n *Node) Pause() error { return n.signal(syscall.SIGSTOP) }

// Resume ends a Pause.
func (n *Node) Resume() error { return n.signal(syscall.SIGCONT) }

func (n *Node) signal(s syscall.Signal) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running == nil {
		return errors.New("RabbitMQ does not run")
	}
	return n.running.server.Process.Signal(s)
}
