package s2s

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Local returns a transport to a handler in this process. The handler runs on a
// goroutine of its own under a context that carries the caller's deadline and
// cancellation and nothing else. A panic becomes an error; an answer that comes
// after the caller has given up is dropped, and the caller gets ctx.Err().
func Local(h http.Handler) http.RoundTripper {
	return &local{handler: h, work: make(chan func())}
}

// workerIdle is how long a goroutine waits for another call: its grown stack is
// worth a third of a call's time.
const workerIdle = 5 * time.Second

type local struct {
	handler http.Handler
	work    chan func() // unbuffered: only an idle worker receives
}

func (l *local) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &localCall{request: l.request(r), answer: &answer{header: http.Header{}, status: http.StatusOK}, done: make(chan struct{})}
	l.run(func() { c.serve(l.handler) })
	select {
	case <-c.done:
		return c.response(r)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// request is what the handler would read from the wire.
func (l *local) request(r *http.Request) *http.Request {
	in := r.WithContext(detached{r.Context()})
	u := *r.URL
	in.URL = &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}
	in.Header = r.Header.Clone()
	in.RequestURI = in.URL.RequestURI()
	in.RemoteAddr = "local"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	return in
}

func (l *local) run(f func()) {
	select {
	case l.work <- f:
	default:
		go l.worker(f)
	}
}

func (l *local) worker(f func()) {
	idle := time.NewTimer(workerIdle)
	defer idle.Stop()
	for {
		f()
		idle.Reset(workerIdle)
		select {
		case f = <-l.work:
		case <-idle.C:
			return
		}
	}
}

type localCall struct {
	request *http.Request
	answer  *answer
	err     error
	done    chan struct{}
}

func (c *localCall) serve(h http.Handler) {
	defer close(c.done)
	defer func() {
		if p := recover(); p != nil {
			c.err = fmt.Errorf("panic in the neighbour: %v", p)
		}
	}()
	h.ServeHTTP(c.answer, c.request)
}

func (c *localCall) response(r *http.Request) (*http.Response, error) {
	if c.err != nil {
		return nil, c.err
	}
	if r.Body != nil {
		_ = r.Body.Close() // as the contract of http.RoundTripper asks
	}
	a := c.answer
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body.Bytes())),
		ContentLength: int64(a.body.Len()), Request: r,
	}, nil
}

// maxLocalAnswer bounds an answer as the network client's limit would.
const maxLocalAnswer = 64 << 20

var errAnswerTooLarge = errors.New("the answer is too large for a call between modules")

type answer struct {
	header http.Header
	body   bytes.Buffer
	status int
	wrote  bool
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
