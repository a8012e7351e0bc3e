package files

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/blob/s3/s3test"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

const (
	gigabyte = 1 << 30
	// enough is what a server may have taken of it, with what lies in the buffers of the
	// system and of an edge.
	enough = 32 << 20
)

// A flood says that its file has ten bytes, and sends a gigabyte.
type flood struct{ addr, path, token, fields string }

// send sends until nobody takes more, and returns the status of the answer (0 for none) and
// how many bytes were taken.
func (f flood) send(t *testing.T) (status int, taken int64) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", f.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	answered := make(chan int, 1)
	go func() {
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			answered <- 0
			return
		}
		_ = resp.Body.Close()
		answered <- resp.StatusCode
	}()
	head := f.fields + "--" + boundary + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"hello.txt\"\r\n\r\n"
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n%s",
		f.path, f.addr, f.token, boundary, len(head)+gigabyte+len("\r\n"+end), head)
	block := []byte(strings.Repeat("a", 64<<10))
	for err == nil && taken < gigabyte {
		var n int
		n, err = conn.Write(block)
		taken += int64(n)
	}
	if err == nil {
		_, _ = io.WriteString(conn, "\r\n"+end)
	}
	return <-answered, taken
}

// Whoever announces ten bytes cannot have a server take a gigabyte.
func TestFault_aGigabyteDeclaredAsTenBytes(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]slipwaytest.Deployment{
		"one binary over a disk": {OneBinary: true},
		"services over a disk":   {},
		"one binary over an S3":  {OneBinary: true, Settings: map[string]string{"S3_URL": s3test.Start(t).URL().Reveal()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := slipwaytest.Deploy(t, d, []slipway.Module{New(), albumModule()}...)
			ada := k.As("customer")
			t.Run("streamed", func(t *testing.T) {
				f := flood{k.AddrOf("the edge"), "/uploads/album/documents", "Authorization: Bearer " + ada.Token() + "\r\n", field("size", "10")}
				wantLittle(t, f, http.StatusUnprocessableEntity)
			})
			await(t, k, `SELECT NOT EXISTS (SELECT FROM usage WHERE files > 0 OR bytes > 0)`)
			if d.Settings == nil { // what is sent by a form, that S3 reads to its end; see package s3
				t.Run("by a form", func(t *testing.T) { floodByForm(t, ada) })
			}
		})
	}
}

func floodByForm(t *testing.T, ada *slipwaytest.Kit) {
	t.Helper()
	ticket := begin(t, ada, "documents", "hello.txt", 10)
	to, err := url.Parse(ticket.URL)
	if err != nil {
		t.Fatal(err)
	}
	f := flood{addr: to.Host, path: to.Path}
	for _, name := range slices.Sorted(maps.Keys(ticket.Fields)) {
		f.fields += field(name, ticket.Fields[name])
	}
	wantLittle(t, f, http.StatusRequestEntityTooLarge)
	complete(ada.In(t), ticket.File.ID).WantCode(http.StatusConflict, filesapi.CodeNotUploaded)
	slipwaytest.Do(ada.In(t), filesapi.Delete, filesapi.FileInput{ID: ticket.File.ID}).Want(http.StatusNoContent)
}

// wantLittle checks that a flood was refused early. One that is still sending may not see
// the answer.
func wantLittle(t *testing.T, f flood, status int) {
	t.Helper()
	got, taken := f.send(t)
	if taken > enough {
		t.Errorf("%d MiB were taken, want less than %d", taken>>20, enough>>20)
	}
	if got != status && got != 0 {
		t.Errorf("the answer is %d, want %d, or none", got, status)
	}
	t.Logf("answered %d after %d KiB", got, taken>>10)
}
