package api_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
)

// Every test has a bubble's clock, and a connection without buffers.
func TestMounted_Streams(t *testing.T) {
	t.Parallel()

	t.Run("takes a body that is slow for longer than a request may take", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			const parts, part = 100, 100 << 10
			w.begin(parts * part)
			for range parts {
				time.Sleep(10 * time.Second)
				w.write(strings.Repeat("x", part))
			}
			w.wantAnswer(200, fmt.Sprintf("took %d <nil>", parts*part))
		})
	})
	t.Run("does not count what the handler takes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.handlerPause = 10 * time.Minute
			w.begin(100)
			w.write(strings.Repeat("x", 100))
			w.wantAnswer(200, "took 100 <nil>")
		})
	})
	t.Run("ends a body that stops", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.begin(1 << 20)
			w.write("some")
			w.wantProblem(408, "body_timeout", "nothing of it came for 15s")
			if took := time.Since(w.start); took < 15*time.Second || took > 20*time.Second {
				t.Errorf("the end came after %s, want soon after 15s", took)
			}
		})
	})
	t.Run("ends a body that trickles", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.begin(1 << 20)
			go w.drip("x", time.Second)
			w.wantProblem(408, "body_timeout", "4096 bytes a second")
			if took := time.Since(w.start); took < 30*time.Second || took > 32*time.Second {
				t.Errorf("the end came after %s, want soon after 30s", took)
			}
		})
	})
	t.Run("ends a body whose time is over", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Minute)
			w.begin(1 << 30)
			go w.drip(strings.Repeat("x", 100<<10), 7*time.Second)
			w.wantProblem(408, "body_timeout", "longer to arrive than the 1m0s")
		})
	})
	t.Run("tells a body that breaks off from a defect", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.begin(100)
			w.write("half")
			_ = w.conn.Close()
			synctest.Wait()
			if p := problem.From(w.err); p.Code() != "body_incomplete" {
				t.Errorf("the handler read %v, want body_incomplete", w.err)
			}
		})
	})
	t.Run("gives a slow reader longer than a request may take", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.size = 10 << 20
			w.begin(0)
			body := w.answer().Body
			for got := int64(0); got < w.size; {
				n, err := io.CopyN(io.Discard, body, 256<<10)
				if err != nil {
					t.Fatalf("after %d bytes: %v", got, err)
				}
				got += n
				time.Sleep(10 * time.Second)
			}
			if took := time.Since(w.start); took < 5*time.Minute {
				t.Errorf("took %s, want minutes, or nothing is shown", took)
			}
		})
	})
	t.Run("does not count what the source of an answer takes", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.size, w.source = 10, slowSource{}
			w.begin(0)
			if body, err := io.ReadAll(w.answer().Body); err != nil || len(body) != 10 {
				t.Errorf("read %q, %v; want all of it", body, err)
			}
		})
	})
	t.Run("sends a file to a slow reader", func(t *testing.T) {
		t.Parallel()
		file := emptyFile(t, 3<<20)
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.size, w.source = 3<<20, file
			w.begin(0)
			body := w.answer().Body
			for range 30 {
				time.Sleep(5 * time.Second)
				if _, err := io.CopyN(io.Discard, body, 100<<10); err != nil {
					t.Fatal(err)
				}
			}
			if n, err := io.Copy(io.Discard, body); n != 3<<20-30*100<<10 || err != nil {
				t.Errorf("the rest is %d, %v", n, err)
			}
		})
	})
	t.Run("sends no file to a reader that stalls", func(t *testing.T) {
		t.Parallel()
		file := emptyFile(t, 3<<20)
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			w.size, w.source = 3<<20, file
			w.begin(0)
			<-w.handled
			if took := time.Since(w.start); w.err == nil || took > 65*time.Second {
				t.Errorf("the handler ended after %s with %v, want an error within about a minute", took, w.err)
			}
		})
	})
	for name, c := range map[string]struct{ every, within time.Duration }{
		"cuts the connection of a reader that stalls":   {24 * time.Hour, 65 * time.Second},
		"cuts the connection of a reader that trickles": {5 * time.Second, 130 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := newPaced(t, time.Hour)
				w.size = 10 << 20
				w.begin(0)
				go w.sip(c.every)
				<-w.handled
				if took := time.Since(w.start); w.err == nil || took < time.Minute || took > c.within {
					t.Errorf("the handler ended after %s with %v, want an error within %s", took, w.err, c.within)
				}
				if _, err := w.server.next(w.conn); err == nil {
					t.Error("the connection goes on")
				}
			})
		})
	}
	t.Run("leaves the connection to the next request as it was", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			w := newPaced(t, time.Hour)
			for range 3 {
				w.begin(4)
				w.write("word")
				w.wantAnswer(200, "took 4 <nil>")
				time.Sleep(10 * time.Minute)
			}
		})
	})
	t.Run("needs a limit", func(t *testing.T) {
		t.Parallel()
		c := api.Module("shelf")
		api.Handler(c, "POST /scans", auth.Public("a test"), "Send a scan").Streams(0)
		if err := c.Err(); err == nil || !strings.Contains(err.Error(), "more than 0") {
			t.Errorf("Err() = %v, want one about the limit", err)
		}
	})
}

