package slipwaytest

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

// A Fault is how a neighbour, or the network before it, goes wrong: a layer
// around the answer that would have come.
type Fault func(next http.RoundTripper) http.RoundTripper

// Fail lets calls of op go wrong, one fault each, in order; the last one stays.
// A fault that only delays or cuts an answer has that of the [Reply] before it,
// or of the module itself. A later Reply ends the faults.
//
//	slipwaytest.Reply(k, cartapi.Get, cart)
//	slipwaytest.Fail(k, cartapi.Get, slipwaytest.Reset, slipwaytest.Recovered) // the second attempt succeeds
//
// Faults are met by the real client: its deadlines, its retries, its breaker.
func Fail[In, Out any](k *Kit, op api.Callable[In, Out], first Fault, more ...Fault) *Received[In] {
	k.t.Helper()
	n := k.standIns(api.RouteOf(op))
	heard := newDouble(n, op, func(context.Context, In) (out Out, _ error) {
		return out, problem.Unavailable("a fault comes instead")
	})
	q := &queue{faults: append([]Fault{first}, more...)}
	n.disturb(standFor(n, op), func(next reply) reply {
		return func(caller, neighbour string) http.RoundTripper {
			return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
				r, err := hear(heard.reply(caller, neighbour), r)
				if err != nil {
					return nil, err
				}
				return q.take()(next(caller, neighbour)).RoundTrip(r)
			})
		}
	})
	return &heard.got
}

// hear lets the double look at a request, and returns the request as it came.
func hear(double http.RoundTripper, r *http.Request) (*http.Request, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return r, listen(double, r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	again := func() *http.Request {
		c := r.Clone(r.Context())
		c.Body = io.NopCloser(bytes.NewReader(body))
		return c
	}
	return again(), listen(double, again())
}

func listen(double http.RoundTripper, r *http.Request) error {
	resp, err := double.RoundTrip(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// A queue hands out faults; the last one stays.
type queue struct {
	mu     sync.Mutex
	faults []Fault
}

func (q *queue) take() Fault {
	q.mu.Lock()
	defer q.mu.Unlock()
	f := q.faults[0]
	if len(q.faults) > 1 {
		q.faults = q.faults[1:]
	}
	return f
}

// Recovered is the end of faults: the answer comes as it should.
func Recovered(next http.RoundTripper) http.RoundTripper { return next }

// Latency lets the answer come after d.
func Latency(d time.Duration) Fault {
	return func(next http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			if err := wait(r.Context(), d); err != nil {
				return nil, err
			}
			return next.RoundTrip(r)
		})
	}
}

// Hang never answers.
func Hang(http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
}

// Down is a neighbour that nobody has started: the connection is refused.
func Down(http.RoundTripper) http.RoundTripper {
	return broken(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)})
}

// Reset is a connection that breaks after the request was sent.
func Reset(http.RoundTripper) http.RoundTripper {
	return broken(&net.OpError{Op: "read", Net: "tcp", Err: os.NewSyscallError("read", syscall.ECONNRESET)})
}

func broken(err error) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) { return nil, err })
}

// Status is an answer with a status and an empty body, as a proxy in between
// gives it.
func Status(code int) Fault { return Answering(code, "", "") }

// Garbage is a success that nobody understands.
func Garbage(http.RoundTripper) http.RoundTripper {
	return Answering(http.StatusOK, "text/html", "<html>not what you think")(nil)
}

// Answering is an answer as it is written here, whatever the contract says.
func Answering(status int, contentType, body string) Fault {
	return func(http.RoundTripper) http.RoundTripper {
		return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			header := http.Header{}
			if contentType != "" {
				header.Set("Content-Type", contentType)
			}
			return &http.Response{
				Status: http.StatusText(status), StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header: header, Body: io.NopCloser(bytes.NewReader([]byte(body))), ContentLength: int64(len(body)), Request: r,
			}, nil
		})
	}
}

// SlowBody lets the head of the answer come at once and its body a byte at a
// time, without end.
func SlowBody(next http.RoundTripper) http.RoundTripper {
	return bodies(next, func(ctx context.Context, body io.Reader) io.Reader { return &trickle{ctx: ctx, body: body} })
}

// Truncated lets the connection break in the middle of the body.
func Truncated(next http.RoundTripper) http.RoundTripper {
	return bodies(next, func(_ context.Context, body io.Reader) io.Reader { return &torn{body: body} })
}

// bodies replaces the body of each answer.
func bodies(next http.RoundTripper, change func(context.Context, io.Reader) io.Reader) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err != nil {
			return nil, err
		}
		resp.Body = struct {
			io.Reader
			io.Closer
		}{change(r.Context(), resp.Body), resp.Body}
		resp.ContentLength = -1
		return resp, nil
	})
}

// tricklePause lies between two bytes of a slow body.
const tricklePause = 50 * time.Millisecond

type trickle struct {
	ctx  context.Context //nolint:containedctx // a body lives as long as its request
	body io.Reader
}

func (t *trickle) Read(p []byte) (int, error) {
	if err := wait(t.ctx, tricklePause); err != nil || len(p) == 0 {
		return 0, err
	}
	if n, _ := t.body.Read(p[:1]); n == 0 {
		p[0] = ' ' // the body has ended and the answer has not
	}
	return 1, nil
}

// torn gives the first byte and breaks.
type torn struct {
	body io.Reader
	gave bool
}

func (t *torn) Read(p []byte) (int, error) {
	if t.gave || len(p) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	t.gave = true
	return t.body.Read(p[:1])
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
