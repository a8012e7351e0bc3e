package otlp

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

const (
	// maxSent bounds a body before it is packed; receivers take 20 MiB, some 4.
	maxSent = 4 << 20
	// maxTrying bounds the attempts at one batch.
	maxTrying = time.Minute
	// Pauses grow between these two.
	minPause = time.Second
	maxPause = 30 * time.Second
	// maxAsked bounds what a receiver may ask for with Retry-After.
	maxAsked = 5 * time.Minute
)

// A sender is the exporter at work: one goroutine.
type sender struct {
	*Exporter

	stopping context.Context // done: no more attempts than one
	ending   context.Context // done: no more time
	health   health
	batch    []telemetry.SpanData
	plain    []byte
	packed   bytes.Buffer
	zip      *gzip.Writer

	failures int       // attempts since the last that went well
	next     time.Time // when the receiver may be asked again
	asked    bool      // by itself
	gaveUp   bool      // while stopping
}

func newSender(stopping, ending context.Context, e *Exporter) *sender {
	s := &sender{Exporter: e, stopping: stopping, ending: ending, health: health{exporter: e}}
	s.zip, _ = gzip.NewWriterLevel(nil, gzip.BestSpeed) // a level that there is
	return s
}

// sendFull sends as long as there are full batches.
func (s *sender) sendFull() {
	for s.queue.len() >= s.queue.batch && s.stopping.Err() == nil {
		s.sendOne()
	}
}

// sendAll sends all that wait when it is called, or a little more.
func (s *sender) sendAll() {
	for left := s.queue.len(); left > 0; {
		left -= s.sendOne()
	}
}

func (s *sender) sendOne() int {
	s.batch = s.queue.take(s.batch[:0], s.queue.batch)
	s.send(s.batch)
	clear(s.batch) // what it holds may be let go
	return max(1, len(s.batch))
}

// send encodes and delivers a batch, in halves if it is too large.
func (s *sender) send(spans []telemetry.SpanData) {
	if len(spans) == 0 {
		return
	}
	s.plain = s.encoder.request(s.plain[:0], spans)
	if len(s.plain) > maxSent {
		s.split(spans)
		return
	}
	body, err := s.pack()
	if err != nil { // a buffer takes all
		s.counts.drop(len(spans), Refused)
		return
	}
	s.settle(spans, s.deliver(body))
}

func (s *sender) split(spans []telemetry.SpanData) {
	if len(spans) == 1 {
		s.counts.drop(1, TooLarge)
		return
	}
	half := len(spans) / 2
	s.send(spans[:half])
	s.send(spans[half:])
}

func (s *sender) pack() ([]byte, error) {
	if !s.packs() {
		return s.plain, nil
	}
	s.packed.Reset()
	s.zip.Reset(&s.packed)
	_, err := s.zip.Write(s.plain)
	err = errors.Join(err, s.zip.Close())
	return s.packed.Bytes(), err
}

// settle counts what has become of a batch.
func (s *sender) settle(spans []telemetry.SpanData, o outcome) {
	switch {
	case o.status == http.StatusRequestEntityTooLarge && len(spans) > 1:
		s.split(spans) // another request, not the same again
	case o.err != nil:
		s.counts.drop(len(spans), o.reason)
	default:
		rejected := min(max(0, o.rejected), len(spans))
		s.counts.drop(rejected, Rejected)
		s.counts.exported.Add(uint64(len(spans) - rejected)) //nolint:gosec // not negative
	}
}

// deliver attempts until the batch is taken, or it makes no sense to go on.
func (s *sender) deliver(body []byte) outcome {
	began := time.Now()
	for {
		if !s.mayTry() {
			return outcome{err: errStopped, reason: Stopped}
		}
		o := s.attempt(body)
		if o.err != nil && s.ending.Err() != nil {
			o = outcome{err: errStopped, reason: Stopped} // it was cut short, and is no fault of the receiver's address
		}
		s.learn(o)
		if !o.again || s.stopping.Err() != nil || time.Until(s.next)+time.Since(began) > maxTrying {
			return o
		}
	}
}

var errStopped = errors.New("the process stops, and what was left did not get through in time")

// mayTry waits until the receiver may be asked, and reports whether it still makes sense.
func (s *sender) mayTry() bool {
	timer := time.NewTimer(time.Until(s.next))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stopping.Done():
		s.gaveUp = s.gaveUp || s.asked && time.Now().Before(s.next)
	}
	return !s.gaveUp && s.ending.Err() == nil
}

// learn sets when the next attempt may be made.
func (s *sender) learn(o outcome) {
	s.health.note(s.ending, o)
	if !o.again {
		s.failures, s.next, s.asked = 0, time.Time{}, false
		return
	}
	s.failures++
	s.asked = o.after > 0
	s.next = time.Now().Add(cmp.Or(min(o.after, maxAsked), pause(s.failures)))
	s.gaveUp = s.stopping.Err() != nil
}

// pause grows with the failures, with jitter.
func pause(failures int) time.Duration {
	d := min(maxPause, minPause<<min(failures-1, 5))
	return d/2 + rand.N(d/2) //nolint:gosec // not a secret
}
