package slipwaytest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest"
)

// plantVariable names what is planted, in a child process of these tests.
const plantVariable = "SLIPWAY_TEST_PLANT"

// A plant is a mistake, and what the suite must say of it: where it is and what
// to do.
type plant struct {
	group   string // of the suite, which finds it
	name    string
	mistake func(*shelf)
	says    []string
}

// TestUniversal proves that the suite passes a module that is right, and finds
// each mistake that is planted in it. A suite that fails is run in a process of
// its own.
func TestUniversal(t *testing.T) {
	t.Parallel()
	goldens := madeGoldens(t)
	t.Run("passes a module that is right", func(t *testing.T) {
		t.Parallel()
		if out, err := runPlanted(t, goldens, "", "nothing"); err != nil {
			t.Errorf("got %v, want it to pass\n%s", err, out)
		}
	})
	for _, p := range harmless() {
		t.Run("passes "+p.name, func(t *testing.T) {
			t.Parallel()
			if out, err := runPlanted(t, goldens, p.group, p.name); err != nil {
				t.Errorf("got %v, want it to pass\n%s", err, out)
			}
		})
	}
	for _, p := range plants() {
		t.Run("finds "+p.name, func(t *testing.T) {
			t.Parallel()
			out, err := runPlanted(t, goldens, p.group, p.name)
			if err == nil {
				t.Fatalf("the suite passed, want it to find %s", p.name)
			}
			for _, want := range p.says {
				if !strings.Contains(out, want) {
					t.Errorf("the suite did not say %q; it said\n%s", want, out)
				}
			}
		})
	}
}

// TestPlanted is the child: the suite on a module with a mistake.
func TestPlanted(t *testing.T) {
	name, ok := os.LookupEnv(plantVariable)
	if !ok {
		t.Skip("it is the child process of TestUniversal")
	}
	s := &shelf{}
	known := slices.Concat(plants(), harmless())
	if i := slices.IndexFunc(known, func(p plant) bool { return p.name == name }); i >= 0 {
		known[i].mistake(s)
	}
	slipwaytest.Universal(t, s.module(), s.fixtures()...)
}

// madeGoldens returns a folder with the golden files of the module as it should be.
func madeGoldens(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if out, err := startPlanted(t, folder, "", "nothing", "SLIPWAY_UPDATE=1"); err != nil {
		t.Fatalf("write the golden files: %v\n%s", err, out)
	}
	return folder
}

func runPlanted(t *testing.T, goldens, group, name string) (string, error) {
	t.Helper()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(goldens)); err != nil {
		t.Fatal(err)
	}
	if name == releasedPlant {
		released(t, folder)
	}
	return startPlanted(t, folder, group, name)
}

// startPlanted runs the suite, or one group of it.
func startPlanted(t *testing.T, folder, group, name string, env ...string) (string, error) {
	t.Helper()
	return startChild(t, folder, "^TestPlanted$/^"+group, name, env...)
}

// startChild runs one of these tests in a process of its own.
func startChild(t *testing.T, folder, test, plant string, env ...string) (string, error) {
	t.Helper()
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "-test.run="+test, "-test.v=true", "-test.timeout=2m")
	c.Dir = folder
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "CI=") })
	c.Env = append(c.Env, append(env, plantVariable+"="+plant)...)
	out, err := c.CombinedOutput()
	return string(out), err
}
