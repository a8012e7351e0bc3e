package floors

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// House is a repository with the imports of all its Go files.
type House struct {
	dir     string
	module  string
	imports []imported
	folders map[string]bool
}

// imported is one import of one file.
type imported struct {
	file   string // relative to the repository, with slashes
	line   int
	path   string
	inTest bool
}

func (i imported) folder() string { return path.Dir(i.file) }

// Read reads the module in dir. Like the go command it skips testdata, folders that begin with a dot or an underscore,
// and modules of their own; unlike it, it reads the files of every platform.
func Read(dir string) (*House, error) {
	module, err := modulePath(filepath.Join(dir, "go.mod"))
	if err != nil {
		return nil, err
	}
	h := &House{dir: dir, module: module, folders: map[string]bool{}}
	tree := os.DirFS(dir)
	err = fs.WalkDir(tree, root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return h.enter(tree, name)
		case strings.HasSuffix(name, ".go"):
			return h.readFile(tree, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the imports in %s: %w", dir, err)
	}
	return h, nil
}

// enter decides whether a folder belongs to the module.
func (h *House) enter(tree fs.FS, folder string) error {
	if folder == root {
		return nil
	}
	name := path.Base(folder)
	if name == "testdata" || name == "vendor" || name == "node_modules" || name[0] == '.' || name[0] == '_' {
		return fs.SkipDir
	}
	if _, err := fs.Stat(tree, path.Join(folder, "go.mod")); err == nil {
		return fs.SkipDir
	}
	return nil
}

func (h *House) readFile(tree fs.FS, name string) error {
	source, err := fs.ReadFile(tree, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // an editor's file that went while the folder was read
	}
	if err != nil {
		return err
	}
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, name, source, parser.ImportsOnly)
	if err != nil {
		return err
	}
	h.folders[path.Dir(name)] = true
	inTest := strings.HasSuffix(name, "_test.go")
	if inTest && strings.HasSuffix(file.Name.Name, "_test") {
		return nil
	}
	for _, spec := range file.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("%s: import %s: %w", name, spec.Path.Value, err)
		}
		h.imports = append(h.imports, imported{name, positions.Position(spec.Pos()).Line, target, inTest})
	}
	return nil
}

// inside returns the folder of an import path of this module.
func (h *House) inside(importPath string) (folder string, ok bool) {
	if importPath == h.module {
		return root, true
	}
	return strings.CutPrefix(importPath, h.module+"/")
}

// modulePath reads the module line of a go.mod.
func modulePath(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("find the module's path: %w", err)
	}
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "module "); ok {
			return strings.Trim(strings.TrimSpace(name), `"`), nil
		}
	}
	return "", fmt.Errorf("%s has no module line", file)
}
