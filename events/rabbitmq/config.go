package rabbitmq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/telemetry"
)

// Config says which broker carries the events, and to whom.
type Config struct {
	// URL is the broker and the virtual host: amqp://user:password@host:5672/vhost, or amqps.
	URL config.Secret
	// Subscriptions are those of the whole product: every process declares the queues of
	// all modules, so that no event is lost whatever starts first.
	Subscriptions []events.Subscription
	// Name shows in RabbitMQ's list of connections. Default: slipway.
	Name string
	// Logger is told when the connection comes and goes. Default: nobody is.
	Logger *slog.Logger
	// ConfirmTimeout bounds the silence of a broker that has messages to confirm; after
	// it the connection is closed, since it may be dead. Default: 15s.
	ConfirmTimeout time.Duration
	// Heartbeat is how often both sides show that they are there. A connection that
	// is silent for about three times as long is closed. Default: 5s.
	Heartbeat time.Duration
	// Patience bounds how long Publish waits for a broker that is away, or that blocks
	// publishers since its memory or its disk is full. Default: 10s.
	Patience time.Duration
}

func (c Config) withDefaults() Config {
	c.Name = cmp.Or(c.Name, "slipway")
	c.ConfirmTimeout = cmp.Or(c.ConfirmTimeout, 15*time.Second)
	c.Heartbeat = cmp.Or(c.Heartbeat, 5*time.Second)
	c.Patience = cmp.Or(c.Patience, 10*time.Second)
	if c.Logger == nil {
		c.Logger = telemetry.Discard()
	}
	return c
}

// expectedURL never repeats what was given, which holds a password.
const expectedURL = "expected amqp://USER:PASSWORD@HOST:5672/VHOST, or amqps://; " +
	"what is special in the password, such as @ : / ? # %, is written as %40 and so on"

func checkURL(given config.Secret) error {
	if given == "" {
		return errors.New("the URL of RabbitMQ is empty: " + expectedURL)
	}
	u, err := url.Parse(string(given))
	switch {
	case err != nil:
		return errors.New("the URL of RabbitMQ cannot be read: " + expectedURL)
	case u.Scheme != "amqp" && u.Scheme != "amqps":
		return fmt.Errorf("the URL of RabbitMQ begins with %q: %s", u.Scheme, expectedURL)
	case u.Hostname() == "":
		return errors.New("the URL of RabbitMQ names no host: " + expectedURL)
	}
	if _, err := amqp.ParseURI(string(given)); err != nil {
		return errors.New("the URL of RabbitMQ cannot be read, perhaps for its port or its parameters: " + expectedURL)
	}
	return nil
}

// broker names the broker for a person, without the password.
func (c Config) broker() string {
	u, err := amqp.ParseURI(string(c.URL))
	if err != nil {
		return "RabbitMQ"
	}
	return fmt.Sprintf("RabbitMQ at %s:%d (virtual host %q, user %q)", u.Host, u.Port, u.Vhost, u.Username)
}

// outage says of a failure what everybody may read: where the broker is, and why it is
// of no use, and neither who we are there nor what the broker says of that.
func (c Config) outage(err error) error {
	u, parsed := amqp.ParseURI(string(c.URL))
	if parsed != nil {
		return errors.New("RabbitMQ: " + plainly(err))
	}
	return fmt.Errorf("RabbitMQ at %s: %s", net.JoinHostPort(u.Host, strconv.Itoa(u.Port)), plainly(err))
}

func plainly(err error) string {
	f, ok := errors.AsType[failure](err)
	if !ok {
		return err.Error() // our own word
	}
	switch f.kind {
	case kindRefused:
		return "it refuses this user, the password or the virtual host"
	case kindUnprepared:
		return "it is there, and the queues cannot be declared"
	}
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return "it cannot be reached: " + network.Err.Error()
	}
	return "the connection is lost"
}

const dialTimeout = 10 * time.Second

// dial connects. The library's own recovery stays off: it gives up after a while.
func (c Config) dial(ctx context.Context, role string) (*amqp.Connection, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, dialTimeout, fmt.Errorf("no answer within %s", dialTimeout))
	defer cancel()
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(c.Name + " " + role)
	interrupt := func() bool { return true }
	conn, err := amqp.DialConfig(string(c.URL), amqp.Config{
		Heartbeat: c.Heartbeat, Properties: properties, Locale: "en_US",
		Dial: func(network, address string) (net.Conn, error) {
			raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err == nil {
				interrupt = context.AfterFunc(ctx, func() { raw.Close() })
			}
			return raw, err
		},
	})
	if !interrupt() && err == nil {
		_ = conn.CloseDeadline(time.Now())
		err = context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", c.broker(), cmp.Or(cause(ctx), err))
	}
	return conn, nil
}

func cause(ctx context.Context) error {
	if ctx.Err() == nil {
		return nil
	}
	return context.Cause(ctx)
}

// refusal tells a broker that will not have us from one that is away.
func refusal(err error) bool {
	answer, ok := errors.AsType[*amqp.Error](err)
	if !ok || strings.Contains(answer.Reason, "limit") { // of connections, which others give back
		return false
	}
	return answer.Code == amqp.AccessRefused || answer.Code == amqp.NotAllowed
}

// pause grows between attempts, with jitter.
func pause(attempt int) time.Duration {
	d := 100 * time.Millisecond << min(attempt, 5)
	return d/2 + rand.N(d/2) //nolint:gosec // nobody gains from a guess
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
