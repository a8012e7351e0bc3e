package snippets_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/slipway-go/slipway/internal/snippets"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	for want, text := range map[string]string{
		"names no file":             "```go\nx := 1\n```\n",
		"does not stand in a.go":    "<!-- a.go -->\n```go\nx := 2\n```\n",
		"b.go: file does not exist": "<!-- b.go -->\n```go\nx := 1\n```\n",
	} {
		root := fstest.MapFS{"a.go": {Data: []byte("x := 1\n")}, "doc.md": {Data: []byte(text)}}
		if errs := snippets.Check(root, "doc.md"); len(errs) != 1 || !strings.Contains(errs[0].Error(), want) {
			t.Errorf("Check() = %v, want %q", errs, want)
		}
	}
	root := fstest.MapFS{"a.go": {Data: []byte("x := 1\n")}, "doc.md": {Data: []byte("<!-- a.go -->\n```go\nx := 1\n```\n")}}
	if errs := snippets.Check(root, "doc.md"); len(errs) != 0 {
		t.Errorf("Check() = %v", errs)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == ".git" || path == "bin" || path == ".slipway"):
			return fs.SkipDir
		case strings.HasSuffix(path, ".md"):
			for _, err := range snippets.Check(root, path) {
				t.Error(err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
