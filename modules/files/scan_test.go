package files

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

func TestScan(t *testing.T) {
	t.Parallel()

	t.Run("refuses what clamd knows, and what it has not looked at", func(t *testing.T) {
		t.Parallel()
		w, clamd := newScannedWorld(t)
		for answer, reason := range map[string]filesapi.Reason{
			"stream: Own.Phrase FOUND":                             filesapi.ReasonInfected,
			"INSTREAM size limit exceeded. ERROR":                  filesapi.ReasonNotScanned,
			"stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND": filesapi.ReasonNotScanned,
		} {
			clamd.Store(&answer)
			refused := send(w.As("customer").In(t), "documents", filePart("hello.txt", hello), end).WantCode(422, filesapi.CodeRejected)
			if got := refused.Problem.Errors[0].Message; got != string(reason) {
				t.Errorf("where clamd answers %q, the file is refused for %s, want %s", answer, got, reason)
			}
		}
		w.wantObjects(t, 0)
	})

	t.Run("stores what clamd does not know", func(t *testing.T) {
		t.Parallel()
		w, _ := newScannedWorld(t)
		if f := sendFile(t, w.As("customer"), "documents", "hello.txt", hello); f.State != filesapi.StateStored {
			t.Errorf("the file is %s, want it stored", f.State)
		}
	})

	t.Run("refuses for the moment, while clamd does not answer", func(t *testing.T) {
		t.Parallel()
		w, clamd := newScannedWorld(t)
		for _, answer := range []string{"", "stream: O", "garbage", "stream: Can't open file ERROR"} {
			clamd.Store(&answer)
			send(w.As("customer").In(t), "documents", filePart("hello.txt", hello), end).Want(http.StatusServiceUnavailable)
		}
		w.wantObjects(t, 0)
	})

	t.Run("tries again what was sent by a form, until clamd answers", func(t *testing.T) {
		t.Parallel()
		w, clamd := newScannedWorld(t)
		clamd.Store(new(""))
		failed := w.LetJobsFail()
		ada := w.As("customer")
		id := w.arrive(t, ada, "documents", "hello.txt", hello)
		complete(ada, id).Want(http.StatusAccepted)
		if f := look(t, ada, id); f.State != filesapi.StateUploaded || len(failed.All()) == 0 {
			t.Errorf("the file is %s after %v, want it to wait for clamd", f.State, failed.All())
		}
		clamd.Store(new("stream: OK"))
		w.RunJobs()
		if f := look(t, ada, id); f.State != filesapi.StateStored {
			t.Errorf("the file is %s, want it stored", f.State)
		}
	})

	t.Run("scans nothing that is larger than clamd looks at", func(t *testing.T) {
		t.Parallel()
		w := newRealWorld(t, map[string]string{"FILES_CLAMD_ADDR": "127.0.0.1:1", "FILES_CLAMD_BYTES": "5"})
		refused := send(w.As("customer").In(t), "documents", filePart("hello.txt", hello), end).WantCode(422, filesapi.CodeRejected)
		if got := refused.Problem.Errors[0].Message; got != string(filesapi.ReasonNotScanned) {
			t.Errorf("the file is refused for %s, want %s", got, filesapi.ReasonNotScanned)
		}
	})
}

// newScannedWorld returns a world that asks a clamd, and what that answers: at first that
// nothing is wrong.
func newScannedWorld(t *testing.T) (*world, *atomic.Pointer[string]) {
	t.Helper()
	at, answer := newClamd(t)
	return newRealWorld(t, map[string]string{"FILES_CLAMD_ADDR": at}), answer
}

// newClamd returns the address of a clamd, and what it answers.
func newClamd(t *testing.T) (string, *atomic.Pointer[string]) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	answer := &atomic.Pointer[string]{}
	answer.Store(new("stream: OK"))
	go serveClamd(listener, answer)
	return listener.Addr().String(), answer
}

func serveClamd(listener net.Listener, answer *atomic.Pointer[string]) {
	for {
		c, err := listener.Accept()
		if err != nil {
			return
		}
		readStream(c)
		if text := *answer.Load(); text != "" {
			_, _ = c.Write([]byte(text + "\x00"))
		}
		c.Close()
	}
}

// readStream reads a command of clamd and the stream behind it.
func readStream(c net.Conn) {
	in := bufio.NewReader(c)
	_, err := in.ReadString(0)
	for n := uint32(1); err == nil && n > 0; {
		if err = binary.Read(in, binary.BigEndian, &n); err == nil {
			_, err = io.CopyN(io.Discard, in, int64(n))
		}
	}
}
