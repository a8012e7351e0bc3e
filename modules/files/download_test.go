package files

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth/authtest"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
	"github.com/slipway-go/slipway/telemetry"
)

func contentPath(id uuid.UUID) string { return "/files/" + id.String() + "/content" }
func mediaPath(id uuid.UUID) string   { return "/media/" + id.String() }

func TestContent(t *testing.T) {
	t.Parallel()

	t.Run("tells another's file from none by nothing", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		eve := s.As("customer")
		another := download(eve, contentPath(s.id)).Want(404).Golden().Problem.Detail
		none := download(eve, contentPath(uuid.Nil)).Want(404).Problem.Detail
		if strings.ReplaceAll(another, s.id.String(), uuid.Nil.String()) != none {
			t.Errorf("another's file: %q, none: %q; want no difference", another, none)
		}
	})

	t.Run("is not for another module, whoever it asks for", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		for _, c := range []authtest.Claims{authtest.Service("cart", "files:read"), authtest.User(s.ada.Subject(), "files:read").Through("cart")} {
			download(s.Claims(c.For("files")), contentPath(s.id)).WantCode(404, "not_found")
		}
	})

	t.Run("is not for nobody", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		download(s.Anonymous(), contentPath(s.id)).Want(401)
	})

	t.Run("does not know what is no id", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		for _, id := range []string{"x", strings.ToUpper(s.id.String()), "{" + s.id.String() + "}", "urn:uuid:" + s.id.String()} {
			download(s.ada, "/files/"+id+"/content").Want(404)
		}
		download(s.ada, "/files/x/content").Golden()
	})

	t.Run("is not there before the file is stored", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		download(s.ada, contentPath(s.announce(t, s.ada.Subject(), aDocument))).WantCode(409, filesapi.CodeNotStored).Golden()
	})

	t.Run("is not there when the file is gone", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		slipwaytest.Do(s.ada, filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(204)
		download(s.ada, contentPath(s.id)).WantCode(409, filesapi.CodeNotStored)
	})

	t.Run("has no variant that was not made", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		download(s.ada, "/files/"+s.id.String()+"/variants/huge").Want(404).Golden()
	})

	t.Run("is its owner's and its module's", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		wantText(t, download(s.ada, contentPath(s.id)).Want(200).Golden(), aDocument.text)
		wantText(t, download(s.album(t), contentPath(s.id)).Want(200), aDocument.text)
		wantText(t, download(s.Claims(authtest.User(s.ada.Subject(), "files:read").Through("album").For("files")), contentPath(s.id)).Want(200), aDocument.text)
	})

	t.Run("has variants", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		wantText(t, download(s.ada, "/files/"+s.id.String()+"/variants/thumb").Want(200).Golden(), aPhoto.thumb)
	})
}

