package golden

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const defaultDir = "testdata/golden"

// Files are the golden files of a package under test. The zero value works.
// It is safe for concurrent use.
type Files struct {
	// Dir holds the files. Default: testdata/golden.
	Dir string

	mu    sync.Mutex
	root  string         // Dir made absolute, since a test may change the working directory
	pkg   string         // the package, as go test wants it named
	used  map[string]use // by file, in lower case
	count map[string]int // exchanges so far, by running test
}

// A use is the first that a run made of a file.
type use struct{ file, test, got string }

// Text compares a text with the file of that name in the folder of golden files.
func (f *Files) Text(t testing.TB, file string, got []byte) {
	t.Helper()
	f.Judged(t, file, got, nil)
}

// Judged is [Files.Text] with a judge of the difference, whose error fails the test
// and keeps the file as it is, even where the files are to be written. It is not asked
// about a file that is missing.
func (f *Files) Judged(t testing.TB, file string, got []byte, judge func(before, now []byte) error) {
	t.Helper()
	if !filepath.IsLocal(file) {
		t.Fatalf("golden file %q: want a name such as access.txt, below %s", file, f.dir())
	}
	if err := f.settle(t.Name(), filepath.ToSlash(filepath.Clean(file)), string(got), judge); err != nil {
		t.Errorf("%v", err)
	}
}

// Has reports whether there is such a file.
func (f *Files) Has(file string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.open() != nil {
		return false
	}
	_, err := os.Stat(f.path(file))
	return err == nil
}

// Exchange compares an exchange with the file of the test that is named, which
// is the test's own name or one that several tests share. The second exchange
// of a test is in a file with the number 2, and so on.
func (f *Files) Exchange(t testing.TB, name string, e Exchange) {
	t.Helper()
	if err := f.settle(t.Name(), pathOf(name)+f.number(t)+".txt", e.String(), nil); err != nil {
		t.Errorf("%v", err)
	}
}

// number counts the exchanges of a test while it runs.
func (f *Files) number(t testing.TB) string {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	test := t.Name()
	if f.count == nil {
		f.count = map[string]int{}
	}
	if f.count[test] == 0 {
		t.Cleanup(func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			delete(f.count, test) // with -count=2 it begins anew
		})
	}
	f.count[test]++
	if f.count[test] == 1 {
		return ""
	}
	return fmt.Sprintf(".%d", f.count[test])
}

// settle compares, or writes where that is asked for.
func (f *Files) settle(test, file, got string, judge func(before, now []byte) error) error {
	update, err := Updating()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.open(); err != nil {
		return err
	}
	if err := f.claim(use{file, test, got}); err != nil {
		return err
	}
	want, err := f.read(file)
	if err == nil && want == got {
		return nil
	}
	if err == nil && judge != nil {
		if err := judge([]byte(want), []byte(got)); err != nil {
			return fmt.Errorf("this run differs from the golden file %s in a way that is not allowed:\n\n%w", f.shown(file), err)
		}
	}
	switch {
	case update:
		return f.write(file, got)
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the golden file %s is missing. Write it, read it and commit it:\n\n\t%s\n\nIt would say:\n\n%s",
			f.shown(file), f.remedy(test), diff("", got))
	case err != nil:
		return fmt.Errorf("read a golden file: %w", err)
	}
	return fmt.Errorf("this run (+) differs from the golden file %s (-):\n\n%s\nIf that is meant, write the file anew, read it and commit it:\n\n\t%s",
		f.shown(file), diff(want, got), f.remedy(test))
}

// claim notes the use of a file. The second must be of the same, and spelled the
// same, since to some file systems Get.txt and get.txt are one.
func (f *Files) claim(u use) error {
	key := strings.ToLower(u.file)
	first, ok := f.used[key]
	switch {
	case !ok:
		if f.used == nil {
			f.used = map[string]use{}
		}
		f.used[key] = u
	case first.file != u.file:
		return fmt.Errorf("the golden files %s of %s and %s of %s would be one where case does not count: rename one of the tests",
			f.shown(first.file), first.test, f.shown(u.file), u.test)
	case first.got != u.got:
		return fmt.Errorf("the golden file %s has two uses in this run that differ, by %s (-) and by %s (+):\n\n%s\nLet both be the same, or give each a test of its own",
			f.shown(u.file), first.test, u.test, diff(first.got, u.got))
	}
	return nil
}

func (f *Files) read(file string) (string, error) {
	b, err := os.ReadFile(f.path(file))
	return strings.ReplaceAll(string(b), "\r\n", "\n"), err // git may have written them so
}

func (f *Files) write(file, text string) error {
	path := f.path(file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // source files, for everyone to read
		return fmt.Errorf("make the folder of a golden file: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // as above
		return fmt.Errorf("write a golden file: %w", err)
	}
	return nil
}

// open finds the folder, once.
func (f *Files) open() error {
	if f.root != "" {
		return nil
	}
	root, err := filepath.Abs(f.dir())
	if err != nil {
		return fmt.Errorf("find the golden files: %w", err)
	}
	f.root, f.pkg = root, thisPackage()
	return nil
}

func (f *Files) dir() string {
	if f.Dir == "" {
		return defaultDir
	}
	return f.Dir
}

func (f *Files) path(file string) string { return filepath.Join(f.root, filepath.FromSlash(file)) }

func (f *Files) shown(file string) string { return filepath.Join(f.dir(), filepath.FromSlash(file)) }
