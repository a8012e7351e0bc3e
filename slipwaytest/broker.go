package slipwaytest

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
)

// A wire leads to the broker of one test, and can be cut.
type wire struct {
	address string // of the broker, by this wire
	to      string

	mu    sync.Mutex
	cut   bool
	ends  map[net.Conn]bool
	tasks sync.WaitGroup
}

// newWire leads to a virtual host of the test's own.
func newWire(t testing.TB) *wire {
	t.Helper()
	u, err := url.Parse(rabbitmqtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(context.WithoutCancel(t.Context()), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{to: u.Host, ends: map[net.Conn]bool{}}
	u.Host = l.Addr().String()
	w.address = u.String()
	w.tasks.Go(func() { w.listen(l) })
	t.Cleanup(func() {
		_ = l.Close()
		w.setCut(true)
		w.tasks.Wait()
	})
	return w
}

func (w *wire) listen(l net.Listener) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", w.to) //nolint:noctx // on this machine, at once
		if err != nil || !w.keep(from, to) {
			_ = from.Close()
			continue
		}
		w.tasks.Go(func() { w.pass(from, to) })
		w.tasks.Go(func() { w.pass(to, from) })
	}
}

// keep reports whether the wire is whole.
func (w *wire) keep(conns ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range conns {
		if w.cut {
			_ = c.Close()
			continue
		}
		w.ends[c] = true
	}
	return !w.cut
}

// pass ends both directions with the first that ends.
func (w *wire) pass(from, to net.Conn) {
	_, _ = io.Copy(to, from) // however it ends
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range []net.Conn{from, to} {
		delete(w.ends, c)
		_ = c.Close()
	}
}

// setCut cuts the wire, with all connections, or mends it.
func (w *wire) setCut(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = cut
	for c := range w.ends {
		if cut {
			_ = c.Close()
		}
	}
}
