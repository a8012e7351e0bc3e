package s2s

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/slipway-go/slipway/telemetry"
)

// Local returns a transport to a handler in this process. The handler runs on a
// goroutine of its own under a context that carries the caller's deadline and
// cancellation and nothing else. A panic becomes an error; an answer that comes
// after the caller has given up is dropped, and the caller gets ctx.Err().
//
// Like a client's connections, its goroutines wait a while for another call;
// CloseIdleConnections of http.Client, or of the transport itself, ends them.
func Local(h http.Handler) http.RoundTripper {
	return &local{handler: h, work: make(chan *localCall), leave: make(chan struct{})}
}

// workerIdle is how long a goroutine waits for another call: its grown stack is
// worth a third of a call's time.
const workerIdle = 5 * time.Second

type local struct {
	handler http.Handler
	work    chan *localCall // unbuffered: only an idle worker receives

	mu    sync.Mutex
	leave chan struct{} // closed to end the workers that are there
}

// CloseIdleConnections ends the workers that wait; one that is at work ends with
// its call.
func (l *local) CloseIdleConnections() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.leave)
	l.leave = make(chan struct{})
}

func (l *local) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := newLocalCall(r)
	l.run(c)
	select {
	case <-c.done:
		return c.response(r)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *local) run(c *localCall) {
	select {
	case l.work <- c:
	default:
		l.mu.Lock()
		leave := l.leave
		l.mu.Unlock()
		go l.worker(c, leave)
	}
}

func (l *local) worker(c *localCall, leave <-chan struct{}) {
	idle := time.NewTimer(workerIdle)
	defer idle.Stop()
	for {
		c.serve(l.handler)
		idle.Reset(workerIdle)
		select {
		case c = <-l.work:
		case <-idle.C:
			return
		case <-leave:
			return
		}
	}
}

// A localCall holds what belongs to one call in one piece: allocated one by
// one, its parts would cost more than the hand-over between the goroutines.
type localCall struct {
	request *http.Request
	url     url.URL
	answer  answer
	body    answerBody
	err     error
	done    chan struct{}
}

// newLocalCall makes of the request what the handler would read from the wire.
func newLocalCall(r *http.Request) *localCall {
	c := &localCall{done: make(chan struct{}), answer: answer{header: http.Header{}, status: http.StatusOK}}
	c.url = url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	c.request = r.WithContext(detached{r.Context()})
	c.request.URL = &c.url
	c.request.Header = r.Header.Clone()
	c.request.RequestURI = c.url.RequestURI()
	c.request.RemoteAddr = "local"
	if c.request.Body == nil {
		c.request.Body = http.NoBody
	}
	return c
}

func (c *localCall) serve(h http.Handler) {
	defer close(c.done)
	defer func() {
		if p := recover(); p != nil {
			c.err = neighbourPanic(p)
		}
	}()
	h.ServeHTTP(&c.answer, c.request)
}

// neighbourPanic is the error of a call whose handler panicked. One that ended its answer
// in the middle, as net/http has it, is what a broken connection would be.
func neighbourPanic(p any) error {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		return errBrokeOff
	}
	return fmt.Errorf("the neighbour: %w", telemetry.Panicked(p))
}

// errBrokeOff is of a handler that could not finish its answer, and has told why.
var errBrokeOff error = brokeOffError{}

type brokeOffError struct{}

func (brokeOffError) Error() string           { return "the neighbour broke off its answer" }
func (brokeOffError) Unwrap() error           { return io.ErrUnexpectedEOF }
func (brokeOffError) ReportedElsewhere() bool { return true }

func (c *localCall) response(r *http.Request) (*http.Response, error) {
	switch {
	case c.err != nil:
		return nil, c.err
	case c.answer.overflown:
		return nil, errAnswerTooLarge
	}
	if r.Body != nil {
		_ = r.Body.Close() // as the contract of http.RoundTripper asks
	}
	a := &c.answer
	c.body.Reset(a.body.Bytes())
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: &c.body,
		ContentLength: int64(a.body.Len()), Request: r,
	}, nil
}

type answerBody struct{ bytes.Reader }

func (*answerBody) Close() error { return nil }

// maxLocalAnswer bounds an answer as the network client's limit would.
const maxLocalAnswer = 64 << 20

var errAnswerTooLarge = errors.New("the answer is too large for a call between modules")

type answer struct {
	header http.Header
	body   bytes.Buffer
	status int
	wrote  bool

	overflown bool // what there is is not all
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) {
	if !a.wrote && code >= 200 {
		a.wrote, a.status = true, code
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.wrote = true
	if a.body.Len()+len(b) > maxLocalAnswer {
		a.overflown = true
		return 0, errAnswerTooLarge
	}
	return a.body.Write(b)
}

// detached carries deadline and cancellation, and no value: what a module keeps
// in its context stays with it, as it would across a network.
type detached struct{ parent context.Context } //nolint:containedctx // it is a context

func (d detached) Deadline() (time.Time, bool) { return d.parent.Deadline() }
func (d detached) Done() <-chan struct{}       { return d.parent.Done() }
func (d detached) Err() error                  { return d.parent.Err() }
func (d detached) Value(any) any               { return nil }

// AfterFunc is how package context follows a context that is not its own
// without a goroutine for each that is derived from it.
func (d detached) AfterFunc(f func()) (stop func() bool) { return context.AfterFunc(d.parent, f) }
