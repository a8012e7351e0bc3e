package files

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/slipwaytest"
)

// A public file is downloaded over HTTP: from http.ServeContent, and from the module with what
// every route has around it.
func BenchmarkDownload(b *testing.B) {
	w := &world{}
	w.Kit = slipwaytest.CommitWith(b, nil, w.module(), albumModule())
	files := http.NewServeMux()
	files.Handle("GET /media/{id}", api.Pass("files", filesapi.Media.Route, api.PassConfig{}, answers(w.service.media)))

	for _, size := range []int{1 << 10, 1 << 20} {
		photo := aPhoto
		photo.text = strings.Repeat("x", size)
		bare := filepath.Join(b.TempDir(), "bare")
		if err := os.WriteFile(bare, []byte(photo.text), 0o600); err != nil {
			b.Fatal(err)
		}
		b.Run("bare/"+strconv.Itoa(size), func(b *testing.B) { downloads(b, serveFile(bare), "/", size) })
		path := mediaPath(w.shelve(b, "ada", photo))
		b.Run("files/"+strconv.Itoa(size), func(b *testing.B) { downloads(b, files, path, size) })
	}
}

func serveFile(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open(name)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer f.Close()
		http.ServeContent(w, r, "", time.Time{}, f)
	})
}

// downloads has several clients take what is at a path, again and again.
func downloads(b *testing.B, h http.Handler, path string, size int) {
	b.Helper()
	server := httptest.NewServer(h)
	defer server.Close()
	b.SetBytes(int64(size))
	b.RunParallel(func(p *testing.PB) {
		client := &http.Client{Transport: &http.Transport{}}
		defer client.CloseIdleConnections()
		for p.Next() {
			if err := take(b.Context(), client, server.URL+path, size); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func take(ctx context.Context, client *http.Client, address string, size int) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if n, err := io.Copy(io.Discard, answer.Body); err != nil || n != int64(size) {
		return fmt.Errorf("%d bytes of %d came with %s: %w", n, size, answer.Status, err)
	}
	return nil
}