// A paced is a server with one route that streams, and one connection to it.
type paced struct {
	t            *testing.T
	server       *piped
	conn         net.Conn
	reader       *bufio.Reader
	start        time.Time
	size         int64         // of the answer; 0: what became of the body
	source       io.Reader     // of the answer
	handlerPause time.Duration // before it reads on
	handled      chan struct{}
	err          error // of the handler's reading or writing
}

func newPaced(t *testing.T, limit time.Duration) *paced {
	t.Helper()
	w := &paced{t: t, start: time.Now(), source: zeros{}, handled: make(chan struct{}, 9)}
	c := api.Module("shelf")
	route := api.Handler(c, "POST /scans", auth.Public("a test"), "Send a scan").MaxBody(2 << 30).Streams(limit)
	s := api.NewServer(c, api.ServerConfig{MaxTimeout: 30 * time.Second})
	api.Mount(registrar{s}, route, w)
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	w.server = servePiped(t, s)
	w.conn = w.server.dial(t)
	w.reader = bufio.NewReader(w.conn)
	return w
}

// ServeHTTP is the handler.
func (w *paced) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	defer func() { w.handled <- struct{}{} }()
	time.Sleep(w.handlerPause)
	if w.size > 0 {
		_, w.err = io.CopyN(rw, w.source, w.size)
		return
	}
	var n int64
	if n, w.err = io.Copy(io.Discard, r.Body); w.err != nil {
		api.Fail(rw, r, fmt.Errorf("keep the scan: %w", w.err))
		return
	}
	time.Sleep(w.handlerPause)
	_, _ = fmt.Fprintf(rw, "took %d %v", n, r.Context().Err())
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A slowSource has a byte every fifty seconds.
type slowSource struct{}

func (slowSource) Read(p []byte) (int, error) {
	time.Sleep(50 * time.Second)
	return copy(p, "x"), nil
}

func emptyFile(t *testing.T, size int64) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	if err := file.Truncate(size); err != nil {
		t.Fatal(err)
	}
	return file
}

func (w *paced) begin(length int) {
	w.write(fmt.Sprintf("POST /scans HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", length))
}

func (w *paced) write(s string) {
	w.t.Helper()
	if _, err := io.WriteString(w.conn, s); err != nil {
		w.t.Fatal(err)
	}
}

// drip writes the same again and again.
func (w *paced) drip(s string, every time.Duration) {
	for {
		if _, err := io.WriteString(w.conn, s); err != nil || !w.pause(every) {
			return
		}
	}
}

// pause waits, and reports whether the test goes on.
func (w *paced) pause(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-w.t.Context().Done():
		return false
	}
}

// sip reads a little at a time.
func (w *paced) sip(every time.Duration) {
	for w.pause(every) {
		if _, err := io.CopyN(io.Discard, w.conn, 1000); err != nil {
			return
		}
	}
}

func (w *paced) answer() *http.Response {
	w.t.Helper()
	resp, err := http.ReadResponse(w.reader, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp
}

func (w *paced) wantAnswer(status int, body string) {
	w.t.Helper()
	resp := w.answer()
	got, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status || string(got) != body {
		w.t.Errorf("answer = %d %s, %v; want %d %s", resp.StatusCode, got, err, status, body)
	}
}

func (w *paced) wantProblem(status int, code, detail string) {
	w.t.Helper()
	resp := w.answer()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	p := problem.Decode(resp.StatusCode, resp.Header, body)
	if p.Status() != status || p.Code() != code || !strings.Contains(p.Detail(), detail) {
		w.t.Errorf("answer = %d %s, want %d %s with %q", resp.StatusCode, body, status, code, detail)
	}
	if !resp.Close {
		w.t.Error("what still comes would be taken for a request")
	}
}

// A piped server takes connections that are pipes of this process.
type piped struct {
	conns chan net.Conn
	done  chan struct{}
}

func servePiped(t *testing.T, h http.Handler) *piped {
	t.Helper()
	p := &piped{conns: make(chan net.Conn), done: make(chan struct{})}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(p)
	}()
	t.Cleanup(func() {
		_ = server.Shutdown(context.WithoutCancel(t.Context()))
		_ = server.Close()
		<-ended
	})
	return p
}

func (p *piped) dial(t *testing.T) net.Conn {
	t.Helper()
	client, server := net.Pipe()
	_ = client.SetDeadline(time.Now().Add(48 * time.Hour))
	t.Cleanup(func() { _ = client.Close() })
	p.conns <- server
	return client
}

// next reads on until the connection ends or waits.
func (p *piped) next(conn net.Conn) (int64, error) {
	_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
	n, err := io.Copy(io.Discard, conn)
	if err == nil {
		err = io.EOF
	}
	return n, err
}

// Accept implements net.Listener.
func (p *piped) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *piped) Close() error {
	select {
	case <-p.done:
		return errors.New("closed twice")
	default:
		close(p.done)
		return nil
	}
}

// Addr implements net.Listener.
func (p *piped) Addr() net.Addr { return &net.IPAddr{} }
