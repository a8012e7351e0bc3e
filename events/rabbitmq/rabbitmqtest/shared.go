package rabbitmqtest

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slipway-go/slipway/events/rabbitmq"
)

// linger bridges the time between two test processes, of which one may come while the
// other is being linked.
const linger = time.Minute

// join takes this process's share of the node, which is given back when it ends.
var join = sync.OnceValues(func() (*rabbitmq.Private, error) {
	return rabbitmq.StartPrivate(context.Background(), rabbitmq.PrivateConfig{Linger: linger})
})

// Begin starts the node that all tests share without waiting for it, for who will want
// it in a moment.
func Begin() { go func() { _, _ = join() }() } // URL tells what went wrong

// URL returns the address of a virtual host of the test's own, on the node that all
// tests share.
func URL(t testing.TB) string {
	t.Helper()
	private := common(t)
	name := "test-" + strings.ToLower(rand.Text())
	address, err := private.VirtualHost(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second) // the test's own is done
		defer cancel()
		if err := private.DropVirtualHost(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return address
}

func common(t testing.TB) *rabbitmq.Private {
	t.Helper()
	private, err := join()
	if err != nil {
		t.Fatal(err)
	}
	return private
}

// CloseConnections has the broker close all connections of an address that [URL] gave,
// as an operator does, and returns how many there were.
func CloseConnections(t testing.TB, address string) int {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := common(t).CloseConnections(t.Context(), strings.TrimPrefix(u.Path, "/"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
