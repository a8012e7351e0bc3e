package outbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/slipway-go/slipway/events"
	"github.com/slipway-go/slipway/internal/failpoint"
	"github.com/slipway-go/slipway/telemetry"
)

// A Bus is the part of [events.Bus] that a relay needs.
type Bus interface {
	Publish(ctx context.Context, batch []events.Message) error
}

// Locks let one process of all relay. A [postgres.Locks] does.
type Locks interface {
	TryLock(ctx context.Context, key int64) (held bool, err error)
}

// RelayConfig says what is relayed where to.
type RelayConfig struct {
	Outbox *Outbox
	Bus    Bus
	// Topics are those that this version of the module declares. Events of others stay in
	// the outbox: in a rolling deployment the next version emits what only it knows,
	// and wants. Default: all topics, for a test.
	Topics []string
	// Unhold publishes again what the bus within a process held for its subscribers, as
	// soon as this relay is the active one: no other bus looks at that.
	Unhold bool
	// Locks are the process's in the database of the outbox. Default: none, for a test
	// that is alone with its database.
	Locks Locks
	// Observer hears when publishing stops to work, and when it works again, and of events
	// of other topics.
	telemetry.Observer
}

// A Relay publishes what a module has emitted, in the order of the rows.
//
// There is no event that a bus takes exception to, and so none that stands in the
// way of the others for ever: Emit writes the rows, and bounds whatever ends up in a
// header or a routing key. A bus that fails is away, and everything waits for it.
type Relay struct {
	cfg     RelayConfig
	metrics relayMetrics
	wake    chan struct{}
	// turn holds a token while a pass is under way.
	turn    chan struct{}
	seen    look
	strange strangers
	failing bool // the last pass of Run did
	active  bool // it had the lock when it last asked
}

// NewRelay returns a relay, which does nothing before Run or Pass.
func NewRelay(cfg RelayConfig) *Relay {
	cfg.Observer = cfg.WithDefaults()
	return &Relay{cfg: cfg, metrics: newRelayMetrics(cfg.Metrics), wake: make(chan struct{}, 1), turn: make(chan struct{}, 1)}
}

const (
	// interval is the pause between two looks for what another process emitted.
	interval = 500 * time.Millisecond
	// firstPause doubles with each failure, up to lastPause.
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
	// passBatches bounds a pass, as rows that committed late are found by the next one.
	passBatches = 20
	// finishTimeout is what a batch in hand gets after the end of the context.
	finishTimeout = 3 * time.Second
)

// Run publishes until ctx is done, and finishes the batch in hand. As long as the
// process of another relay of this module lives, it only waits to take over. It also
// deletes what is older than [Retention].
func (r *Relay) Run(ctx context.Context) error {
	stop := r.cfg.Outbox.db.OnSignal(events.Emitted, func(context.Context) {
		select {
		case r.wake <- struct{}{}:
		default: // it is awake already
		}
	})
	defer stop()
	var sweeping sync.WaitGroup
	defer sweeping.Wait()
	sweeping.Go(func() { r.sweep(ctx) })
	r.relay(ctx)
	return nil
}

// relay passes for ever. Only a relay that is active and works listens to who emits:
// another one would ask for the lock, or fail, as often as something is emitted.
func (r *Relay) relay(ctx context.Context) {
	for failures := 0; ; {
		active, more, err := r.pass(ctx, r.seen.behind, passBatches)
		if active && !more && err == nil {
			err = r.lookForStrangers(ctx)
		}
		r.tell(ctx, err)
		wake, pause := r.wake, interval
		switch {
		case err != nil:
			r.metrics.failures.Inc()
			wake, pause = nil, min(firstPause<<min(failures, 10), lastPause)
			failures++
		case more:
			continue
		case !active:
			wake = nil
		}
		if err == nil {
			failures = 0
		}
		select {
		case <-wake:
		case <-time.After(jitter(pause)):
		case <-ctx.Done():
			return
		}
	}
}

// jitter keeps processes that began together apart.
func jitter(d time.Duration) time.Duration {
	return d/2 + rand.N(d) //nolint:gosec // jitter is no secret
}

// tell logs a change and not each failure.
func (r *Relay) tell(ctx context.Context, err error) {
	if ctx.Err() != nil || (err != nil) == r.failing {
		return
	}
	r.failing = err != nil
	if r.failing {
		r.cfg.Logger.WarnContext(ctx, "events wait in the outbox", "error", err)
	} else {
		r.cfg.Logger.InfoContext(ctx, "events are published again")
	}
}

// Pass publishes everything that was emitted before it began, unless that is the work
// of another process.
func (r *Relay) Pass(ctx context.Context) error {
	_, _, err := r.pass(ctx, func() int64 { return 0 }, math.MaxInt)
	return err
}

