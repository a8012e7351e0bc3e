package slipway_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway"
	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/s3/s3test"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/problem"
)

// An attic keeps things, and tells its store.
func attic(store *blob.Store, fetch, send string) slipway.Module {
	contract := api.Module("attic")
	access := auth.Public("the store signs each address")
	down, up := api.Handler(contract, fetch, access, "Fetch what a signed address names"), api.Handler(contract, send, access, "Send it")
	return slipway.NewModule(contract, func(m *slipway.Setup, _ struct{}) error {
		*store = m.Blobs(down, up)
		return nil
	})
}

// The routes of an attic's door.
const fetching, sending = "GET /blobs/{key...}", "POST /blobs/{key...}"

// openAttic starts a process with an attic, and returns what serves it and its store.
func openAttic(t *testing.T, settings map[string]string) (http.Handler, blob.Store) {
	t.Helper()
	var store blob.Store
	app, err := slipway.New(config.New(settings), attic(&store, fetching, sending))
	if err == nil {
		err = app.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := app.Close(); err != nil {
			t.Error(err)
		}
	})
	return app.Handler(), store
}

func TestSetup_Blobs(t *testing.T) {
	t.Parallel()

	t.Run("has no directory in production unless it is told one", func(t *testing.T) {
		t.Parallel()
		err := startAttic(t, map[string]string{"SLIPWAY_ENV": "production", "SSO_ISSUER": "https://sso.example"})
		if err == nil || !strings.Contains(err.Error(), "BLOB_DIR") || !strings.Contains(err.Error(), "outlives the process") {
			t.Errorf("err = %v, want it to ask for BLOB_DIR", err)
		}
	})

	t.Run("says what the route of the door is to be", func(t *testing.T) {
		t.Parallel()
		for _, pair := range [][2]string{{"GET /blobs/", "POST /blobs/"}, {fetching, "POST /boxes/{key...}"}, {sending, fetching}, {"/blobs/{key...}", "POST /blobs/{key...}"}} {
			app, err := slipway.New(config.New(map[string]string{"SLIPWAY_ENV": "test", "SSO_ISSUER": "https://sso.example", "BLOB_DIR": t.TempDir()}), attic(new(blob.Store), pair[0], pair[1]))
			if err == nil {
				err = errors.Join(app.Start(t.Context()), app.Close())
			}
			want := fmt.Sprintf("attic gives Blobs the routes %s and %s: expected GET and POST of one path that ends in /{key...}", pair[0], pair[1])
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("err = %v, want %q", err, want)
			}
		}
	})

	t.Run("keeps the module's objects in a folder of its own", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		_, store := openAttic(t, map[string]string{"SLIPWAY_ENV": "test", "SSO_ISSUER": "https://sso.example", "SLIPWAY_DATA_DIR": dir})
		info, err := store.Put(t.Context(), "chests/1", strings.NewReader("lace"), 10)
		if err != nil || info.Key != "chests/1" {
			t.Fatalf("Put() = %+v, %v, want the key chests/1", info, err)
		}
		got, err := os.ReadFile(filepath.Join(dir, "blobs", "objects", "attic", "chests", "1"))
		if err != nil || string(got) != "lace" {
			t.Errorf("the file has %q, %v, want lace", got, err)
		}
	})

	t.Run("signs addresses at the place that the process greets with", func(t *testing.T) {
		t.Parallel()
		_, store := openAttic(t, map[string]string{"SLIPWAY_ENV": "test", "SSO_ISSUER": "https://sso.example", "BLOB_DIR": t.TempDir(), "SLIPWAY_ADDR": "127.0.0.1:8081"})
		address, err := store.SignGet(t.Context(), "chests/1", blob.Link{Expires: time.Minute})
		if err != nil || !strings.HasPrefix(address, "http://localhost:8081/blobs/attic/chests/1?") {
			t.Errorf("SignGet() = %s, %v, want an address at http://localhost:8081, where a page is the same origin", address, err)
		}
	})

	t.Run("signs addresses that lead to the door", func(t *testing.T) {
		t.Parallel()
		handler, store := openAttic(t, map[string]string{"SLIPWAY_ENV": "test", "SSO_ISSUER": "https://sso.example", "BLOB_DIR": t.TempDir(), "SLIPWAY_PUBLIC_URL": "https://attic.example/"})
		if w := serve(handler, postOf(t, store, "chests/2", "silk")); w.Code != http.StatusNoContent {
			t.Fatalf("the form was answered %d %s, want 204", w.Code, w.Body)
		}
		address, err := store.SignGet(t.Context(), "chests/2", blob.Link{Expires: time.Minute, Name: "silk.txt"})
		if err != nil || !strings.HasPrefix(address, "https://attic.example/blobs/attic/chests/2?") {
			t.Fatalf("SignGet() = %s, %v, want an address of the door", address, err)
		}
		w := serve(handler, httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody))
		if w.Code != http.StatusOK || w.Body.String() != "silk" {
			t.Errorf("the address was answered %d %s, want silk", w.Code, w.Body)
		}
		w = serve(handler, httptest.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(address, "silk.txt", "silk.exe", 1), http.NoBody))
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "wrong_signature") {
			t.Errorf("the address with another name was answered %d %s, want 403 wrong_signature", w.Code, w.Body)
		}
	})
}

