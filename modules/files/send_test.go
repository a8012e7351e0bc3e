package files

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// An asKit is the caller of module files as somebody of the kit.
type asKit struct{ *slipwaytest.Kit }

func (asKit) ModuleName() string { return "files" }

func (k asKit) RoundTrip(r *http.Request) (*http.Response, error) {
	status, header, body := k.Send(r)
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: r}, nil
}

// A module uploads by the client of the contract.
func TestSend(t *testing.T) {
	t.Parallel()

	t.Run("tells why a file is refused", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		me := asKit{w.Service("album", "files", "files:write")}
		for code, c := range map[string]filesapi.NewFile{
			filesapi.CodeRejected: {Name: "a.exe", Reader: strings.NewReader("MZ")},
			"validation_failed":   {Name: "a.csv", Owner: strings.Repeat("x", 300), Reader: strings.NewReader("a,b\n")},
		} {
			_, err := filesapi.Send(t.Context(), me, exports, c)
			if p, ok := api.Refused(err); !ok || p.Status() != http.StatusUnprocessableEntity || code == filesapi.CodeRejected && p.Code() != code {
				t.Errorf("Send(%q) = %v, want it refused with 422 %s", c.Name, err, code)
			}
		}
	})
	t.Run("uploads for whom it says", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		me := asKit{w.Service("album", "files", "files:write")}
		const text = "name,size\nmug,3\n"
		for _, size := range []int64{0, int64(len(text))} {
			f, err := filesapi.Send(t.Context(), me, exports, filesapi.NewFile{Name: "straße \"7\".csv", Owner: "ada", Size: size, Reader: strings.NewReader(text)})
			if err != nil {
				t.Fatal(err)
			}
			if f.Owner != "ada" || f.State != filesapi.StateStored || f.Size != int64(len(text)) || !exports.Has(f) || !strings.HasPrefix(f.Name, "straße") {
				t.Errorf("the file is %+v", f)
			}
		}
	})
}
