package faults_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
	"github.com/slipway-go/slipway/postgres"
)

// A broker is a RabbitMQ of a test's own.
type broker struct {
	*rabbitmqtest.Node

	routes []*route
}

func newBroker(t testing.TB) *broker {
	t.Helper()
	return &broker{Node: rabbitmqtest.Start(t)}
}

// A route is that of one deployment's processes to the broker: a virtual host, behind a
// proxy.
type route struct {
	*proxy

	t      testing.TB
	broker *broker
	host   string // the virtual host
}

func (b *broker) route(t testing.TB) *route {
	t.Helper()
	r := &route{t: t, broker: b}
	b.routes = append(b.routes, r)
	return r
}

// VirtualHost implements the Broker of slipwaytest.Deployment.
func (r *route) VirtualHost(ctx context.Context, name string) (string, error) {
	address, err := r.broker.VirtualHost(ctx, name)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	r.host, r.proxy = name, newProxy(r.t, "tcp", u.Host)
	u.Host = r.addr()
	return u.String(), nil
}

// each does something to the network between the broker and every deployment.
func (b *broker) each(f func(*proxy)) {
	for _, r := range b.routes {
		f(r.proxy)
	}
}

// A server is a PostgreSQL of a test's own, which keeps what it has said that it keeps.
// The processes reach each database through a proxy of its own.
type server struct {
	*postgres.Private

	t       testing.TB
	mu      sync.Mutex
	proxies map[string]*proxy // by the address that the processes have
	sockets map[string]string // the true address, by the same
}

func newServer(t testing.TB) *server {
	t.Helper()
	dir, err := os.MkdirTemp("", "slipway-faults-") //nolint:usetesting // whose folder may have a name that is too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	private, err := postgres.StartPrivate(t.Context(), postgres.PrivateConfig{Dir: dir, Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := private.Close(); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return &server{Private: private, t: t, proxies: map[string]*proxy{}, sockets: map[string]string{}}
}

// Database implements the Databases of slipwaytest.Deployment.
func (s *server) Database(ctx context.Context, name string) (string, error) {
	address, err := s.Private.Database(ctx, name)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	q := u.Query()
	p := newProxy(s.t, "unix", filepath.Join(q.Get("host"), ".s.PGSQL."+q.Get("port")))
	q.Del("host")
	q.Del("port")
	u.Host, u.RawQuery = p.addr(), q.Encode()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.proxies[u.String()], s.sockets[u.String()] = p, address
	return u.String(), nil
}

// direct is the way past the proxy, for the test itself.
func (s *server) direct(address string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sockets[address]
}

// to is the proxy before the database that the processes have under an address.
func (s *server) to(address string) *proxy {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.proxies[address]
}
