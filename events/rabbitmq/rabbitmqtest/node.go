package rabbitmqtest

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/slipway-go/slipway/events/rabbitmq/internal/node"
)

// Node is a RabbitMQ of a test's own.
type Node struct{ node *node.Node }

const startTimeout = 5 * time.Minute // on a machine that is busy with other tests

// Start starts a node, which takes some seconds. It ends with the test.
func Start(t testing.TB) *Node {
	t.Helper()
	dir, err := os.MkdirTemp("", "slipway-rabbitmq-") //nolint:usetesting // whose folder may have a name that is too long
	if err != nil {
		t.Fatal(err)
	}
	own, err := node.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	n := &Node{own}
	t.Cleanup(func() {
		n.Kill(t)
		if err := own.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	n.Start(t)
	return n
}

// URL returns the node's address, the same for its whole life.
func (n *Node) URL() string { return n.node.Address().DefaultURL() }

// VirtualHost returns the address of a virtual host, which is made if it is missing.
func (n *Node) VirtualHost(ctx context.Context, name string) (string, error) {
	a := n.node.Address()
	return a.URL(name), node.NewClient(a).MakeVirtualHost(ctx, name)
}

// Start starts a node that was stopped or killed.
func (n *Node) Start(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	if err := n.node.Start(ctx); err != nil {
		t.Fatal(err)
	}
}

// Stop ends the node properly.
func (n *Node) Stop(t testing.TB) {
	t.Helper()
	must(t, n.node.Stop())
}

// Kill ends the node as a power cut does.
func (n *Node) Kill(t testing.TB) {
	t.Helper()
	must(t, n.node.Kill())
}

// Pause freezes the node: its connections stay, and nothing answers.
func (n *Node) Pause(t testing.TB) {
	t.Helper()
	must(t, n.node.Pause())
}

// Resume ends a Pause.
func (n *Node) Resume(t testing.TB) {
	t.Helper()
	must(t, n.node.Resume())
}

// Control runs rabbitmqctl, which takes most of a second, and returns what it says.
func (n *Node) Control(t testing.TB, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startTimeout)
	defer cancel()
	said, err := n.node.Control(ctx, args...)
	must(t, err)
	return said
}

// RaiseMemoryAlarm makes the node think that its memory is full: it blocks those who
// publish.
func (n *Node) RaiseMemoryAlarm(t testing.TB) {
	t.Helper()
	n.Control(t, "set_vm_memory_high_watermark", "absolute", "1")
}

// EndMemoryAlarm ends it.
func (n *Node) EndMemoryAlarm(t testing.TB) {
	t.Helper()
	n.Control(t, "set_vm_memory_high_watermark", "0.8")
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
