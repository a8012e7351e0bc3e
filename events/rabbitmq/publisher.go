package rabbitmq

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/slipway-go/slipway/internal/failpoint"
)

// window bounds what is under way without the broker's word.
const window = 1000

// publisher is a channel on which the broker confirms every message.
type publisher struct {
	cfg  Config
	conn *amqp.Connection
	ch   *amqp.Channel
	turn chan struct{} // one writes at a time
	gone chan struct{} // closed with the channel
	sync chan chan struct{}

	probing chan struct{} // one looks for queues at a time
	probe   *amqp.Channel // on which it does; nil until it is needed

	mu        sync.Mutex
	returned  map[string]int // message id → how often nobody wanted it
	blocked   string         // why the broker takes nothing, or empty
	unblocked chan struct{}  // closed when blocked ends
}

// letter is a message with its address.
type letter struct {
	exchange, key string
	amqp.Publishing
}

func openPublisher(ctx context.Context, cfg Config, conn *amqp.Connection) (*publisher, <-chan *amqp.Error, error) {
	ch, err := conn.Channel()
	if err != nil {
		return nil, nil, fmt.Errorf("open a channel: %w", err)
	}
	if err := ch.Confirm(false); err != nil {
		return nil, nil, fmt.Errorf("ask for confirms: %w", err)
	}
	p := &publisher{
		cfg: cfg, conn: conn, ch: ch, turn: make(chan struct{}, 1), gone: make(chan struct{}), sync: make(chan chan struct{}),
		probing:  make(chan struct{}, 1),
		returned: map[string]int{}, unblocked: make(chan struct{}),
	}
	lost := make(chan *amqp.Error, 1)
	closed := ch.NotifyClose(make(chan *amqp.Error, 1))
	go func() { lost <- <-closed; close(p.gone) }()
	go p.watchReturns(ch.NotifyReturn(make(chan amqp.Return)))
	go p.watchBlocked(context.WithoutCancel(ctx), conn.NotifyBlocked(make(chan amqp.Blocking, 1)))
	return p, lost, nil
}

// watchReturns notes what found no queue. The broker tells that before it confirms the
// message, so whoever asks by way of p.sync after a confirm gets the whole truth.
func (p *publisher) watchReturns(returns <-chan amqp.Return) {
	for {
		select {
		case r, ok := <-returns:
			if !ok {
				return
			}
			p.mu.Lock()
			p.returned[r.MessageId]++
			p.mu.Unlock()
		case done := <-p.sync:
			close(done)
		}
	}
}

// watchBlocked follows the broker's alarms.
func (p *publisher) watchBlocked(ctx context.Context, blockings <-chan amqp.Blocking) {
	for b := range blockings {
		p.setAlarm(b)
		if b.Active {
			p.cfg.Logger.WarnContext(ctx, "broker blocks publishers", slog.String("reason", b.Reason))
		} else {
			p.cfg.Logger.InfoContext(ctx, "broker takes messages again")
		}
	}
}

func (p *publisher) setAlarm(b amqp.Blocking) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b.Active {
		p.blocked = cmp.Or(b.Reason, "it does not say why")
		return
	}
	p.blocked = ""
	close(p.unblocked)
	p.unblocked = make(chan struct{})
}

// alarm returns why the broker takes nothing, if so, and what is closed when it does again.
func (p *publisher) alarm() (reason string, over <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blocked, p.unblocked
}

// publish returns when the broker has confirmed all letters, and which of them found no queue.
func (p *publisher) publish(ctx context.Context, letters []letter) (unrouted []int, err error) {
	for begin := 0; begin < len(letters); begin += window {
		part := letters[begin:min(begin+window, len(letters))]
		lost, err := p.publishPart(ctx, part)
		if err != nil {
			return nil, err
		}
		for _, i := range lost {
			unrouted = append(unrouted, begin+i)
		}
	}
	return unrouted, nil
}

func (p *publisher) publishPart(ctx context.Context, letters []letter) ([]int, error) {
	confirms, err := p.write(ctx, letters)
	if err == nil {
		failpoint.Hit(ctx, "rabbitmq.sent")
		err = p.await(ctx, confirms)
	}
	if err != nil {
		p.takeReturned(letters) // nobody asks for them any more
		return nil, err
	}
	failpoint.Hit(ctx, "rabbitmq.confirmed")
	done := make(chan struct{})
	select {
	case p.sync <- done:
		<-done
	case <-p.gone:
	}
	return p.takeReturned(letters), nil
}

