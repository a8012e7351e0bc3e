package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/slipway-go/slipway/httpclient"
)

// enough is what has to move within the patience, in bytes: an object may take hours, but
// nobody trickles.
const enough = 64 << 10

// slowly is the patience for what S3 does on its own before it answers: it copies an object
// or puts one together.
func slowly(patience time.Duration) time.Duration { return 12 * patience }

// A StallError is an attempt that did not go on.
type stallError struct{ after time.Duration }

func (e *stallError) Error() string {
	return fmt.Sprintf("within %s there was no answer, or less than %d KiB of it", e.after, enough>>10)
}

// Timeout and Temporary make it a net.Error, as a connection's own are.
func (*stallError) Timeout() bool   { return true }
func (*stallError) Temporary() bool { return true }

func isStalled(err error) bool {
	_, ok := errors.AsType[*stallError](err)
	return ok
}

type patienceKey struct{}

func withPatience(ctx context.Context, d time.Duration) context.Context {
	return context.WithValue(ctx, patienceKey{}, d)
}

// progress ends an attempt that does not go on: one that sends too little, waits too long for
// the answer, or gets too little of it. The time that the reader of an answer takes for
// itself does not count.
func progress(patience time.Duration) httpclient.Layer {
	return func(next http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			patience := patience
			if d, ok := r.Context().Value(patienceKey{}).(time.Duration); ok {
				patience = d
			}
			return newWatch(r.Context(), patience).roundTrip(next, r)
		})
	}
}

// A watch ends a context unless enough moves in time.
type watch struct {
	ctx      context.Context //nolint:containedctx // that of the one attempt it watches
	cancel   context.CancelFunc
	patience time.Duration
	timer    *time.Timer

	mu       sync.Mutex
	answered bool // what is still sent then is of no interest

	moved int           // of the answer, since the time began anew
	left  time.Duration // of the time
}

func newWatch(ctx context.Context, patience time.Duration) *watch {
	stall := &stallError{after: patience}
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{ctx: ctx, cancel: func() { cancel(context.Canceled) }, patience: patience, left: patience}
	w.timer = time.AfterFunc(patience, func() { cancel(stall) })
	return w
}

func (w *watch) roundTrip(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	r = r.WithContext(w.ctx)
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &sent{ReadCloser: r.Body, watch: w}
	}
	resp, err := next.RoundTrip(r)
	w.answer()
	if err != nil {
		err = w.explain(err)
		w.cancel()
		return nil, err
	}
	resp.Body = &received{resp.Body, w}
	return resp, nil
}

// answer ends the watch over what is sent: a server may answer before it has read all.
func (w *watch) answer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answered = true
	w.timer.Stop()
}

// goesOn begins the time of what is sent anew.
func (w *watch) goesOn() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.answered {
		w.timer.Reset(w.patience)
	}
}

// explain makes an error that came of the watch say so.
func (w *watch) explain(err error) error {
	if stall, ok := errors.AsType[*stallError](context.Cause(w.ctx)); ok {
		return stall
	}
	return err
}

// sent is what is sent: what is asked for is what the network has taken.
type sent struct {
	io.ReadCloser

	watch *watch
	moved int
}

func (s *sent) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	if s.moved += n; s.moved >= enough || err != nil {
		s.moved = 0
		s.watch.goesOn()
	}
	return n, err
}

// received is what is received.
type received struct {
	io.ReadCloser

	watch *watch
}

func (b *received) Read(p []byte) (int, error) {
	w, began := b.watch, time.Now()
	w.timer.Reset(w.left)
	n, err := b.ReadCloser.Read(p)
	w.timer.Stop()
	w.left -= time.Since(began)
	if w.moved += n; w.moved >= enough {
		w.left, w.moved = w.patience, 0
	}
	if err != nil && err != io.EOF { //nolint:errorlint // the contract of io.Reader: not wrapped
		err = w.explain(err)
	}
	return n, err
}

func (b *received) Close() error {
	b.watch.cancel()
	return b.ReadCloser.Close()
}
