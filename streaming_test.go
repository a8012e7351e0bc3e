package slipway_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A module whose bodies and answers are long.
var (
	tapeModule = api.Module("tape")
	recordTape = api.Handler(tapeModule, "POST /tapes", auth.Public("a test"), "Record a tape").MaxBody(1 << 30).Streams(time.Hour)
	playTape   = api.Handler(tapeModule, "GET /tapes/{bytes}", auth.Public("a test"), "Play a tape").Streams(time.Hour)
)

func tape() slipway.Module {
	return slipway.NewModule(tapeModule, func(m *slipway.Setup, _ struct{}) error {
		api.Mount(m, recordTape, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := io.Copy(io.Discard, r.Body)
			if err != nil {
				api.Fail(w, r, fmt.Errorf("record: %w", err))
				return
			}
			_, _ = fmt.Fprint(w, n)
		}))
		api.Mount(m, playTape, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, err := strconv.ParseInt(r.PathValue("bytes"), 10, 64)
			if err != nil {
				api.Fail(w, r, problem.NotFound("no tape has %q bytes", r.PathValue("bytes")))
				return
			}
			w.Header().Set("Content-Length", r.PathValue("bytes"))
			_, _ = io.CopyN(w, silence{}, n) // the listener may be gone
		}))
		return nil
	})
}

type silence struct{}

func (silence) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// accessLines are those of the log that tell of requests.
type accessLines chan string

// Write implements io.Writer.
func (l accessLines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if strings.Contains(line, `"/tapes`) {
			l <- line
		}
	}
	return len(p), nil
}

// await returns the next line that has all of this in it.
func (l accessLines) await(t *testing.T, parts ...string) {
	t.Helper()
	var seen []string
	late := time.After(time.Minute)
	for {
		select {
		case line := <-l:
			if !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) }) {
				return
			}
			seen = append(seen, line)
		case <-late:
			t.Fatalf("no line has %q; there are %q", parts, seen)
		}
	}
}

// taping runs the module in one binary and behind the edge.
func taping(t *testing.T, settings map[string]string, test func(t *testing.T, addr string, log accessLines)) {
	t.Helper()
	for name, oneBinary := range map[string]bool{"one binary": true, "edge": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := make(accessLines, 100)
			k := slipwaytest.Deploy(t, slipwaytest.Deployment{OneBinary: oneBinary, Settings: settings, Log: log}, tape())
			test(t, k.AddrOf("edge"), log)
		})
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return conn
}

// A sender promises a tape on a connection of its own, and sends it as the test likes.
func sender(t *testing.T, addr string, length int) net.Conn {
	t.Helper()
	conn := dial(t, addr)
	if _, err := fmt.Fprintf(conn, "POST /tapes HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", length); err != nil {
		t.Fatal(err)
	}
	return conn
}

func answerOn(t *testing.T, conn net.Conn) (*http.Response, string) {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

// A route that streams has more time than a request, as long as it moves.
func TestStreaming_slow(t *testing.T) {
	t.Parallel()
	taping(t, map[string]string{"SLIPWAY_REQUEST_TIMEOUT": "1s"}, func(t *testing.T, addr string, _ accessLines) {
		t.Run("body", func(t *testing.T) {
			t.Parallel()
			const parts, part = 20, 10 << 10
			conn, tick := sender(t, addr, parts*part), time.NewTicker(100*time.Millisecond)
			defer tick.Stop()
			for range parts {
				<-tick.C
				if _, err := io.WriteString(conn, strings.Repeat("x", part)); err != nil {
					t.Fatal(err)
				}
			}
			if resp, body := answerOn(t, conn); resp.StatusCode != http.StatusOK || body != strconv.Itoa(parts*part) {
				t.Errorf("answer = %d %s, want all %d bytes", resp.StatusCode, body, parts*part)
			}
		})
		t.Run("answer", func(t *testing.T) {
			t.Parallel()
			const parts, part = 20, 4 << 20 // more than what lies between holds
			conn, tick := dial(t, addr), time.NewTicker(100*time.Millisecond)
			defer tick.Stop()
			resp := play(t, conn, parts*part)
			for got := range parts {
				<-tick.C
				if _, err := io.CopyN(io.Discard, resp.Body, part); err != nil {
					t.Fatalf("after %d of %d parts: %v", got, parts, err)
				}
			}
		})
	})
}

// Nobody holds a connection by doing nothing, or next to nothing.
func TestStreaming_tooSlow(t *testing.T) {
	t.Parallel()
	settings := map[string]string{"SLIPWAY_STREAM_PAUSE": "500ms", "SLIPWAY_STREAM_STALL": "1s"}
	taping(t, settings, func(t *testing.T, addr string, log accessLines) {
		t.Run("a body that stops is told so", func(t *testing.T) {
			conn := sender(t, addr, 1<<20)
			wantTooSlow(t, conn)
		})
		t.Run("a body that trickles is told so", func(t *testing.T) {
			conn, tick := sender(t, addr, 1<<20), time.NewTicker(50*time.Millisecond)
			go func() {
				defer tick.Stop()
				for range tick.C {
					if _, err := io.WriteString(conn, "x"); err != nil {
						return
					}
				}
			}()
			wantTooSlow(t, conn)
			_ = conn.Close()
		})
		t.Run("a body that breaks off is nobody's defect", func(t *testing.T) {
			conn := sender(t, addr, 1<<20)
			_ = conn.Close()
			log.await(t, `"POST"`, `body_incomplete`)
		})
		t.Run("a reader that stalls loses the connection", func(t *testing.T) {
			const size = 256 << 20 // more than what lies between holds
			conn := dial(t, addr)
			resp := play(t, conn, size)
			log.await(t, `"GET"`, `"http.response.status_code":499`)
			if n, err := io.Copy(io.Discard, resp.Body); err == nil {
				t.Errorf("read %d bytes of %d, and the answer looks whole", n, size)
			}
		})
	})
}

func play(t *testing.T, conn net.Conn, size int) *http.Response {
	t.Helper()
	if _, err := fmt.Fprintf(conn, "GET /tapes/%d HTTP/1.1\r\nHost: x\r\n\r\n", size); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func wantTooSlow(t *testing.T, conn net.Conn) {
	t.Helper()
	resp, body := answerOn(t, conn)
	if p := problem.Decode(resp.StatusCode, resp.Header, []byte(body)); p.Status() != http.StatusRequestTimeout || p.Code() != "body_timeout" {
		t.Errorf("answer = %d %s, want 408 body_timeout", resp.StatusCode, body)
	}
}
