package disk_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/disk"
	"github.com/slipway-go/slipway/problem"
)

// signing opens a store that signs addresses of shop.test.
func signing(t *testing.T) *disk.Store {
	t.Helper()
	return open(t, disk.Config{Dir: t.TempDir(), URL: "https://shop.test/blobs/"})
}

// ask has the store serve a request to an address that it has signed, or to a like one.
func ask(t *testing.T, store http.Handler, method, address string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/blobs/{key...}", store)
	r := httptest.NewRequestWithContext(t.Context(), method, address, body)
	for pair := range slices.Chunk(headers, 2) {
		r.Header.Set(pair[0], pair[1])
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func wantProblem(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	if got := problem.Decode(w.Code, w.Header(), w.Body.Bytes()); w.Code != status || got.Code() != code {
		t.Errorf("answered %d %s, want %d %s", w.Code, w.Body, status, code)
	}
}

func address(t *testing.T, store blob.Store, key string, link blob.Link) string {
	t.Helper()
	a, err := store.SignGet(t.Context(), key, link)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestStore_SignGet(t *testing.T) {
	t.Parallel()

	t.Run("ErrNoURL without an address of its own", func(t *testing.T) {
		t.Parallel()
		_, err := open(t, disk.Config{Dir: t.TempDir()}).SignGet(t.Context(), "a", blob.Link{Expires: time.Minute})
		if err == nil || !strings.Contains(err.Error(), "sign an address of object a: the store has no address for clients") {
			t.Errorf("SignGet() = %v, want it to tell of the address", err)
		}
	})

	t.Run("refuses other methods", func(t *testing.T) {
		t.Parallel()
		store := signing(t)
		w := ask(t, store, http.MethodDelete, address(t, store, "a", blob.Link{Expires: time.Minute}), nil)
		wantProblem(t, w, http.StatusMethodNotAllowed, "method_not_allowed")
	})

	t.Run("refuses what is no key", func(t *testing.T) {
		t.Parallel()
		for _, key := range []string{"", "A", "a%00b", ".tmp", "a//b/%2e%2e"} {
			if w := ask(t, signing(t), http.MethodGet, "https://shop.test/blobs/"+key, nil); w.Code != http.StatusNotFound && w.Code/100 != 3 {
				t.Errorf("%q was answered %d, want 404", key, w.Code)
			}
		}
	})

	t.Run("expires to the millisecond", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			store := open(t, disk.Config{Dir: dir, URL: "https://shop.test/blobs"})
			put(t, store, "a", "there")
			at := address(t, store, "a", blob.Link{Expires: time.Minute})
			time.Sleep(time.Minute - time.Millisecond)
			if w := ask(t, store, http.MethodGet, at, nil); w.Code != http.StatusOK {
				t.Errorf("answered %d just before the end, want 200", w.Code)
			}
			time.Sleep(time.Millisecond)
			wantProblem(t, ask(t, store, http.MethodGet, at, nil), http.StatusForbidden, "address_expired")
			w := ask(t, store, http.MethodGet, strings.Replace(at, "expires=9", "expires=8", 1)+"0", nil)
			wantProblem(t, w, http.StatusForbidden, "wrong_signature")
		})
	})

	t.Run("has a browser run nothing and keep nothing", func(t *testing.T) {
		t.Parallel()
		store := signing(t)
		put(t, store, "a", "<script>")
		at := address(t, store, "a", blob.Link{Expires: time.Minute, Type: "text/html", Inline: true})
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			w := ask(t, store, method, at, nil)
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
				"Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "private, no-store", "Content-Length": "8", "Content-Type": "text/html",
			} {
				if got := w.Header().Get(name); w.Code != http.StatusOK || got != want {
					t.Errorf("%s: %s is %q in an answer of %d, want %q", method, name, got, w.Code, want)
				}
			}
		}
	})

	t.Run("answers too many ranges with the whole", func(t *testing.T) {
		t.Parallel()
		store := signing(t)
		put(t, store, "a", strings.Repeat("lace", 1024))
		at := address(t, store, "a", blob.Link{Expires: time.Minute})
		many := "bytes=0-0" + strings.Repeat(",2-2", blob.MaxRanges)
		for ranges, want := range map[string]int{many: http.StatusOK, strings.TrimSuffix(many, ",2-2"): http.StatusPartialContent} {
			if w := ask(t, store, http.MethodGet, at, nil, "Range", ranges); w.Code != want {
				t.Errorf("%d ranges were answered %d, want %d", strings.Count(ranges, ",")+1, w.Code, want)
			}
		}
	})

	t.Run("answers for the rest of another object with the whole", func(t *testing.T) {
		t.Parallel()
		store := signing(t)
		put(t, store, "a", "first")
		at := address(t, store, "a", blob.Link{Expires: time.Minute})
		tag := ask(t, store, http.MethodHead, at, nil).Header().Get("Etag")
		if w := ask(t, store, http.MethodGet, at, nil, "Range", "bytes=2-", "If-Range", tag); w.Code != http.StatusPartialContent || w.Body.String() != "rst" {
			t.Errorf("answered %d %s, want the rest", w.Code, w.Body)
		}
		put(t, store, "a", "another")
		if w := ask(t, store, http.MethodGet, at, nil, "Range", "bytes=2-", "If-Range", tag); w.Code != http.StatusOK || w.Body.String() != "another" {
			t.Errorf("answered %d %s, want the whole", w.Code, w.Body)
		}
	})
}