func TestContent_ranges(t *testing.T) {
	t.Parallel()
	s := newShelf(t, aDocument)
	ranges := func(t *testing.T, headers ...string) *slipwaytest.Answer[string] {
		t.Helper()
		a := download(s.ada.In(t), contentPath(s.id), headers...)
		return &slipwaytest.Answer[string]{Status: a.Status, Header: a.Header, Raw: a.Raw}
	}
	tag := download(s.ada, contentPath(s.id)).Header.Get("Etag")

	t.Run("behind the end are refused", func(t *testing.T) {
		download(s.ada.In(t), contentPath(s.id), "Range", "bytes=20-").Want(416).Golden()
	})
	for name, c := range map[string]struct {
		headers []string
		status  int
		want    string
	}{
		"that are none are refused":                 {[]string{"Range", "bytes=b-a"}, 416, ""},
		"of another unit are refused":               {[]string{"Range", "lines=1-2"}, 416, ""},
		"of another content are the whole":          {[]string{"Range", "bytes=0-3", "If-Range", `"other"`}, 200, aDocument.text},
		"since a time are the whole":                {[]string{"Range", "bytes=0-3", "If-Range", "Wed, 21 Oct 2015 07:28:00 GMT"}, 200, aDocument.text},
		"of more than there is are the whole":       {[]string{"Range", "bytes=0-19,0-19"}, 200, aDocument.text},
		"that are too many are the whole":           {[]string{"Range", "bytes=0-0" + strings.Repeat(",2-2", 16)}, 200, aDocument.text},
		"are sent":                                  {[]string{"Range", "bytes=2-4"}, 206, "234"},
		"of the same content are sent":              {[]string{"Range", "bytes=2-4", "If-Range", tag}, 206, "234"},
		"from the end are sent":                     {[]string{"Range", "bytes=-3"}, 206, "hij"},
		"over the end are sent to it":               {[]string{"Range", "bytes=18-99"}, 206, "ij"},
		"are not looked at where the client has it": {[]string{"Range", "bytes=2-4", "If-None-Match", tag}, 304, ""},
		"of what has changed since are refused":     {[]string{"If-Match", `"other"`}, 412, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ranges(t, c.headers...)
			if got.Status != c.status || c.want != "" && string(got.Raw) != c.want || c.status == 304 && len(got.Raw) > 0 {
				t.Errorf("%q: got %d %q, want %d %q", c.headers, got.Status, got.Raw, c.status, c.want)
			}
			if got.Status > 400 && (got.Header.Get("Content-Type") != "application/problem+json" || got.Header.Get("Content-Disposition") != "") {
				t.Errorf("%q: the refusal is %v, want a problem", c.headers, got.Header)
			}
		})
	}

	t.Run("that are several are parts of one answer", func(t *testing.T) {
		got := ranges(t, "Range", "bytes=0-1,18-19")
		if kind := got.Header.Get("Content-Type"); got.Status != 206 || !strings.HasPrefix(kind, "multipart/byteranges; boundary=") {
			t.Fatalf("got %d %s, want a multipart answer", got.Status, kind)
		}
		for _, part := range []string{"Content-Range: bytes 0-1/20", "Content-Type: text/plain; charset=utf-8\r\n\r\n01\r\n", "\r\n\r\nij\r\n"} {
			if !strings.Contains(string(got.Raw), part) {
				t.Errorf("the answer is %q, want %q in it", got.Raw, part)
			}
		}
	})

	t.Run("do not matter to HEAD", func(t *testing.T) {
		a := s.ada.In(t).JSON(http.MethodHead, contentPath(s.id), "")
		if a.Status != 200 || a.Header.Get("Content-Length") != "20" || len(a.Raw) > 0 {
			t.Errorf("got %d, %v and %q; want the length alone", a.Status, a.Header, a.Raw)
		}
	})
}

