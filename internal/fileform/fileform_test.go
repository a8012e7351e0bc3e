package fileform_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/internal/fileform"
)

func read(body string) (*fileform.Reader, error) {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	return fileform.New(r)
}

func part(name, content string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + content + "\r\n"
}

func TestReader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", fileform.MaxBytes)

	t.Run("is no other content", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []string{"", "text/plain", "multipart/mixed; boundary=b", "multipart/form-data"} {
			r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(part("file", "content")+"--b--\r\n"))
			r.Header.Set("Content-Type", kind)
			if _, err := fileform.New(r); !errors.Is(err, fileform.ErrNoForm) {
				t.Errorf("New() of %q = %v, want %v", kind, err, fileform.ErrNoForm)
			}
		}
	})

	for name, body := range map[string]string{
		"a long name":  part(long, "x"),
		"a long value": part("a", long) + part("b", "x"),
		"many fields":  strings.Repeat(part("a", "x"), fileform.MaxBytes/10),
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			f, err := read(body + part("file", "content") + "--b--\r\n")
			for err == nil {
				_, err = f.Next()
			}
			if !errors.Is(err, fileform.ErrTooLong) {
				t.Errorf("Next() = %v, want %v", err, fileform.ErrTooLong)
			}
		})
	}

	t.Run("bounds what comes behind the file again", func(t *testing.T) {
		t.Parallel()
		f, err := read(part("file", long+long) + part(long+long, "x") + "--b--\r\n")
		if err != nil {
			t.Fatal(err)
		}
		file, err := f.Next()
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, f.File(file)); n != 2*fileform.MaxBytes || err != nil {
			t.Errorf("the file has %d bytes (%v), want %d", n, err, 2*fileform.MaxBytes)
		}
		if _, err := f.Next(); !errors.Is(err, fileform.ErrTooLong) {
			t.Errorf("Next() = %v, want %v", err, fileform.ErrTooLong)
		}
	})

	t.Run("ends", func(t *testing.T) {
		t.Parallel()
		f, err := read(part("file", "content") + "--b--\r\n")
		if err != nil {
			t.Fatal(err)
		}
		file, err := f.Next()
		if err != nil {
			t.Fatal(err)
		}
		if content, err := io.ReadAll(f.File(file)); err != nil || !bytes.Equal(content, []byte("content")) {
			t.Errorf("the file is %q (%v)", content, err)
		}
		if _, err := f.Next(); !errors.Is(err, io.EOF) {
			t.Errorf("Next() = %v, want EOF", err)
		}
	})
}
