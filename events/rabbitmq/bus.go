package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	amqp "github.com/rabbitmq/amqp091-go"
	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/events"
)

// Bus carries events over RabbitMQ.
type Bus struct {
	cfg        Config
	publishing *link[*publisher]
	consuming  *link[*amqp.Connection]

	mu         sync.Mutex
	topics     map[string]map[string]bool // module → the topics it wants
	mismatches map[string]error           // module → what is wrong with its queue
	consumers  map[*consumer]bool
	unwanted   map[string]bool // the topics of which it was told that no module wants them
}

var _ events.Bus = (*Bus)(nil)

// Open checks the settings. It connects to nothing: Run does.
func Open(cfg Config) (*Bus, error) {
	if err := checkURL(cfg.URL); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	b := &Bus{
		cfg: cfg, topics: map[string]map[string]bool{}, mismatches: map[string]error{},
		consumers: map[*consumer]bool{}, unwanted: map[string]bool{},
	}
	for _, s := range cfg.Subscriptions {
		b.subscribe(s)
	}
	b.publishing = newLink(cfg, "publisher", b.openPublisher)
	b.consuming = newLink(cfg, "consumers", openConsuming)
	return b, nil
}

// Run keeps two connections, since a broker that is short of memory stops reading from
// those that publish, and would not see what a consumer acknowledges. It returns when ctx
// is done, or with an error if the broker refuses the user or the virtual host.
func (b *Bus) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return b.publishing.run(ctx) })
	g.Go(func() error { return b.consuming.run(ctx) })
	return g.Wait()
}

func (b *Bus) openPublisher(ctx context.Context, conn *amqp.Connection) (*publisher, <-chan *amqp.Error, error) {
	if err := b.declare(ctx, conn); err != nil {
		return nil, nil, err
	}
	return openPublisher(ctx, b.cfg, conn)
}

func openConsuming(_ context.Context, conn *amqp.Connection) (*amqp.Connection, <-chan *amqp.Error, error) {
	return conn, conn.NotifyClose(make(chan *amqp.Error, 1)), nil
}

// subscribe adds to what every declaration declares.
func (b *Bus) subscribe(s events.Subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.topics[s.Module] == nil {
		b.topics[s.Module] = map[string]bool{}
	}
	for _, topic := range s.Topics {
		b.topics[s.Module][topic] = true
	}
}

func (b *Bus) subscriptions() []events.Subscription {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []events.Subscription
	for _, module := range slices.Sorted(maps.Keys(b.topics)) {
		all = append(all, events.Subscription{Module: module, Topics: slices.Sorted(maps.Keys(b.topics[module]))})
	}
	return all
}

// declare declares what the whole product needs, and tells once of each queue that
// cannot be used.
func (b *Bus) declare(ctx context.Context, conn *amqp.Connection) error {
	mismatches, err := declare(conn, b.subscriptions())
	if err != nil {
		return err
	}
	b.mu.Lock()
	before := b.mismatches
	b.mismatches = mismatches
	b.mu.Unlock()
	for module, err := range mismatches {
		if before[module] == nil {
			b.cfg.Logger.ErrorContext(ctx, "queue cannot be used", slog.String("module", module), slog.Any("error", err))
		}
	}
	return nil
}

// Publish implements [events.Bus]. It waits a while for a broker that is away.
func (b *Bus) Publish(ctx context.Context, batch []events.Message) error {
	letters := make([]letter, len(batch))
	for i, m := range batch {
		if len(m.Subject) > events.MaxSubject {
			return fmt.Errorf("publish event %s: its subject has %d bytes: expected %d or fewer", m.ID, len(m.Subject), events.MaxSubject)
		}
		letters[i] = letter{exchange, m.Topic(), publishing(m)}
	}
	p, unrouted, err := b.send(ctx, letters)
	if err != nil {
		return fmt.Errorf("publish %d events: %w", len(batch), err)
	}
	if err := b.judge(ctx, p, letters, unrouted); err != nil {
		return fmt.Errorf("publish %d events: %w", len(batch), err)
	}
	return nil
}

func (b *Bus) send(ctx context.Context, letters []letter) (*publisher, []int, error) {
	waiting, cancel := context.WithTimeoutCause(ctx, b.cfg.Patience, fmt.Errorf("waited for %s", b.cfg.Patience))
	defer cancel()
	p, err := b.publishing.get(waiting)
	if err != nil {
		return nil, nil, err
	}
	unrouted, err := p.publish(ctx, letters)
	return p, unrouted, err
}

// judge tells of the events that nobody wants, once of each topic. One that somebody wants has lost its queue,
// as has a module whose queue is not there, although others got the event: that is
// declared again, and the caller is to publish once more.
func (b *Bus) judge(ctx context.Context, p *publisher, letters []letter, unrouted []int) error {
	var lost []string
	for _, i := range unrouted {
		topic := letters[i].key
		if module := b.subscriberOf(topic); module != "" {
			lost = append(lost, queueOf(module))
			continue
		}
		if b.isNewlyUnwanted(topic) {
			b.cfg.Logger.InfoContext(ctx, "event without a subscriber", slog.String("topic", topic))
		}
	}
	missing, err := p.missing(ctx, b.queuesFor(letters))
	if err != nil {
		return err
	}
	if lost = append(lost, missing...); len(lost) == 0 {
		return nil
	}
	slices.Sort(lost)
	err = fmt.Errorf("the queue %s had been deleted, or its bindings: it is declared again", slices.Compact(lost))
	b.cfg.Logger.WarnContext(ctx, "queue was deleted", slog.Any("error", err))
	return errors.Join(err, b.declare(ctx, p.conn))
}

// queuesFor returns the queues that the letters should have reached.
func (b *Bus) queuesFor(letters []letter) (queues []string) {
	published := map[string]bool{}
	for _, l := range letters {
		published[l.key] = true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for module, topics := range b.topics {
		for topic := range topics {
			if published[topic] {
				queues = append(queues, queueOf(module))
				break
			}
		}
	}
	slices.Sort(queues)
	return queues
}

func (b *Bus) subscriberOf(topic string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	for module, topics := range b.topics {
		if topics[topic] {
			return module
		}
	}
	return ""
}

func (b *Bus) isNewlyUnwanted(topic string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	known := b.unwanted[topic]
	b.unwanted[topic] = true
	return !known
}

// Healthy implements [events.Bus]. It tells of a connection that is needed and down. An
// alarm, a queue that cannot be used and a module that gets nothing are in the log, and
// the commands tell them: to take a process away would mend none of them.
func (b *Bus) Healthy() error {
	if err := b.publishing.healthy(); err != nil {
		return b.cfg.outage(err)
	}
	b.mu.Lock()
	consuming := len(b.consumers) > 0
	b.mu.Unlock()
	if !consuming {
		return nil
	}
	if err := b.consuming.healthy(); err != nil {
		return b.cfg.outage(err)
	}
	return nil
}
