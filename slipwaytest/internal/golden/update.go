package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/slipway-go/slipway/slipwaytest/internal/ci"
)

const updateVariable = "SLIPWAY_UPDATE"

// Updating reports whether the files are to be written.
func Updating() (bool, error) {
	switch v := os.Getenv(updateVariable); v {
	case "", "0":
		return false, nil
	case "1":
	default:
		return false, fmt.Errorf("%s=%q: set it to 1 to write the golden files, or leave it out", updateVariable, v)
	}
	if ci.Runs() {
		return false, fmt.Errorf("%s=1 with CI=%s: golden files are compared in CI, not written; write them where you can read and commit them", updateVariable, os.Getenv(ci.Variable))
	}
	return true, nil
}

// remedy is the command that writes the files of a test, or of all.
func (f *Files) remedy(test string) string {
	command := updateVariable + "=1 go test " + f.pkg
	if test == "" {
		return command
	}
	top, _, _ := strings.Cut(test, "/")
	return command + " -run '^" + top + "$'"
}

// thisPackage names the package under test from the root of its module: go test
// runs every package in its own folder.
func thisPackage() string {
	dir, err := os.Getwd()
	if err != nil {
		return "."
	}
	for root := dir; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			rel, _ := filepath.Rel(root, dir) // root is above it
			return "./" + strings.TrimPrefix(filepath.ToSlash(rel), ".")
		}
		if root == filepath.Dir(root) {
			return "."
		}
	}
}
