package rabbitmq_test

import (
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"
)

// slowly returns the address of a broker behind a network that passes 10 KiB every 20 ms
// on to it while it is told to be slow.
func slowly(t *testing.T, broker string) (address string, slow *atomic.Bool) {
	t.Helper()
	u, err := url.Parse(broker)
	if err != nil {
		t.Fatal(err)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	target, slow := u.Host, &atomic.Bool{}
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			go pass(near, target, slow)
		}
	}()
	u.Host = l.Addr().String()
	return u.String(), slow
}

// pass ends with either of the connections.
func pass(near net.Conn, target string, slow *atomic.Bool) {
	defer func() { _ = near.Close() }()
	far, err := net.DialTimeout("tcp", target, time.Second) //nolint:noctx // it has a time of its own
	if err != nil {
		return
	}
	go func() {
		defer func() { _ = near.Close() }()
		_, _ = io.Copy(near, far)
	}()
	defer func() { _ = far.Close() }()
	part := make([]byte, 10<<10)
	for {
		n, err := near.Read(part)
		if err != nil {
			return
		}
		if slow.Load() {
			time.Sleep(20 * time.Millisecond)
		}
		if _, err := far.Write(part[:n]); err != nil {
			return
		}
	}
}
