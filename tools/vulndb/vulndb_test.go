package main

import (
	"archive/tar"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

func TestChoose(t *testing.T) {
	t.Parallel()
	healthy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(healthy.Close)
	broken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(broken.Close)

	t.Run("NeitherReachableNorCopied", func(t *testing.T) {
		t.Parallel()
		missing := filepath.Join(t.TempDir(), "vulndb.tar.xz")
		_, err := choose(t.Context(), broken.URL, missing, t.TempDir())
		if err == nil || !strings.Contains(err.Error(), missing) || !strings.Contains(err.Error(), broken.URL) {
			t.Errorf("choose() = %v, want an error that names both places", err)
		}
	})
	t.Run("NotADatabase", func(t *testing.T) {
		t.Parallel()
		_, err := choose(t.Context(), broken.URL, archive(t, "README.md"), t.TempDir())
		if err == nil || !strings.Contains(err.Error(), "no vulnerability database") {
			t.Errorf("choose() = %v, want a refusal of the archive", err)
		}
	})
	t.Run("OutsideTheDirectory", func(t *testing.T) {
		t.Parallel()
		dir := filepath.Join(t.TempDir(), "inner")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := choose(t.Context(), broken.URL, archive(t, "../index/db.json"), dir); err == nil {
			t.Error("choose() = nil, want a refusal of the path")
		}
		if _, err := os.Stat(filepath.Join(dir, "../index")); err == nil {
			t.Error("the archive wrote outside its directory")
		}
	})
	t.Run("Archive", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		got, err := choose(t.Context(), broken.URL, archive(t, "vdb/ID/GO-1.json", "vdb/index/db.json"), dir)
		if want := "file://" + filepath.ToSlash(dir) + "/vdb"; got != want || err != nil {
			t.Errorf("choose() = %q, %v, want %q", got, err, want)
		}
		if _, err := os.Stat(filepath.Join(dir, "vdb/ID/GO-1.json")); err != nil {
			t.Error(err)
		}
	})
	t.Run("Public", func(t *testing.T) {
		t.Parallel()
		if got, err := choose(t.Context(), healthy.URL, "", ""); got != healthy.URL || err != nil {
			t.Errorf("choose() = %q, %v, want %q", got, err, healthy.URL)
		}
	})
}

// archive writes a .tar.xz with the named files.
func archive(t *testing.T, names ...string) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "db.tar.xz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := xz.NewWriter(file)
	if err != nil {
		t.Fatal(err)
	}
	entries := tar.NewWriter(packed)
	for _, name := range names {
		if err := entries.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
	}
	if err := entries.Close(); err != nil {
		t.Fatal(err)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}
