package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/problem"
)

// Streams lets a request take up to limit, whatever SLIPWAY_REQUEST_TIMEOUT says, for as long
// as it moves at the server's [Pace]. A body that does not ends with a problem (408,
// body_timeout), which the handler gets as the error of its Read; an answer with the
// connection. In process there is no connection, and so nobody who would hold one.
func (m *Mounted) Streams(limit time.Duration) *Mounted {
	m.streams, m.timeout = true, limit
	return m.recheck()
}

// IsStreaming reports whether the route [Mounted.Streams].
func (r *Route) IsStreaming() bool { return r.streams }

// A Pace says how slow a client of a route that streams may be. What the handler takes is
// not counted.
type Pace struct {
	// Pause is how long nothing of a body may come. Default: 15s.
	Pause time.Duration
	// Stall is how long a client may take nothing of an answer. It is longer, since what lies
	// between buffers it: a slow client takes a part of that at once, and then nothing for
	// long. Default: 1m.
	Stall time.Duration
	// Rate is what must move, in bytes a second: of a body over twice the Pause, of an answer
	// over the Stall. Default: 4 KiB.
	Rate int64
}

const (
	defaultPause = 15 * time.Second
	defaultStall = time.Minute
	defaultRate  = 4 << 10
)

func (p Pace) withDefaults() Pace {
	return Pace{Pause: cmp.Or(p.Pause, defaultPause), Stall: cmp.Or(p.Stall, defaultStall), Rate: cmp.Or(p.Rate, defaultRate)}
}

// A flow is one direction of a connection, whose deadline moves on as long as bytes do.
type flow struct {
	pause    time.Duration
	window   time.Duration // of waiting, over which the rate is looked at
	rate     int64
	end      time.Time // of the request
	deadline func(time.Time) error

	moved  time.Time // when the deadline was last moved
	waited time.Duration
	bytes  int64
}

// begin moves the deadline on, a few times in each pause: doing so costs a call of the kernel's.
func (f *flow) begin(now time.Time) {
	slack := f.pause / 16
	if now.Sub(f.moved) < slack {
		return
	}
	f.moved = now
	at := now.Add(f.pause + slack)
	if at.After(f.end) {
		at = f.end
	}
	_ = f.deadline(at) // not supported in process
}

// ended counts what moved since begin, and reports whether that was too slow.
func (f *flow) ended(begun time.Time, n int64) bool {
	f.waited += time.Since(begun)
	f.bytes += n
	if f.waited < f.window {
		return false
	}
	slow := float64(f.bytes) < float64(f.rate)*f.waited.Seconds()
	f.waited, f.bytes = 0, 0
	return slow
}

// stop lets nothing move any more.
func (f *flow) stop() { _ = f.deadline(time.Now()) }

// A streamBody is the body of a route that streams.
type streamBody struct {
	io.ReadCloser
	flow
	start  time.Time
	broken *brokenBody
	err    error // that it has ended with
}

func (b *streamBody) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	begun := time.Now()
	b.begin(begun)
	n, err := b.ReadCloser.Read(p)
	switch slow := b.ended(begun, int64(n)); {
	case errors.Is(err, io.EOF):
		_ = b.deadline(time.Time{})
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = b.late(err)
	case err != nil:
		err = bodyError(err)
	case slow:
		err = bodyTimeout("the body comes too slowly: this route takes it from %d bytes a second on", b.rate)
		b.stop()
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.broken.unread.Store(true)
		err = b.broken.keep(err)
	}
	b.err = err
	return n, err
}

func (b *streamBody) late(err error) error {
	if !time.Now().Before(b.end) {
		return bodyTimeout("the body took longer to arrive than the %s that this route gives a request", b.end.Sub(b.start)).Wrap(err)
	}
	return bodyTimeout("the body stopped arriving: nothing of it came for %s", b.pause).Wrap(err)
}

func bodyTimeout(format string, args ...any) *problem.Error {
	return problem.RequestTimeout(format, args...).WithCode("body_timeout")
}

// bodyError makes of an error of reading what the client is told of it: it is the client's
// connection, and no defect of ours.
func bodyError(err error) error {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	_, told := errors.AsType[*problem.Error](err)
	switch {
	case tooLarge, told, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, http.ErrBodyReadAfterClose):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return bodyTimeout("the body took too long to arrive").Wrap(err)
	}
	return problem.BadRequest("the body could not be read to its end").WithCode("body_incomplete").Wrap(err)
}