// write sends all letters in their order.
func (p *publisher) write(ctx context.Context, letters []letter) ([]*amqp.DeferredConfirmation, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-p.gone:
		return nil, errLost
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	confirms := make([]*amqp.DeferredConfirmation, 0, len(letters))
	for _, l := range letters {
		if err := p.awaitAlarm(ctx); err != nil {
			return nil, err
		}
		c, err := p.ch.PublishWithDeferredConfirmWithContext(ctx, l.exchange, l.key, true, false, l.Publishing)
		if err != nil {
			return nil, fmt.Errorf("send to %s: %w", p.cfg.broker(), err)
		}
		confirms = append(confirms, c)
	}
	return confirms, nil
}

var errLost = errors.New("the connection was lost before the broker confirmed")

// awaitAlarm waits, for a while, until the broker takes messages.
func (p *publisher) awaitAlarm(ctx context.Context) error {
	reason, over := p.alarm()
	if reason == "" {
		return nil
	}
	select {
	case <-over:
		return nil
	case <-p.gone:
		return errLost
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(p.cfg.Patience):
		return blockedError(p.cfg, reason)
	}
}

func blockedError(cfg Config, reason string) error {
	return fmt.Errorf("%s blocks publishers: %s", cfg.broker(), reason)
}

// await waits for all confirms.
func (p *publisher) await(ctx context.Context, confirms []*amqp.DeferredConfirmation) error {
	refused := 0
	for _, c := range confirms {
		if err := p.hear(ctx, c.Done(), "confirm"); err != nil {
			return err
		}
		if !c.Acked() {
			refused++
		}
	}
	switch {
	case refused == 0:
		return nil
	case p.isGone():
		return errLost
	}
	return fmt.Errorf("%s refused %d of %d messages: a queue is full or cannot write", p.cfg.broker(), refused, len(confirms))
}

// hear waits for one word of the broker's, however slowly they come. Silence means that the
// connection may be dead, unless the broker has said that it takes nothing at the moment.
func (p *publisher) hear(ctx context.Context, word <-chan struct{}, verb string) error {
	select {
	case <-word: // as most have come when the first has
		return nil
	default:
	}
	silence := time.NewTimer(p.cfg.ConfirmTimeout)
	defer silence.Stop()
	for {
		_, over := p.alarm()
		select {
		case <-word:
			return nil
		case <-p.gone:
			return errLost
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-over:
			silence.Reset(p.cfg.ConfirmTimeout)
			continue
		case <-silence.C:
		}
		if reason, _ := p.alarm(); reason != "" { // perhaps since we began to wait
			return blockedError(p.cfg, reason)
		}
		go end(p.conn) // takes a moment if it is dead
		return fmt.Errorf("%s did not %s within %s", p.cfg.broker(), verb, p.cfg.ConfirmTimeout)
	}
}

func (p *publisher) isGone() bool {
	select {
	case <-p.gone:
		return true
	default:
		return p.ch.IsClosed()
	}
}

// takeReturned finds those that nobody wanted, and forgets them.
func (p *publisher) takeReturned(letters []letter) []int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.returned) == 0 {
		return nil
	}
	var found []int
	for i, l := range letters {
		n := p.returned[l.MessageId]
		if n == 0 {
			continue
		}
		found = append(found, i)
		if n == 1 {
			delete(p.returned, l.MessageId)
		} else {
			p.returned[l.MessageId] = n - 1
		}
	}
	return found
}

// missing returns those of the queues that are not there. What was published meanwhile
// has reached others, so that the broker returned nothing.
func (p *publisher) missing(ctx context.Context, queues []string) ([]string, error) {
	select {
	case p.probing <- struct{}{}:
	case <-p.gone:
		return nil, errLost
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	var missing []string
	var failed error
	answered := make(chan struct{})
	go func() { // a broker with an alarm answers when that is over, and no sooner
		defer func() { <-p.probing }()
		defer close(answered)
		missing, failed = p.look(queues)
	}()
	if err := p.hear(ctx, answered, "answer"); err != nil {
		return nil, fmt.Errorf("look for the queues %s: %w", queues, err)
	}
	return missing, failed
}

func (p *publisher) look(queues []string) (missing []string, err error) {
	for _, queue := range queues {
		found, err := p.find(queue)
		if err != nil {
			return nil, fmt.Errorf("look for the queue %s: %w", queue, err)
		}
		if !found {
			missing = append(missing, queue)
		}
	}
	return missing, nil
}

// find asks on a channel that is kept, unless the broker closes it with its no.
func (p *publisher) find(queue string) (found bool, err error) {
	if p.probe == nil {
		if p.probe, err = p.conn.Channel(); err != nil {
			return false, err
		}
	}
	_, err = p.probe.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err == nil {
		return true, nil
	}
	p.probe = nil
	if isMissing(err) {
		return false, nil
	}
	return false, err
}

func isMissing(err error) bool {
	answer, ok := errors.AsType[*amqp.Error](err)
	return ok && answer.Code == amqp.NotFound
}