// pass publishes batches of what lies behind a number, and reports whether this relay
// is the active one, and whether it stopped with more to publish.
func (r *Relay) pass(ctx context.Context, behind func() int64, batches int) (active, more bool, err error) {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return false, false, ctx.Err()
	}
	if !r.active {
		if r.active, err = r.activate(ctx); !r.active || err != nil {
			return false, false, err
		}
	}
	more, err = r.batches(ctx, behind(), batches)
	return r.active, more, err
}

// activate takes the lock, and with it what a bus within a process held: until then
// another process may hold more.
func (r *Relay) activate(ctx context.Context) (bool, error) {
	locked, err := r.lock(ctx)
	if !locked || err != nil || !r.cfg.Unhold {
		return locked, err
	}
	n, err := r.cfg.Outbox.Unhold(ctx)
	if err != nil {
		return false, err
	}
	if n > 0 {
		r.cfg.Logger.InfoContext(ctx, "events that were held inside a process are published to all once more", "count", n)
	}
	return true, nil
}

// batches publishes a batch while the one before it is being marked. Whoever dies
// meanwhile leaves two to be published once more, and never one that nobody publishes.
func (r *Relay) batches(ctx context.Context, behind int64, most int) (more bool, err error) {
	marked := make(chan error, 1) // how that went for the batch before
	marked <- nil
	for range most {
		p, err := r.publish(ctx, behind)
		if err = cmp.Or(err, <-marked); err != nil || len(p.seqs) == 0 {
			return false, err
		}
		go func() { marked <- r.mark(ctx, p.seqs) }()
		if p.isLast(maxRows) || ctx.Err() != nil {
			return false, <-marked
		}
		behind = p.last()
	}
	return true, <-marked
}

const unpublished = `SELECT * FROM kit_outbox WHERE published_at IS NULL AND seq > $1
	AND ($3::text[] IS NULL OR ` + topic + ` = ANY ($3)) ORDER BY seq LIMIT $2`

// publish hands over the first events behind a number that are not published. Only if
// there are any it looks whether the lock is still held, so that an idle relay rests.
func (r *Relay) publish(ctx context.Context, behind int64) (page, error) {
	begun := time.Now()
	p, err := r.cfg.Outbox.page(ctx, bounded(unpublished), behind, maxRows, r.cfg.Topics)
	if err != nil {
		return page{}, fmt.Errorf("read the outbox of %s: %w", r.cfg.Outbox.Module(), err)
	}
	r.seen.looked(behind, begun)
	if len(p.seqs) == 0 {
		return p, nil
	}
	if r.active, err = r.lock(ctx); !r.active || err != nil {
		return page{}, err
	}
	failpoint.Hit(ctx, "relay.read")
	ctx, cancel := outlive(ctx, finishTimeout)
	defer cancel()
	spans := events.Spans(r.cfg.Tracer, r.cfg.Outbox.Module(), telemetry.Producer, "publish", "send", p.messages)
	if err := r.cfg.Bus.Publish(ctx, p.messages); err != nil {
		return page{}, fmt.Errorf("publish events of %s: %w", r.cfg.Outbox.Module(), err)
	}
	spans.End()
	failpoint.Hit(ctx, "relay.published")
	return p, nil
}

// Nobody waits for the disk: where the server loses this with a power cut, the events
// are published once more.
const markPublished = `UPDATE kit_outbox SET published_at = now()
	WHERE seq = ANY ($1) AND set_config('synchronous_commit', 'off', true) = 'off'`

func (r *Relay) mark(ctx context.Context, seqs []int64) error {
	ctx, cancel := outlive(ctx, finishTimeout)
	defer cancel()
	if _, err := r.cfg.Outbox.db.Exec(ctx, markPublished, seqs); err != nil {
		return fmt.Errorf("mark events of %s as published: %w", r.cfg.Outbox.Module(), err)
	}
	r.metrics.published.Add(float64(len(seqs))) // not before: what is not marked is published once more
	failpoint.Hit(ctx, "relay.marked")
	r.seen.published(seqs[len(seqs)-1])
	return nil
}

func (r *Relay) lock(ctx context.Context) (bool, error) {
	if r.cfg.Locks == nil {
		return true, nil
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "slipway relay of %s", r.cfg.Outbox.Module()) // a hash takes everything
	return r.cfg.Locks.TryLock(ctx, int64(h.Sum64()))                   //nolint:gosec // any 64 bits do
}

var errNotFinished = errors.New("the process stops, and its last batch took too long")

// outlive returns a context that ends some time after ctx.
func outlive(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-time.After(d):
			cancel(errNotFinished)
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel(nil) }
}