func TestSetup_Blobs_inS3(t *testing.T) {
	t.Parallel()
	settings := func(url config.Secret) map[string]string {
		return map[string]string{"SLIPWAY_ENV": "production", "SSO_ISSUER": "https://sso.example", "S3_URL": url.Reveal()}
	}

	t.Run("tells what is wrong with the address, and not what it is", func(t *testing.T) {
		t.Parallel()
		for address, want := range map[string]string{
			"https://KEY:made-up@s3.example":                   "S3_URL: the URL of S3: expected the name of one bucket",
			"https://s3.example/files":                         "S3_URL: the URL of S3: expected the key and its secret",
			"s3://KEY:made-up@files":                           "S3_URL: the URL of S3: expected https://KEY:SECRET@HOST/BUCKET",
			"https://KEY:made-up/secret@s3.example/files":      "is written as %2F",
			"https://KEY:made-up@s3.example/files?style=other": "style=path",
		} {
			err := startAttic(t, settings(config.Secret(address)))
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "made-up") {
				t.Errorf("with %s err = %v, want %q", address, err, want)
			}
		}
		with := settings("https://KEY:made-up@s3.example/files")
		with["S3_PUBLIC_URL"] = "https://files.example/folder"
		if err := startAttic(t, with); err == nil || !strings.Contains(err.Error(), "scheme and host alone") {
			t.Errorf("err = %v, want it to tell of the public URL", err)
		}
	})

	t.Run("starts while S3 is down", func(t *testing.T) {
		t.Parallel()
		_, store := openAttic(t, settings("http://KEY:made-up@127.0.0.1:1/files"))
		_, err := store.Stat(t.Context(), "chests/1")
		if problem.Status(err) != http.StatusServiceUnavailable || strings.Contains(err.Error(), "made-up") {
			t.Errorf("Stat() = %v, want 503 without a secret", err)
		}
	})

	t.Run("keeps the module's objects in a folder of its own, behind no door", func(t *testing.T) {
		t.Parallel()
		server := s3test.Start(t)
		handler, store := openAttic(t, settings(server.URL()))
		if _, err := store.Put(t.Context(), "chests/1", strings.NewReader("lace"), 10); err != nil {
			t.Fatal(err)
		}
		if keys := server.Keys(t); !slices.Equal(keys, []string{"attic/chests/1"}) {
			t.Errorf("the bucket has %v, want attic/chests/1", keys)
		}
		address, err := store.SignGet(t.Context(), "chests/1", blob.Link{Expires: time.Minute, Name: "lace.txt"})
		if err != nil || !strings.HasPrefix(address, "http://"+server.Host()+"/blobs/attic/chests/1?") {
			t.Errorf("SignGet() = %s, %v, want an address of the S3", address, err)
		}
		if w := serve(handler, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/blobs/attic/chests/1", http.NoBody)); w.Code != http.StatusNotFound {
			t.Errorf("the door was answered %d %s, want 404", w.Code, w.Body)
		}
	})

	t.Run("gives a module a bucket of its own, and browsers another address", func(t *testing.T) {
		t.Parallel()
		server := s3test.Start(t)
		with := settings("https://KEY:made-up@s3.example/files")
		with["ATTIC_S3_URL"], with["ATTIC_S3_PUBLIC_URL"] = server.URL().Reveal(), "https://files.example"
		_, store := openAttic(t, with)
		if _, err := store.Stat(t.Context(), "chests/1"); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Stat() = %v, want ErrNotFound", err)
		}
		form, err := store.SignPost(t.Context(), "chests/1", blob.Policy{Expires: time.Minute, MaxSize: 10})
		if name := store.String(); name != "attic/ in bucket "+s3test.Bucket+" of "+server.Host() {
			t.Errorf("the store is %s, want bucket and host, and no credentials", name)
		}
		if err != nil || form.URL != "https://files.example/blobs/" {
			t.Errorf("SignPost() = %s, %v, want the address for browsers", form.URL, err)
		}
	})

	t.Run("makes the bucket in development and test alone", func(t *testing.T) {
		t.Parallel()
		server := s3test.Start(t)
		absent := config.Secret(strings.Replace(server.URL().Reveal(), "/"+s3test.Bucket, "/absent", 1))
		with := settings(absent)
		_, store := openAttic(t, with)
		if _, err := store.Put(t.Context(), "chests/1", strings.NewReader("lace"), 10); err == nil || !strings.Contains(err.Error(), "there is no bucket absent") {
			t.Errorf("Put() = %v, want it to tell of the bucket", err)
		}
		with["SLIPWAY_ENV"] = "test"
		_, store = openAttic(t, with)
		if _, err := store.Put(t.Context(), "chests/1", strings.NewReader("lace"), 10); err != nil {
			t.Error(err)
		}
	})
}

func startAttic(t *testing.T, settings map[string]string) error {
	t.Helper()
	app, err := slipway.New(config.New(settings), attic(new(blob.Store), fetching, sending))
	if err != nil {
		return err
	}
	err = app.Start(t.Context())
	if closing := app.Close(); closing != nil {
		t.Error(closing)
	}
	return err
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// postOf sends the content by a form that the store signs.
func postOf(t *testing.T, store blob.Store, key, content string) *http.Request {
	t.Helper()
	form, err := store.SignPost(t.Context(), key, blob.Policy{Expires: time.Minute, MaxSize: 100})
	if err != nil {
		t.Fatal(err)
	}
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range form.Fields {
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	file, err := w.CreateFormFile("file", "any")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(file, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, form.URL, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}