// encode writes a form of pairs of name and value.
func encode(t *testing.T, pairs ...string) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	m := multipart.NewWriter(body)
	for pair := range slices.Chunk(pairs, 2) {
		if err := m.WriteField(pair[0], pair[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return body, m.FormDataContentType()
}

func signPost(t *testing.T, store blob.Store) (address string, pairs []string) {
	t.Helper()
	form, err := store.SignPost(t.Context(), "a", blob.Policy{Expires: time.Minute, MinSize: 2, MaxSize: 10})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range form.Fields {
		pairs = append(pairs, name, value)
	}
	return form.URL, pairs
}

func TestStore_SignPost(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before, after []string
		status        int
		code          string
	}{
		"refuses a name that goes on":          {[]string{strings.Repeat("%", 1<<20), "x"}, []string{"file", "content"}, http.StatusBadRequest, "form_too_long"},
		"refuses a value that goes on":         {[]string{"min", strings.Repeat("1", 1<<20)}, []string{"file", "content"}, http.StatusBadRequest, "form_too_long"},
		"refuses a field that it did not sign": {[]string{"x", "y"}, []string{"file", "content"}, http.StatusForbidden, "wrong_signature"},
		"refuses a field that comes twice":     {[]string{"max", "1000000"}, []string{"file", "content"}, http.StatusForbidden, "wrong_signature"},
		"refuses a form without a file":        {nil, nil, http.StatusBadRequest, "no_file"},
		"refuses a content that is too small":  {nil, []string{"file", "x"}, http.StatusUnprocessableEntity, "content_too_small"},
		"refuses a content that is too large":  {nil, []string{"file", "eleven byte"}, http.StatusRequestEntityTooLarge, "too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := signing(t)
			at, pairs := signPost(t, store)
			body, kind := encode(t, append(append(c.before, pairs...), c.after...)...)
			wantProblem(t, ask(t, store, http.MethodPost, at, body, "Content-Type", kind), c.status, c.code)
			isGone(t, store, "a")
		})
	}

	t.Run("reads little of what it refuses", func(t *testing.T) {
		t.Parallel()
		store := signing(t)
		at, _ := signPost(t, store)
		part := "--b\r\nContent-Disposition: form-data; name=\"" + strings.Repeat("%", 9<<20) + "\"\r\n\r\nx\r\n"
		body := strings.NewReader(strings.Repeat(part, 15))
		wantProblem(t, ask(t, store, http.MethodPost, at, body, "Content-Type", "multipart/form-data; boundary=b"), http.StatusBadRequest, "form_too_long")
		if read := body.Size() - int64(body.Len()); read > 128<<10 {
			t.Errorf("it read %d bytes before it knew the signature", read)
		}
	})

	t.Run("refuses what is no form", func(t *testing.T) {
		t.Parallel()
		store := signing(t)
		at, _ := signPost(t, store)
		wantProblem(t, ask(t, store, http.MethodPost, at, strings.NewReader("a=b"), "Content-Type", "application/x-www-form-urlencoded"), http.StatusUnsupportedMediaType, "unsupported_media_type")
	})

	t.Run("ends the content when the form expires", func(t *testing.T) {
		t.Parallel()
		for _, left := range []int{70, 3} { // in the content, and behind it
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				store := open(t, disk.Config{Dir: dir, URL: "https://shop.test/blobs"})
				at, pairs := signPost(t, store)
				body, kind := encode(t, append(pairs, "file", "content")...)
				whole := body.Bytes()
				slow := io.MultiReader(bytes.NewReader(whole[:len(whole)-left]), pause(time.Minute+time.Second), bytes.NewReader(whole[len(whole)-left:]))
				wantProblem(t, ask(t, store, http.MethodPost, at, slow, "Content-Type", kind), http.StatusForbidden, "address_expired")
				isGone(t, store, "a")
			})
		}
	})

	t.Run("takes one content at a time", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			store := open(t, disk.Config{Dir: dir, URL: "https://shop.test/blobs"})
			at, pairs := signPost(t, store)
			body, kind := encode(t, append(pairs, "file", "content")...)
			post := func(body io.Reader) *httptest.ResponseRecorder {
				return ask(t, store, http.MethodPost, at, body, "Content-Type", kind)
			}
			whole := body.String()
			first := make(chan int)
			go func() {
				first <- post(io.MultiReader(strings.NewReader(whole[:len(whole)-3]), pause(time.Second), strings.NewReader(whole[len(whole)-3:]))).Code
			}()
			time.Sleep(time.Millisecond)
			wantProblem(t, post(strings.NewReader(whole)), http.StatusConflict, "in_progress")
			if first, again := <-first, post(strings.NewReader(whole)).Code; first != http.StatusNoContent || again != http.StatusNoContent {
				t.Errorf("the first is answered %d, and the next %d, want 204", first, again)
			}
		})
	})

	t.Run("tells why the content ended", func(t *testing.T) {
		t.Parallel()
		for want, err := range map[string]error{
			"cut_short": io.ErrUnexpectedEOF, "body_timeout": problem.RequestTimeout("the body stopped").WithCode("body_timeout"),
		} {
			store := signing(t)
			at, pairs := signPost(t, store)
			body, kind := encode(t, append(pairs, "file", "content")...)
			for _, after := range []int{20, body.Len() - 70} {
				torn := io.MultiReader(bytes.NewReader(body.Bytes()[:after]), iotest.ErrReader(err))
				w := ask(t, store, http.MethodPost, at, torn, "Content-Type", kind)
				wantProblem(t, w, problem.Status(told(err)), want)
			}
			isGone(t, store, "a")
		}
	})
}

