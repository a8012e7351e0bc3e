package files

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// limited is the variable that tells a test that the process is its own, for which it may set
// limits.
const limited = "FILES_TEST_LIMITED"

// again runs the test once more, in a process of its own.
func again(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*wait)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$")
	c.Env = append(os.Environ(), limited+"=yes")
	if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("the process: %v\n%s", err, out)
	}
}

// largest makes no file of the process be larger; it returns what ends that.
func largest(t *testing.T, bytes uint64) (mend func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	set := func(to uint64) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: to, Max: before.Max}); err != nil {
			t.Error(err)
		}
	}
	set(bytes)
	return func() { set(before.Cur) }
}

// A disk that takes no more is told as such, and has nothing of what it did not take.
func TestFault_diskIsFull(t *testing.T) {
	t.Parallel()
	if os.Getenv(limited) == "" {
		again(t)
		return
	}
	w := newWorld(t)
	ada := w.As("customer")
	small, large := sendFile(t, ada, "documents", "hello.txt", hello), strings.Repeat(hello, 200_000)
	ticket := begin(t, ada, "documents", "hello.txt", len(large))

	mend := largest(t, 1<<20)
	a := send(ada.In(t), "documents", filePart("hello.txt", large), end).WantCode(http.StatusServiceUnavailable, "unavailable")
	if !strings.Contains(a.Problem.Detail, "no room") {
		t.Errorf("the answer is %+v, want that there is no room", a.Problem)
	}
	if status := w.post(t, ticket, large); status != http.StatusServiceUnavailable && status != http.StatusInsufficientStorage {
		t.Errorf("the form is answered %d, want 503 or 507", status)
	}
	complete(ada.In(t), ticket.File.ID).WantCode(http.StatusConflict, filesapi.CodeNotUploaded)
	w.wantUsage(t, ada.Subject(), limit{2, int64(len(hello) + len(large))})
	w.sound(t)
	w.wantInStore(t, 1)
	sendFile(t, ada, "documents", "hello.txt", "There is room for little.\n")
	mend()

	if status := w.post(t, ticket, large); status != http.StatusNoContent {
		t.Errorf("once there is room the form is answered %d, want 204", status)
	}
	complete(ada.In(t), ticket.File.ID).Want(http.StatusAccepted)
	w.wantState(t, ticket.File.ID, filesapi.StateStored, "")
	wantText(t, download(ada.In(t), contentPath(small.ID)).Want(http.StatusOK), hello)
	slipwaytest.Do(ada.In(t), filesapi.Delete, filesapi.FileInput{ID: small.ID}).Want(http.StatusNoContent)
	w.settled(t)
}
