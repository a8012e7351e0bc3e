package golden_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/golden"
)

// plantedVariable makes this test binary one of another package, whose tests it names.
const plantedVariable = "GOLDEN_TEST_PLANTED"

var goldens golden.Files

func TestMain(m *testing.M) {
	if os.Getenv(plantedVariable) != "" {
		os.Exit(goldens.Run(plantedTests{m}))
	}
	os.Exit(goldens.Run(m))
}

// plantedTests runs TestPlanted alone as if the package had no other test.
type plantedTests struct{ m *testing.M }

func (p plantedTests) Run() int {
	flag.Parse()
	asked := flag.Lookup("test.run").Value.String()
	_ = flag.Set("test.run", "^TestPlanted$") // any text is one
	defer func() { _ = flag.Set("test.run", asked) }()
	return p.m.Run()
}

func TestPlanted(t *testing.T) {
	names := os.Getenv(plantedVariable)
	if names == "" {
		t.Skip("for the tests of Run, which start it in a process of its own")
	}
	for name := range strings.FieldsSeq(names) {
		t.Run(name, func(t *testing.T) {
			goldens.Exchange(t, name, exchange(nil))
			goldens.Text(t, name+"/text.json", []byte("{}\n"))
			if name == "TestBroken" {
				t.Error("broken")
			}
		})
	}
}

// run runs the planted tests in dir as go test would.
func run(t *testing.T, dir, names string, env []string, flags ...string) (output string, code int) {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable, flags...)
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), []string{"CI=", "SLIPWAY_UPDATE=", plantedVariable + "=" + names}, env)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil && !isExit(err) {
		t.Fatal(err)
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func isExit(err error) bool {
	_, ok := errors.AsType[*exec.ExitError](err)
	return ok
}

var update = []string{"SLIPWAY_UPDATE=1"}

// planted returns a folder with the golden files of the tests.
func planted(t *testing.T, names string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module planted\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := run(t, dir, names, update); code != 0 {
		t.Fatalf("exit %d\n%s", code, out)
	}
	return dir
}

// left are the golden files in a folder.
func left(t *testing.T, dir string) string {
	t.Helper()
	var all []string
	root := filepath.Join(dir, "testdata", "golden")
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, path)
		all = append(all, filepath.ToSlash(rel))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestFiles_Run(t *testing.T) {
	t.Parallel()
	dir := planted(t, "TestA TestB")

	t.Run("fails for a file that no test used", func(t *testing.T) {
		t.Parallel()
		out, code := run(t, dir, "TestA", nil)
		if code != 1 {
			t.Errorf("exit %d, want 1", code)
		}
		mustSay(t, out, filepath.Join("testdata", "golden", "TestB.txt"), filepath.Join("golden", "TestB", "text.json"), "SLIPWAY_UPDATE=1 go test ./\n")
	})

	t.Run("fails before any test where CI would write", func(t *testing.T) {
		t.Parallel()
		out, code := run(t, dir, "TestA", []string{"SLIPWAY_UPDATE=1", "CI=true"}, "-test.v")
		if code != 1 || strings.Contains(out, "TestA") {
			t.Errorf("exit %d, want 1 and no test\n%s", code, out)
		}
	})

	t.Run("fails once where a test fails", func(t *testing.T) {
		t.Parallel()
		if out, code := run(t, dir, "TestBroken", nil); code != 1 || strings.Contains(out, "no test used") {
			t.Errorf("exit %d, want 1 and nothing of other files\n%s", code, out)
		}
	})

	t.Run("passes when all are used", func(t *testing.T) {
		t.Parallel()
		if out, code := run(t, dir, "TestA TestB", nil, "-test.count=2"); code != 0 {
			t.Errorf("exit %d\n%s", code, out)
		}
	})

	for _, flag := range []string{"-test.run=TestPlanted", "-test.skip=TestB", "-test.short", "-test.list=.", "-test.count=0"} {
		t.Run("says nothing of other files with "+flag, func(t *testing.T) {
			t.Parallel()
			if out, code := run(t, dir, "TestA", nil, flag); code != 0 {
				t.Errorf("exit %d\n%s", code, out)
			}
		})
	}
}

func TestFiles_Run_removes(t *testing.T) {
	t.Parallel()
	dir := planted(t, "TestA TestB")
	kept := filepath.Join(dir, "testdata", "golden", ".gitattributes")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}

	if out, code := run(t, dir, "TestA", update, "-test.run=TestA"); code != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	if got, want := left(t, dir), ". .gitattributes TestA TestA/text.json TestA.txt TestB TestB/text.json TestB.txt"; got != want {
		t.Errorf("after a run of some tests: %s, want %s", got, want)
	}

	if out, code := run(t, dir, "TestA", update); code != 0 {
		t.Errorf("exit %d\n%s", code, out)
	}
	if got, want := left(t, dir), ". .gitattributes TestA TestA/text.json TestA.txt"; got != want {
		t.Errorf("after a run of all tests: %s, want %s", got, want)
	}
}
