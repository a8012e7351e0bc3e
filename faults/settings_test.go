package faults_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/events/rabbitmq/rabbitmqtest"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A far is a broker that all tests share, behind a proxy.
type far struct {
	*proxy

	t testing.TB
}

// VirtualHost implements the Broker of slipwaytest.Deployment.
func (f *far) VirtualHost(context.Context, string) (string, error) {
	u, err := url.Parse(rabbitmqtest.URL(f.t))
	if err != nil {
		return "", err
	}
	f.proxy = newProxy(f.t, "tcp", u.Host)
	u.Host = f.addr()
	return u.String(), nil
}

// A broker that cannot be reached keeps a process from being ready and not from its work;
// one that appears later is as good as one that was always there.
func TestFault_brokerUnreachable(t *testing.T) {
	t.Parallel()
	f := &far{t: t}
	w := newWorld(t, slipwaytest.Deployment{Broker: f})
	for range slipwaytest.Rounds(t) {
		t.Run("at the start", func(t *testing.T) {
			w := w.in(t)
			w.Terminate("source")
			f.refuse(true)
			before := one[int](w, "source", "SELECT count(*) FROM facts")
			restarted := make(chan struct{})
			go func() {
				defer close(restarted)
				w.Restart("source") // until it is ready
			}()
			w.eventually("source commits although it has no broker", func() bool {
				w.try(1, ordeal{})
				return one[int](w, "source", "SELECT count(*) FROM facts") > before
			})
			select {
			case <-restarted:
				t.Error("source says that it is ready while it has no broker")
			default:
			}
			f.refuse(false)
			<-restarted
			w.settle()
		})
		t.Run("later", func(t *testing.T) {
			w := w.in(t)
			f.refuse(true)
			w.commit(10, ordeal{})
			time.Sleep(time.Second) // in which they try
			f.refuse(false)
			w.settle()
		})
	}
}

// A broker that knows the user no more ends a process that starts: its settings are wrong.
func TestFault_brokerRefusesTheUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slipwaytest.Deployment{})
	u, err := url.Parse(w.Broker())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(u.User.Username(), "hunter2")
	app, err := slipway.New(config.New(map[string]string{
		"SLIPWAY_ENV": "test", "SLIPWAY_NAME": "stranger", "SLIPWAY_MODULES": "other", "SLIPWAY_ADDR": "127.0.0.1:0", "SSO_ISSUER": "http://127.0.0.1:1",
		"OTHER_DATABASE_URL": w.Database("other"), "AMQP_URL": u.String(), "LOG_LEVEL": "error",
	}), product()...)
	if err != nil {
		t.Fatal(err)
	}
	err = app.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), u.User.Username()) || !strings.Contains(err.Error(), "password") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Run() = %v, want the user, what to look at, and no password", err)
	}
}

// A queue that somebody else has declared in another way takes what comes, and gives it
// to nobody until a person mends it. Nothing is lost, and the others do not notice.
func TestFault_queueDeclaredElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, slipwaytest.Deployment{})
	for range slipwaytest.Rounds(t) {
		s := w.stranger()
		w.settle()
		w.Terminate("sink")
		s.declareElsewhere("svc.sink")
		restarted := make(chan struct{})
		go func() {
			defer close(restarted)
			w.Restart("sink") // until it is ready
		}()
		first := w.commit(20, ordeal{})
		w.eventually("other has worked on them", func() bool {
			return one[int](w, "other", "SELECT count(*) FROM effects WHERE job = 'every' AND number >= $1", first) == 20
		})
		w.eventually("all of them wait in the queue", func() bool { return s.waiting("svc.sink") == 20 })
		s.mend("svc.sink")
		<-restarted
		w.commitDirect(4)
		w.settle()
	}
}

// declareElsewhere makes a queue of another kind of it.
func (s *stranger) declareElsewhere(queue string) {
	s.w.t.Helper()
	s.on(func(ch *amqp.Channel) error {
		if _, err := ch.QueueDelete(queue, false, false, false); err != nil {
			return err
		}
		_, err := ch.QueueDeclare(queue, true, false, false, false, amqp.Table{"x-queue-type": "classic"})
		return err
	})
	s.on(func(ch *amqp.Channel) error { return ch.QueueBind(queue, happened.Topic(), "events", false, nil) })
}

func (s *stranger) waiting(queue string) (n int) {
	s.w.t.Helper()
	s.on(func(ch *amqp.Channel) error {
		q, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
		n = q.Messages
		return err
	})
	return n
}

// mend takes what waits out of the queue, deletes it, and brings it into the one that is
// made in its place.
func (s *stranger) mend(queue string) {
	s.w.t.Helper()
	var kept []amqp.Delivery
	s.on(func(ch *amqp.Channel) error {
		for {
			d, ok, err := ch.Get(queue, false)
			if err != nil {
				return err
			}
			if !ok {
				break
			}
			kept = append(kept, d)
		}
		_, err := ch.QueueDelete(queue, false, false, false)
		return err
	})
	s.w.eventually("the queue is made anew", func() bool {
		ch, err := s.conn.Channel()
		if err != nil {
			s.w.t.Fatal(err)
		}
		defer ch.Close() //nolint:errcheck // it may be closed
		_, err = ch.QueueDeclarePassive(queue, true, false, false, false, nil)
		return err == nil
	})
	for _, d := range kept { // a queue that is being made refuses at first
		s.w.eventually("the new queue takes a message", func() bool { return s.trySend("", queue, d.Headers, d.Body) == nil })
	}
}

// on runs f on a channel of its own.
func (s *stranger) on(f func(ch *amqp.Channel) error) {
	s.w.t.Helper()
	ch, err := s.conn.Channel()
	if err != nil {
		s.w.t.Fatal(err)
	}
	defer ch.Close() //nolint:errcheck // f's error counts
	if err := f(ch); err != nil {
		s.w.t.Fatal(err)
	}
}
