package faults_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// A proxy stands between the processes and a server, and can be a network that has
// gone bad.
type proxy struct {
	listener        net.Listener
	network, target string

	mu      sync.Mutex
	clear   chan struct{} // closed while bytes pass
	conns   map[net.Conn]bool
	refuses bool
}

// newProxy listens on 127.0.0.1 until the end of the test.
func newProxy(t testing.TB, network, target string) *proxy {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, network: network, target: target, clear: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(p.clear)
	go p.serve(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		l.Close()
		p.resume()
		p.cut()
	})
	return p
}

func (p *proxy) addr() string { return p.listener.Addr().String() }

func (p *proxy) serve(ctx context.Context) {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.connect(ctx, c)
	}
}

func (p *proxy) connect(ctx context.Context, near net.Conn) {
	defer p.drop(near)
	if !p.keep(near) {
		return
	}
	<-p.passing()
	far, err := (&net.Dialer{}).DialContext(ctx, p.network, p.target)
	if err != nil {
		return
	}
	defer p.drop(far)
	if !p.keep(far) {
		return
	}
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{near, far}, {far, near}} {
		go func() {
			p.copy(way[1], way[0])
			ended <- struct{}{}
		}()
	}
	<-ended // one way is enough: nobody here speaks half a connection
}

// copy passes bytes on for as long as they may pass.
func (p *proxy) copy(to io.Writer, from io.Reader) {
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		<-p.passing()
		if n > 0 {
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) passing() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.clear
}

// keep remembers a connection, unless it is refused.
func (p *proxy) keep(c net.Conn) (ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns[c] = true
	return !p.refuses
}

func (p *proxy) drop(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

// stall makes the network a black hole: connections stay, new ones are taken, and
// nothing passes.
func (p *proxy) stall() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.clear:
		p.clear = make(chan struct{})
	default: // it is one
	}
}

// resume lets pass what was held up, and what follows.
func (p *proxy) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.clear:
	default:
		close(p.clear)
	}
}

// cut ends every connection.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		c.Close()
	}
}

// refuse ends every connection, and each new one, until it is told otherwise.
func (p *proxy) refuse(refuses bool) {
	p.mu.Lock()
	p.refuses = refuses
	p.mu.Unlock()
	if refuses {
		p.cut()
	}
}

// TestProxy: what the faults rest on.
func TestProxy(t *testing.T) {
	t.Parallel()
	echo, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c) }()
		}
	}()
	p := newProxy(t, "tcp", echo.Addr().String())
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", p.addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ask := func(limit time.Duration) error {
		_ = c.SetDeadline(time.Now().Add(limit))
		if _, err := c.Write([]byte("x")); err != nil {
			return err
		}
		_, err := io.ReadFull(c, make([]byte, 1))
		return err
	}

	if err := ask(5 * time.Second); err != nil {
		t.Fatalf("before: %v", err)
	}
	p.stall()
	if err := ask(50 * time.Millisecond); err == nil {
		t.Error("the black hole answered")
	}
	p.resume()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
		t.Errorf("what was held up: %v", err)
	}
	p.cut()
	if err := ask(5 * time.Second); err == nil {
		t.Error("a connection that was cut answered")
	}
}