// A brokenBody has the error with which a body ended, if it did. With it net/http takes the
// client for gone and ends the request's context, so that whatever else is at work fails by
// that; the body is the reason. It is read by the transport of the edge as well, beside the handler.
type brokenBody struct {
	err    atomic.Pointer[error]
	unread atomic.Bool
}

func (b *brokenBody) keep(err error) error {
	b.err.Store(&err)
	return err
}

// explain returns the reason in place of err.
func (b *brokenBody) explain(err error) error {
	reason := b.err.Load()
	if reason == nil || !errors.Is(err, context.Canceled) {
		return err
	}
	return *reason
}

var errSlowReader = errors.New("the client takes the answer too slowly")

func (x *exchange) write(b []byte) (int, error) {
	if x.flow == nil {
		return x.ResponseWriter.Write(b)
	}
	n, err := x.moved(func() (int64, error) {
		n, err := x.ResponseWriter.Write(b)
		return int64(n), err
	})
	return int(n), err
}

// piece is what the kernel sends of a file between two looks at the client: a fast one does
// not notice, and a client at the usual rate takes it in the time of a stall.
const piece = 256 << 10

// stream copies src to the client. Only a file goes by the kernel; of another source the time
// that it takes must not count as the client's.
func (x *exchange) stream(src io.Reader) (int64, error) {
	limit := int64(math.MaxInt64)
	outer, limited := src.(*io.LimitedReader)
	inner := src
	if limited {
		limit, inner = outer.N, outer.R
	}
	if !isFile(inner) {
		return io.Copy(writerOnly{x}, src)
	}
	n, err := x.send(inner, limit)
	if limited {
		outer.N -= n
	}
	return n, err
}

// isFile reports what the kernel can send by itself: an *os.File, or what reads one.
func isFile(r io.Reader) bool {
	conn, ok := r.(syscall.Conn)
	if _, seeks := r.(io.Seeker); !ok || !seeks { // a connection cannot be sought in
		return false
	}
	_, err := conn.SyscallConn()
	return err == nil
}

// A writerOnly hides what else a writer can do.
type writerOnly struct{ io.Writer }

func (x *exchange) send(file io.Reader, limit int64) (sent int64, err error) {
	for sent < limit {
		some := min(limit-sent, piece)
		n, err := x.moved(func() (int64, error) { return io.CopyN(x.ResponseWriter, file, some) })
		sent, x.bytes = sent+n, x.bytes+n
		switch {
		case errors.Is(err, io.EOF):
			return sent, nil
		case err != nil:
			return sent, err
		}
	}
	return sent, nil
}

// moved passes a part of the answer on. A client that does not take it loses the connection:
// half an answer must not look like a whole one.
func (x *exchange) moved(pass func() (int64, error)) (int64, error) {
	begun := time.Now()
	x.flow.begin(begun)
	n, err := pass()
	if slow := x.flow.ended(begun, n); err == nil && slow {
		err = fmt.Errorf("%w: fewer than %d bytes a second", errSlowReader, x.flow.rate)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		x.cut()
	}
	return n, err
}

// cut ends the connection, and what the handler still writes goes nowhere.
func (x *exchange) cut() {
	x.aborted, x.lost = true, true
	x.flow.stop()
}

// release gives the end of an answer its time. A server without a time for answers of its own
// would not begin it anew with the next request of the connection.
func (x *exchange) release(r *http.Request) {
	if x.flow == nil || x.aborted {
		return
	}
	if server, ok := r.Context().Value(http.ServerContextKey).(*http.Server); ok && server.WriteTimeout == 0 {
		_ = x.flow.deadline(time.Time{})
		return
	}
	_ = x.flow.deadline(time.Now().Add(x.flow.pause))
}

// stream bounds a request by its pace, where others have a time.
func (e *endpoint) stream(x *exchange, r *http.Request) {
	c, end := http.NewResponseController(x.ResponseWriter), x.start.Add(e.timeout)
	x.flow = &flow{
		pause: e.pace.Stall, window: e.pace.Stall, rate: e.pace.Rate,
		end:      end.Add(e.pace.Stall), // an answer that the end came to is told so
		deadline: c.SetWriteDeadline,
	}
	x.flow.begin(x.start)
	if !hasBody(r) {
		return
	}
	b := &streamBody{
		ReadCloser: e.limited(x, r), start: x.start, broken: &x.broken,
		flow: flow{pause: e.pace.Pause, window: 2 * e.pace.Pause, rate: e.pace.Rate, end: end, deadline: c.SetReadDeadline},
	}
	b.begin(x.start) // for a body that nobody reads: net/http reads on for a while, to use the connection again
	r.Body = b
}