// A pause is a body that stands still for a while.
type pause time.Duration

func (p pause) Read([]byte) (int, error) {
	time.Sleep(time.Duration(p))
	return 0, io.EOF
}

// told is what a client is told of an error of its content.
func told(err error) error {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p
	}
	return problem.BadRequest("cut short")
}

// Whatever a client sends, it reads and writes nothing that was not signed, and meets no defect.
func FuzzStore_ServeHTTP(f *testing.F) {
	store, err := disk.Open(disk.Config{Dir: f.TempDir(), URL: "https://shop.test/blobs"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = store.Close() })
	if _, err := store.Put(f.Context(), "a", strings.NewReader("there"), 9); err != nil {
		f.Fatal(err)
	}
	good, err := store.SignGet(f.Context(), "a", blob.Link{Expires: time.Hour})
	if err != nil {
		f.Fatal(err)
	}
	u, err := url.Parse(good)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("GET", u.RawQuery, "", "")
	f.Add("POST", "", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx\r\n--b--\r\n")
	f.Add("POST", "", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"signature\"\r\n\r\n\r\n--b\r\n\r\n")
	f.Add("GET", "signature=%zz&expires=1;2", "", "")
	f.Fuzz(func(t *testing.T, method, query, kind, body string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://shop.test/blobs/a", strings.NewReader(body))
		r.Method, r.URL.RawQuery = method, query
		r.Header.Set("Content-Type", kind)
		r.SetPathValue("key", "a")
		w := httptest.NewRecorder()
		store.ServeHTTP(w, r)
		mine, _ := url.ParseQuery(query)
		signed := mine.Encode() == u.Query().Encode()
		if w.Code < 400 && !signed || w.Code >= 500 {
			t.Errorf("answered %d %s", w.Code, w.Body)
		}
	})
}
