// Package snippets keeps the code in documents true: every block of Go in a
// Markdown file names the file that it stands in, and stands there.
package snippets

import (
	"fmt"
	"io/fs"
	"regexp"
	"strings"
)

var block = regexp.MustCompile("(?s)(?:<!-- ([^\n]*?) -->\n)?```go\n(.*?)```")

// Check returns what is wrong with the Go blocks of a document in root.
func Check(root fs.FS, document string) []error {
	text, err := fs.ReadFile(root, document)
	if err != nil {
		return []error{err}
	}
	var errs []error
	for _, m := range block.FindAllStringSubmatch(string(text), -1) {
		if err := check(root, m[1], m[2]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", document, err))
		}
	}
	return errs
}

func check(root fs.FS, source, code string) error {
	first, _, _ := strings.Cut(strings.TrimSpace(code), "\n")
	if source == "" {
		return fmt.Errorf("the Go block that begins with %q names no file: put <!-- path/of/file.go --> on the line before it", first)
	}
	file, err := fs.ReadFile(root, source)
	if err != nil {
		return fmt.Errorf("the Go block that begins with %q: %w", first, err)
	}
	if !strings.Contains(string(file), strings.TrimRight(code, "\n")) {
		return fmt.Errorf("the Go block that begins with %q does not stand in %s: copy it anew", first, source)
	}
	return nil
}
