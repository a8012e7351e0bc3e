package clamd_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/slipway-go/slipway/modules/files/internal/clamd"
)

func TestScanner_Scan(t *testing.T) {
	t.Parallel()
	content := strings.Repeat("content ", 100_000)
	for name, test := range map[string]struct {
		answer string
		want   clamd.Answer // nothing: an error
	}{
		"Clean":            {"stream: OK\x00", clamd.Answer{Finding: clamd.Clean}},
		"Infected":         {"stream: Our.Signature FOUND\x00", clamd.Answer{Finding: clamd.Infected, Detail: "Our.Signature"}},
		"TooLarge":         {"INSTREAM size limit exceeded. ERROR\x00", tooLarge},
		"BeyondLimits":     {"stream: " + beyond + " FOUND\x00", clamd.Answer{Finding: clamd.NotScanned, Detail: "it is beyond what clamd looks into: " + beyond}},
		"ErrOther":         {"stream: Can't allocate memory ERROR\x00", clamd.Answer{}},
		"ErrEmpty":         {"", clamd.Answer{}},
		"ErrCut":           {"stream: O", clamd.Answer{}},
		"ErrCutBehindOK":   {"stream: OK", clamd.Answer{}},
		"ErrGarbage":       {"\xff\xfe\x00", clamd.Answer{}},
		"ErrNothingFound":  {"stream:  FOUND\x00", clamd.Answer{}},
		"ErrOfAnotherFile": {"/etc/passwd: OK\x00", clamd.Answer{}},
		"ErrMore":          {"stream: OK, perhaps\x00", clamd.Answer{}},
		"ErrEndless":       {strings.Repeat("stream: OK ", 10_000), clamd.Answer{}},
		"ErrAnotherServer": {"HTTP/1.1 400 Bad Request\r\n\r\n", clamd.Answer{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scanner := listen(t, func(c net.Conn) {
				if got, err := receive(c); err != nil || got != content {
					t.Errorf("clamd received %d bytes, %v; want the content of %d", len(got), err, len(content))
				}
				_, _ = c.Write([]byte(test.answer))
			})
			got, err := scanner.Scan(t.Context(), strings.NewReader(content), int64(len(content)), 0)
			if got != test.want || (err != nil) != (test.want == clamd.Answer{}) {
				t.Errorf("Scan() = %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

const beyond = "Heuristics.Limits.Exceeded.MaxScanSize"

var tooLarge = clamd.Answer{Finding: clamd.NotScanned, Detail: "it is larger than what clamd takes"}

// clamd hangs up in the middle of a stream that is too long, and says why before.
func TestScanner_Scan_HungUp(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		answer string
		want   clamd.Answer
	}{
		"TooLarge": {"INSTREAM size limit exceeded. ERROR\x00", tooLarge},
		"ErrOK":    {"stream: OK\x00", clamd.Answer{}},
		"ErrEmpty": {"", clamd.Answer{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hungUp := make(chan struct{})
			scanner := listen(t, func(c net.Conn) {
				_, _ = io.ReadFull(c, make([]byte, 100))
				_, _ = c.Write([]byte(test.answer))
				_ = c.(*net.TCPConn).CloseWrite()
				close(hungUp)
				_, _ = io.CopyN(io.Discard, c, 1<<20)
			})
			content := io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), &waiting{hungUp}, bytes.NewReader(make([]byte, 40<<20)))
			got, err := scanner.Scan(t.Context(), content, 41<<20, 0)
			if got != test.want || (err != nil) != (test.want == clamd.Answer{}) {
				t.Errorf("Scan() = %+v, %v; want %+v", got, err, test.want)
			}
		})
	}
}

// waiting reads nothing, once something has happened.
type waiting struct{ until <-chan struct{} }

// Read implements [io.Reader].
func (w *waiting) Read([]byte) (int, error) {
	<-w.until
	return 0, io.EOF
}

func TestScanner_Scan_TooLarge(t *testing.T) {
	t.Parallel()
	scanner := clamd.Scanner{Addr: "127.0.0.1:1", MaxBytes: 10}
	if got, err := scanner.Scan(t.Context(), strings.NewReader("content"), 7, 11); err != nil || got.Finding != clamd.NotScanned {
		t.Errorf("Scan() of too much = %+v, %v; want that it is not scanned, and not sent", got, err)
	}
}

func TestScanner_Scan_ErrDown(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"127.0.0.1:1", "/nowhere/clamd.ctl", "nonsense", ""} {
		if got, err := (clamd.Scanner{Addr: addr}).Scan(t.Context(), strings.NewReader("content"), 7, 7); err == nil {
			t.Errorf("Scan() at %q = %+v; want an error", addr, got)
		}
	}
}

func TestScanner_Scan_ErrSilent(t *testing.T) {
	t.Parallel()
	scanner := listen(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	scanner.Patience = 50 * time.Millisecond
	if got, err := scanner.Scan(t.Context(), strings.NewReader("content"), 7, 7); !isTimeout(err) {
		t.Errorf("Scan() = %+v, %v; want that it took too long", got, err)
	}
}

// A clamd that takes nothing in must not hold an upload for ever.
func TestScanner_Scan_ErrStuck(t *testing.T) {
	t.Parallel()
	scanner := listen(t, func(net.Conn) { <-t.Context().Done() })
	scanner.Patience = 50 * time.Millisecond
	if got, err := scanner.Scan(t.Context(), bytes.NewReader(make([]byte, 64<<20)), 64<<20, 0); !isTimeout(err) {
		t.Errorf("Scan() = %+v, %v; want that it took too long", got, err)
	}
}

func TestScanner_Scan_ErrContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	scanner := listen(t, func(c net.Conn) {
		_, _ = receive(c)
		cancel()
		<-t.Context().Done()
	})
	if got, err := scanner.Scan(ctx, strings.NewReader("content"), 7, 7); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan() = %+v, %v; want that the context ended", got, err)
	}
}

func TestScanner_Scan_ErrReader(t *testing.T) {
	t.Parallel()
	down := errors.New("the store is down")
	for name, r := range map[string]io.Reader{
		"Fails":   iotest.ErrReader(down),
		"Shorter": strings.NewReader("cont"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scanner := listen(t, func(c net.Conn) {
				_, _ = receive(c)
				_, _ = c.Write([]byte("stream: OK\x00"))
			})
			got, err := scanner.Scan(t.Context(), r, 7, 7)
			if err == nil {
				t.Errorf("Scan() = %+v; want that the file could not be read", got)
			}
		})
	}
}

func isTimeout(err error) bool {
	timeout, ok := errors.AsType[net.Error](err)
	return ok && timeout.Timeout()
}

// listen returns a scanner that speaks with a clamd of this process, which serves one
// connection.
func listen(t *testing.T, serve func(net.Conn)) clamd.Scanner {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c, err := listener.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		serve(c)
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return clamd.Scanner{Addr: listener.Addr().String(), Patience: 10 * time.Second}
}

// receive reads a command and the stream behind it, as the protocol has it.
func receive(r io.Reader) (string, error) {
	in := bufio.NewReader(r)
	if command, err := in.ReadString(0); err != nil || command != "zINSTREAM\x00" {
		return "", errors.New("no INSTREAM: " + command)
	}
	var content bytes.Buffer
	for {
		var n uint32
		if err := binary.Read(in, binary.BigEndian, &n); err != nil || n == 0 {
			return content.String(), err
		}
		if _, err := io.CopyN(&content, in, int64(n)); err != nil {
			return content.String(), err
		}
	}
}
