package rabbitmq

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/slipway-go/slipway/events/rabbitmq/internal/node"
	"github.com/slipway-go/slipway/internal/shared"
)

// PrivateConfig says where a private RabbitMQ lives.
type PrivateConfig struct {
	// Dir is where those who share the node find each other, its logs and its data.
	// Default: .slipway/rabbitmq if durable, else one per user for tests.
	Dir string
	// Durable keeps the data, for development. Otherwise they are gone with the last user.
	Durable bool
	// Linger keeps a node that is started for so long after its last user has gone: the
	// next test process finds it instead of waiting for another. Default: not at all.
	Linger time.Duration
}

func (c PrivateConfig) dir() string {
	switch {
	case c.Dir != "":
		return c.Dir
	case c.Durable:
		return filepath.Join(".slipway", "rabbitmq")
	}
	return filepath.Join(os.TempDir(), "slipway-rabbitmq-"+strconv.Itoa(os.Geteuid()))
}

const startTimeout = 2 * time.Minute

// private is the kind of server that is shared.
var private = shared.Kind{Name: "RabbitMQ", Package: "rabbitmq", Variable: "SLIPWAY_RABBITMQ_SUPERVISOR"}

// Supervise is the first line of main, and of TestMain, in a program that uses
// [StartPrivate]. In the supervisor of a private RabbitMQ, which is the program
// started once more, it does that work and never returns; otherwise it does nothing.
func Supervise() { private.Supervise(newServer) }

// Private is a share in a private RabbitMQ, which runs for as long as any process has
// one. It listens on 127.0.0.1 alone, and its user's password is random.
type Private struct {
	share  *shared.Share[state]
	client *node.Client
}

// StartPrivate starts the node of cfg.Dir, which takes some seconds, or joins it if it
// runs. RabbitMQ must be installed: scripts/setup.sh does that.
//
// A supervisor, which is this program started once more, looks after it: it stops the
// node when the last process that shares it has closed its share or died.
func StartPrivate(ctx context.Context, cfg PrivateConfig) (*Private, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, fmt.Errorf("it was not ready within %s", startTimeout))
	defer cancel()
	dir, err := filepath.Abs(cfg.dir())
	if err != nil {
		return nil, fmt.Errorf("start a private RabbitMQ: %w", err)
	}
	share, err := shared.Join(ctx, &private, shared.Request[state]{
		Dir:     dir,
		Linger:  cfg.Linger,
		Order:   func() (any, error) { return wanted{dir, cfg.Durable}, present() },
		Answers: func(ctx context.Context, s state) bool { return node.NewClient(s.Address).Answers(ctx) },
	})
	if err != nil {
		return nil, err
	}
	if share.State.Durable != cfg.Durable {
		err := fmt.Errorf("the private RabbitMQ in %s runs with Durable: %t, asked for was Durable: %t; use another Dir",
			dir, share.State.Durable, cfg.Durable)
		return nil, errors.Join(err, share.Close())
	}
	return &Private{share, node.NewClient(share.State.Address)}, nil
}

// present looks before a supervisor is started, whose complaint would be harder to read.
func present() error {
	_, err := node.Find()
	return err
}

// URL returns the address of the virtual host that every node has. It holds a password.
func (p *Private) URL() string { return p.share.State.Address.DefaultURL() }

// Management returns the address of the node's pages for a person, with user and password.
func (p *Private) Management() (address, user, password string) {
	a := p.share.State.Address
	return "http://" + a.Management, a.User, a.Password
}

// VirtualHost returns the address of a virtual host, which is made if it is missing.
func (p *Private) VirtualHost(ctx context.Context, name string) (string, error) {
	if err := p.client.MakeVirtualHost(ctx, name); err != nil {
		return "", err
	}
	return p.share.State.Address.URL(name), nil
}

// DropVirtualHost removes a virtual host with all that is in it, and closes its connections.
func (p *Private) DropVirtualHost(ctx context.Context, name string) error {
	return p.client.DropVirtualHost(ctx, name)
}

// CloseConnections closes all connections of a virtual host, as an operator does, and
// returns how many there were.
func (p *Private) CloseConnections(ctx context.Context, virtualHost string) (int, error) {
	return p.client.CloseConnections(ctx, virtualHost)
}

// Close gives the share back. The last one waits until the node is down, for some
// seconds at most.
func (p *Private) Close() error { return p.share.Close() }

// wanted is the order to the supervisor.
type wanted struct {
	Dir     string `json:"dir"`
	Durable bool   `json:"durable"`
}

// state is what the supervisor tells about its node.
type state struct {
	Address node.Address `json:"address"`
	Durable bool         `json:"durable"`
}

// server is the node that a supervisor runs.
type server struct {
	wanted wanted
	dir    string
	node   *node.Node
	ended  chan error
}

func newServer(order json.RawMessage) (shared.Server, error) {
	s := &server{ended: make(chan error, 1)}
	if err := json.Unmarshal(order, &s.wanted); err != nil {
		return nil, err
	}
	s.dir = filepath.Join(s.wanted.Dir, "node")
	if !s.wanted.Durable {
		if err := os.RemoveAll(s.dir); err != nil {
			return nil, fmt.Errorf("remove what an earlier node left behind: %w", err)
		}
	}
	var err error
	s.node, err = node.New(s.dir)
	return s, err
}

// Start implements [shared.Server].
func (s *server) Start(ctx context.Context) error {
	if err := s.node.Start(ctx); err != nil {
		return err
	}
	go func(over <-chan struct{}) {
		<-over
		s.ended <- fmt.Errorf("RabbitMQ has ended; it said:\n%s", s.node.LastWords())
	}(s.node.Ended())
	return nil
}

// Stop implements [shared.Server]. Data that nobody wants need no farewell.
func (s *server) Stop() error {
	if s.wanted.Durable {
		return s.node.Close()
	}
	return errors.Join(s.node.Kill(), s.node.Close())
}

// Clean implements [shared.Server].
func (s *server) Clean() error {
	if s.wanted.Durable {
		return nil
	}
	return os.RemoveAll(s.dir)
}

// Ended implements [shared.Server].
func (s *server) Ended() <-chan error { return s.ended }

// State implements [shared.Server].
func (s *server) State() any { return state{s.node.Address(), s.wanted.Durable} }