// Whatever the name of a file is, the header has one that harms nobody: see blob.Disposition.
func TestContent_names(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		what specimen
		want string
	}{
		"with a line break":           {specimen{documents, "a\r\nX-Evil: 1.txt", filesapi.Text, "x", ""}, `attachment; filename="aX-Evil_ 1.txt"`},
		"of another script":           {specimen{documents, "Größe.txt", filesapi.Text, "x", ""}, `attachment; filename="Gr__e.txt"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.txt`},
		"of only dots":                {specimen{documents, "..", filesapi.PDF, "x", ""}, `attachment; filename="pdf"`},
		"of another type":             {specimen{documents, "mug.webp", filesapi.PDF, "x", ""}, `attachment; filename="mug.webp.pdf"`},
		"of an image, which is shown": {aPhoto, `inline; filename="blue mug.jpg"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t, c.what)
			a := download(s.ada, contentPath(s.id)).Want(200)
			if got := a.Header.Get("Content-Disposition"); got != c.want || a.Header.Get("X-Evil") != "" {
				t.Errorf("Content-Disposition: %s, want %s", got, c.want)
			}
		})
	}
	t.Run("of what was made of an image", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, specimen{photos, "blue mug.PNG", filesapi.JPEG, "encoded anew", "a thumb"})
		for path, want := range map[string]string{contentPath(s.id): "blue mug.jpg", "/files/" + s.id.String() + "/variants/thumb": "blue mug-thumb.jpg"} {
			if got := download(s.ada, path).Want(200).Header.Get("Content-Disposition"); got != `inline; filename="`+want+`"` {
				t.Errorf("Content-Disposition: %s, want the name %s", got, want)
			}
		}
	})
}

func TestMedia(t *testing.T) {
	t.Parallel()

	t.Run("does not have private files, nor those that are not stored, nor variants that were not made", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aDocument)
		photo, pending := s.shelve(t, s.ada.Subject(), aPhoto), s.announce(t, s.ada.Subject(), aPhoto)
		for _, path := range []string{mediaPath(s.id), mediaPath(pending), mediaPath(uuid.Nil), mediaPath(photo) + "/huge", "/media/x", mediaPath(pending) + "/thumb"} {
			for _, k := range []*slipwaytest.Kit{s.Anonymous(), s.ada} {
				download(k, path).WantCode(404, "not_found")
			}
		}
		download(s.Anonymous(), mediaPath(s.id)).Golden()
	})

	t.Run("is for everybody, and for ever", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		a := download(s.Anonymous(), mediaPath(s.id)).Want(200).Golden()
		wantText(t, a, aPhoto.text)
		download(s.Anonymous(), mediaPath(s.id), "If-None-Match", a.Header.Get("Etag")).Want(304).Golden()
		wantText(t, download(s.Anonymous(), mediaPath(s.id)+"/thumb").Want(200).Golden(), aPhoto.thumb)
	})

	t.Run("is sent to who says in no proper way that it is there already", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		tag := download(s.Anonymous(), mediaPath(s.id)).Header.Get("Etag")
		for _, bad := range []string{"x" + tag, "W/" + tag[1:] + tag} {
			wantText(t, download(s.Anonymous(), mediaPath(s.id), "If-None-Match", bad).Want(200), aPhoto.text)
		}
	})

	t.Run("is not opened where none of it is sent", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		tag := download(s.Anonymous(), mediaPath(s.id)).Header.Get("Etag")
		s.service.store = broken{s.service.store, func(r blob.Reader, err error) (blob.Reader, error) {
			t.Error("the store was asked for it")
			return r, err
		}}
		for _, has := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
			download(s.Anonymous(), mediaPath(s.id), "If-None-Match", has).Want(304)
		}
		download(s.Anonymous(), mediaPath(s.id), "If-Match", `"other"`).Want(412)
		download(s.Anonymous(), mediaPath(s.id), "Range", "bytes=99-").Want(416)
		s.Anonymous().JSON(http.MethodHead, mediaPath(s.id), "").Want(200)
	})

	t.Run("is at the address that the file tells", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		f := slipwaytest.Do(s.ada, filesapi.Get, filesapi.FileInput{ID: s.id}).Want(200).Golden().Body
		wantText(t, download(s.Anonymous(), f.URL).Want(200), aPhoto.text)
		wantText(t, download(s.Anonymous(), f.Variants[0].URL).Want(200), aPhoto.thumb)
	})
}

// A profile that becomes private takes its old files with it, and one that becomes public does not.
func TestMedia_ofAProfileThatChanged(t *testing.T) {
	t.Parallel()
	turn := func(s *shelf, to filesapi.Visibility) *filesapi.Profile {
		rules := photos.Rules()
		rules.Visibility = to
		changed := filesapi.Define(api.Module("album"), "photos", rules)
		s.service.profiles = profiles{photos.String(): changed}
		return changed
	}
	look := func(s *shelf) filesapi.File {
		return slipwaytest.Do(s.ada.In(t), filesapi.Get, filesapi.FileInput{ID: s.id}).Want(200).Body
	}
	s := newShelf(t, aPhoto)

	t.Run("to private is for everybody no more, but for its owner", func(t *testing.T) {
		turn(s, filesapi.Private)
		for _, path := range []string{mediaPath(s.id), mediaPath(s.id) + "/thumb"} {
			download(s.Anonymous().In(t), path).WantCode(404, "not_found")
		}
		f := look(s)
		if f.Visibility != filesapi.Private {
			t.Errorf("the file is %s, want private", f.Visibility)
		}
		wantText(t, download(s.ada.In(t), f.URL).Want(200), aPhoto.text)
		wantText(t, download(s.ada.In(t), f.Variants[0].URL).Want(200), aPhoto.thumb)
	})

	t.Run("and back is as it was", func(t *testing.T) {
		turn(s, filesapi.Public)
		wantText(t, download(s.Anonymous().In(t), look(s).URL).Want(200), aPhoto.text)
	})

	t.Run("that is gone with its module leaves public what was", func(t *testing.T) {
		s.service.profiles = profiles{}
		wantText(t, download(s.Anonymous().In(t), look(s).URL).Want(200), aPhoto.text)
	})

	t.Run("to public leaves private what was", func(t *testing.T) {
		before := aPhoto
		before.profile = turn(s, filesapi.Private)
		id := s.shelve(t, s.ada.Subject(), before)
		turn(s, filesapi.Public)
		download(s.Anonymous().In(t), mediaPath(id)).Want(404)
	})
}

func TestMedia_redirect(t *testing.T) {
	t.Parallel()
	w := &world{}
	w.Kit = slipwaytest.TxWith(t, map[string]string{"FILES_REDIRECT": "true"}, w.module(), albumModule())
	ada := w.As("customer")
	photo, document := w.shelve(t, ada.Subject(), aPhoto), w.shelve(t, ada.Subject(), aDocument)

	t.Run("is not where a token is needed", func(t *testing.T) { download(ada.In(t), contentPath(document)).Want(200) })
	t.Run("is not for HEAD, for which no address is signed", func(t *testing.T) {
		ada.In(t).JSON(http.MethodHead, mediaPath(photo), "").Want(200)
	})
	t.Run("is not where there is nothing", func(t *testing.T) { download(w.Anonymous().In(t), mediaPath(document)).Want(404) })

	t.Run("leads to the store, which is kept for less than the minute that the address lasts", func(t *testing.T) {
		stored := wantLed(t, w, mediaPath(photo), "public, max-age=30")
		wantText(t, stored, aPhoto.text)
		wantSaved(t, stored, `attachment; filename="blue mug.jpg"`, "image/jpeg")
	})
	t.Run("leads from a link that no cache keeps", func(t *testing.T) {
		in := filesapi.LinkInput{ID: document, Body: filesapi.LinkRequest{Seconds: 60}}
		link := slipwaytest.Do(ada.In(t), filesapi.Link, in).Want(http.StatusCreated).Body
		_, token, _ := strings.Cut(link.URL, linksPath)
		stored := wantLed(t, w, linksPath+token, "private, no-store")
		wantText(t, stored, aDocument.text)
	})
}

// wantLed follows a redirect to the store.
func wantLed(t *testing.T, w *world, path, cached string) *slipwaytest.Answer[json.RawMessage] {
	t.Helper()
	a := download(w.Anonymous().In(t), path).Want(http.StatusTemporaryRedirect)
	at := a.Header.Get("Location")
	if !strings.Contains(at, "/blobs/") || a.Header.Get("Cache-Control") != cached {
		t.Fatalf("the answer is %v, want an address of the store, and %s", a.Header, cached)
	}
	_, key, _ := strings.Cut(at, "/blobs/")
	return download(w.Anonymous().In(t), "/blobs/"+key).Want(http.StatusOK)
}

// wantSaved fails the test unless a browser saves what the store sent, under the name.
func wantSaved(t *testing.T, a *slipwaytest.Answer[json.RawMessage], disposition, kind string) {
	t.Helper()
	if got := a.Header.Get("Content-Disposition"); got != disposition || a.Header.Get("Content-Type") != kind {
		t.Errorf("the store says %v, want %s of the type %s", a.Header, disposition, kind)
	}
}

// A broken store fails in one way, whatever is asked of it.
type broken struct {
	blob.Store

	open func(blob.Reader, error) (blob.Reader, error)
}

// Open implements blob.Store.
func (b broken) Open(ctx context.Context, key string) (blob.Reader, error) {
	return b.open(b.Store.Open(ctx, key))
}

var errRefused = errors.New("connection refused")

func TestContent_storeThatFails(t *testing.T) {
	t.Parallel()

	t.Run("is down, and the file is not gone", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		s.service.store = broken{s.service.store, func(blob.Reader, error) (blob.Reader, error) { return nil, errRefused }}
		for _, path := range []string{contentPath(s.id), mediaPath(s.id), mediaPath(s.id) + "/thumb"} {
			a := download(s.ada, path).WantCode(503, "unavailable")
			if a.Header.Get("Retry-After") == "" || strings.Contains(string(a.Raw), "refused") {
				t.Errorf("%s: got %v %s, want to be told when to come back, and not why", path, a.Header, a.Raw)
			}
		}
		download(s.ada, mediaPath(s.id)).Golden()
	})

	t.Run("has lost the content, which is no affair of the client's", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		if err := s.service.store.Delete(t.Context(), s.contentOf(t, s.id)); err != nil {
			t.Fatal(err)
		}
		download(s.ada, mediaPath(s.id)).WantCode(500, "internal")
	})

	t.Run("has another content than was stored, which is no affair of the client's either", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		s.putObject(t, s.contentOf(t, s.id), "less")
		download(s.ada, mediaPath(s.id)).WantCode(500, "internal")
		download(s.ada, mediaPath(s.id), "Range", "bytes=0-1,3-4").WantCode(500, "internal")
	})

	t.Run("has no content of a file that was deleted a moment ago", func(t *testing.T) {
		t.Parallel()
		s := newShelf(t, aPhoto)
		s.service.store = broken{s.service.store, func(r blob.Reader, err error) (blob.Reader, error) {
			slipwaytest.Do(s.ada, filesapi.Delete, filesapi.FileInput{ID: s.id}).Want(204)
			return nil, blob.ErrNotFound
		}}
		download(s.ada, mediaPath(s.id)).WantCode(404, "not_found")
	})
}

// failing is an object that cannot be read to its end.
type failing struct {
	blob.Reader

	left int
	with error
}

// Read implements io.Reader.
func (f *failing) Read(b []byte) (int, error) {
	if f.left == 0 {
		return 0, f.with
	}
	n, err := f.Reader.Read(b[:min(len(b), f.left)])
	f.left -= n
	return n, err
}

// A store that breaks off in the middle must not make half a file look like a whole one.
func TestContent_thatBreaksOff(t *testing.T) {
	t.Parallel()
	long := aPhoto
	long.text = strings.Repeat("x", 1<<19)
	for name, with := range map[string]error{"with an error": errRefused, "with less than there should be": io.EOF} {
		for asked, ranges := range map[string]string{"whole": "", "one range": "bytes=10-", "several": "bytes=0-9,20-400000"} {
			t.Run(name+", "+asked, func(t *testing.T) {
				t.Parallel()
				s := newShelf(t, long)
				s.service.store = broken{s.service.store, func(r blob.Reader, err error) (blob.Reader, error) {
					return &failing{r, 1 << 17, with}, err
				}}
				var reported reports
				mux := http.NewServeMux()
				mux.Handle("GET /media/{id}", api.Observe("files", "GET /media/{id}", telemetry.Observer{Reporter: &reported}, answers(s.service.media)))
				server := httptest.NewServer(mux)
				body, err := readAll(t, server, mediaPath(s.id), ranges)
				server.Close() // waits for the handler
				if !errors.Is(err, io.ErrUnexpectedEOF) || len(body) > 1<<17+1<<10 {
					t.Errorf("read %d bytes, %v; want a connection that is cut", len(body), err)
				}
				if len(reported) != 1 || !strings.Contains(reported[0].Error(), s.contentOf(t, s.id)) {
					t.Errorf("reported: %v, want which object it was", reported)
				}
			})
		}
	}
}

type reports []error

// Report implements telemetry.Reporter.
func (r *reports) Report(_ context.Context, err error, _ ...slog.Attr) { *r = append(*r, err) }

func readAll(t *testing.T, server *httptest.Server, path, ranges string) ([]byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if ranges != "" {
		r.Header.Set("Range", ranges)
	}
	resp, err := server.Client().Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// A browser that is led to a file must not take it for a page of ours.
func TestContent_isNoPage(t *testing.T) {
	t.Parallel()
	s := newShelf(t, aDocument)
	photo := s.shelve(t, s.ada.Subject(), aPhoto)
	for path, resource := range map[string]string{contentPath(s.id): "same-origin", mediaPath(photo): "cross-origin", mediaPath(photo) + "/thumb": "cross-origin"} {
		h := download(s.ada, path).Want(200).Header
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox",
			"Cross-Origin-Resource-Policy": resource, "Accept-Ranges": "bytes", "Last-Modified": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}
