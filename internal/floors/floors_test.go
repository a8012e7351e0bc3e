package floors_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/internal/floors"
)

// The repository itself must stand.
func TestHouse(t *testing.T) {
	t.Parallel()
	house := read(t, filepath.Join("..", ".."))

	t.Run("ImportsOnlyDownwards", func(t *testing.T) {
		t.Parallel()
		for _, v := range house.Violations() {
			t.Error(v)
		}
	})
	t.Run("ContractsKnowNoDatabase", func(t *testing.T) {
		t.Parallel()
		for _, v := range drivers(t, house) {
			t.Error(v)
		}
	})
}

// Every wrong import planted in testdata is found, and no right one is.
func TestHouse_Planted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("testdata", "planted")
	house := read(t, dir)
	got := lines(house.Violations(), drivers(t, house))
	want := planted(t, dir)

	for place, message := range want {
		if !strings.Contains(got[place], message) {
			t.Errorf("%s: got %q, want it to say %q", place, got[place], message)
		}
	}
	for place, message := range got {
		if want[place] == "" {
			t.Errorf("%s: reported, though nothing is wrong with it: %s", place, message)
		}
	}
}

func TestHouse_ViolationNamesTheRemedy(t *testing.T) {
	t.Parallel()
	for _, v := range read(t, filepath.Join("testdata", "planted")).Violations() {
		if v.File == "modules/cart/cart.go" {
			got, want := v.String(), `modules/cart/cart.go:5: modules/cart (floor 9) imports modules/acquiring (floor 9), the implementation of another module
	Import its contract instead: modules/acquiring/acquiringapi.`
			if got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			return
		}
	}
	t.Error("the planted import in modules/cart/cart.go was not found")
}

func TestRead(t *testing.T) {
	t.Parallel()
	t.Run("NoModule", func(t *testing.T) {
		t.Parallel()
		if _, err := floors.Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "go.mod") {
			t.Errorf("Read() = %v, want an error that names the go.mod", err)
		}
	})
	t.Run("NotGo", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		write(t, filepath.Join(dir, "go.mod"), "module example.org/kit\n")
		write(t, filepath.Join(dir, "broken.go"), "import now\n")
		if _, err := floors.Read(dir); err == nil || !strings.Contains(err.Error(), "broken.go") {
			t.Errorf("Read() = %v, want an error that names the file", err)
		}
	})
}

func read(t *testing.T, dir string) *floors.House {
	t.Helper()
	house, err := floors.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return house
}

func drivers(t *testing.T, house *floors.House) []floors.Violation {
	t.Helper()
	found, err := house.DriverViolations(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// lines maps file:line to what was said of it.
func lines(found ...[]floors.Violation) map[string]string {
	said := map[string]string{}
	for _, v := range slices.Concat(found...) {
		said[fmt.Sprintf("%s:%d", v.File, v.Line)] += v.String()
	}
	return said
}

var want = regexp.MustCompile(`// want "(.*)"`)

// planted maps file:line to the message that the comment `// want "…"` on that line asks for. A comment on a package
// clause speaks of the folder as a whole, which is reported at line 0.
func planted(t *testing.T, dir string) map[string]string {
	t.Helper()
	wanted := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".go" {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		for n, line := range strings.Split(string(text), "\n") {
			place := fmt.Sprintf("%s:%d", name, n+1)
			if strings.HasPrefix(line, "package ") {
				place = filepath.ToSlash(filepath.Dir(name)) + ":0"
			}
			if match := want.FindStringSubmatch(line); match != nil {
				wanted[place] = match[1]
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return wanted
}
