package golden

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Run runs the tests of a package and returns the code to exit with. After a
// run of all tests, none of which failed, it looks for files that none used.
func (f *Files) Run(m interface{ Run() int }) int {
	update, err := Updating()
	if err == nil {
		f.mu.Lock()
		err = f.open()
		f.mu.Unlock()
	}
	if err != nil {
		return fail(err)
	}
	if code := m.Run(); code != 0 || !RanAll() {
		return code
	}
	if err := f.sweep(update); err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "FAIL:", err)
	return 1
}

// RanAll reports whether every test of the package was asked to run. The flags
// are those of package testing.
func RanAll() bool {
	for name, all := range map[string]string{"run": "", "skip": "", "list": "", "short": "false", "fuzzworker": "false"} {
		if f := flag.Lookup("test." + name); f != nil && f.Value.String() != all {
			return false
		}
	}
	count := flag.Lookup("test.count")
	return count == nil || count.Value.String() != "0"
}

// sweep removes the files that no test used, or names them.
func (f *Files) sweep(remove bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	orphans, err := f.orphans()
	if err != nil || len(orphans) == 0 {
		return err
	}
	if remove {
		return f.remove(orphans)
	}
	var list strings.Builder
	for _, file := range orphans {
		list.WriteString("\t" + f.shown(file) + "\n")
	}
	return fmt.Errorf("golden files that no test used:\n\n%s\nIf their tests are gone, remove them:\n\n\t%s", list.String(), f.remedy(""))
}

func (f *Files) orphans() ([]string, error) {
	var orphans []string
	err := fs.WalkDir(os.DirFS(f.root), ".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case file == "." && errors.Is(err, fs.ErrNotExist):
			return fs.SkipAll // a package without golden files
		case err != nil:
			return err
		case d.IsDir(), strings.HasPrefix(d.Name(), "."):
			return nil
		}
		if f.used[strings.ToLower(file)].file != file {
			orphans = append(orphans, file)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for golden files that no test used: %w", err)
	}
	return orphans, nil
}

// remove removes files, and the folders that are empty then.
func (f *Files) remove(files []string) error {
	for _, file := range files {
		path := f.path(file)
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove a golden file that no test used: %w", err)
		}
		for dir := filepath.Dir(path); dir != f.root && os.Remove(dir) == nil; { // fails where there is more
			dir = filepath.Dir(dir)
		}
	}
	return nil
}
