package ladder_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/slipwaytest/internal/ladder"
)

// repository is a git repository of a test's own.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git("init", "--quiet")
	return r
}

func (r repository) git(args ...string) {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
	cmd.Dir = r.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		r.t.Fatalf("git %s: %v: %s", args[0], err, out)
	}
}

// commit writes the file of statements of the module and commits it.
func (r repository) commit(statements ...string) {
	r.t.Helper()
	file := filepath.Join(r.module(), ladder.QueriesFile("cart"))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(ladder.FormatQueries(statements)), 0o600); err != nil {
		r.t.Fatal(err)
	}
	r.git("add", ".")
	r.git("commit", "--quiet", "--allow-empty", "-m", "statements")
}

func (r repository) module() string { return filepath.Join(r.dir, "modules", "cart") }

func previous(t *testing.T, dir string) ladder.Release {
	t.Helper()
	got, err := ladder.Previous(t.Context(), dir, ladder.QueriesFile("cart"))
	if err != nil {
		t.Fatalf("Previous() = %v", err)
	}
	return got
}

func TestPrevious(t *testing.T) {
	t.Run("NoGit", func(t *testing.T) {
		dir := t.TempDir()
		t.Setenv("PATH", dir)
		if got := previous(t, dir); !strings.Contains(got.Missing, "git is not installed") {
			t.Errorf("missing %q, want that git is", got.Missing)
		}
	})

	t.Run("NoRepository", func(t *testing.T) {
		if got := previous(t, t.TempDir()); !strings.Contains(got.Missing, "no git repository") {
			t.Errorf("missing %q, want that the repository is", got.Missing)
		}
	})

	t.Run("NoReleaseTag", func(t *testing.T) {
		r := newRepository(t)
		r.commit("SELECT 1")
		r.git("tag", "nightly")
		if got := previous(t, r.module()); !strings.Contains(got.Missing, "no release tag yet") || got.Tag != "" {
			t.Errorf("missing %q of %q, want that the tag is", got.Missing, got.Tag)
		}
	})

	t.Run("NoFileYet", func(t *testing.T) {
		r := newRepository(t)
		r.git("commit", "--quiet", "--allow-empty", "-m", "begin")
		r.git("tag", "v0.1.0")
		r.commit("SELECT 1")
		if got := previous(t, r.module()); !strings.Contains(got.Missing, "v0.1.0 had no testdata/cart.queries.sql") {
			t.Errorf("missing %q, want that the file is", got.Missing)
		}
	})

	t.Run("OfTheLatestTag", func(t *testing.T) {
		r := newRepository(t)
		r.commit("SELECT 1")
		r.git("tag", "v0.1.0")
		r.commit("SELECT 2")
		r.git("tag", "-a", "-m", "second", "v0.2.0")
		r.commit("SELECT 3")
		got := previous(t, r.module())
		if got.Tag != "v0.2.0" || got.Missing != "" || !slices.Equal(got.Statements, []string{"SELECT 2"}) {
			t.Errorf("Previous() = %+v, want SELECT 2 of v0.2.0", got)
		}
	})
}

// TestPrepare_DroppedColumn is the whole way: a release reads a column, the next one drops it.
func TestPrepare_DroppedColumn(t *testing.T) {
	t.Parallel()
	r := newRepository(t)
	r.commit("SELECT id, note FROM carts WHERE id = $1", "SELECT id FROM carts", "INSERT INTO carts (id) VALUES ($1) RETURNING id")
	r.git("tag", "v1.0.0")

	db := scratch(t)
	files := steps(cartsUp, cartsDown, "ALTER TABLE carts DROP COLUMN note;", "ALTER TABLE carts ADD COLUMN note text;")
	if report, err := ladder.Climb(t.Context(), db, ladder.Migrations{Module: files}); err != nil || len(report.Findings) > 0 {
		t.Fatalf("Climb() = %v, %v", report.Findings, err)
	}
	release := previous(t, r.module())
	findings, err := ladder.Prepare(t.Context(), db, ladder.QueriesFile("cart"), release)
	if err != nil || len(findings) != 1 {
		t.Fatalf("Prepare() = %v, %v; want one finding", findings, err)
	}
	for _, part := range []string{
		"`SELECT id, note FROM carts WHERE id = $1`", "of v1.0.0", `column "note" does not exist`, "at character 12: note FROM carts",
		"expand", "contract",
	} {
		if got := findings[0].String(); !strings.Contains(got, part) {
			t.Errorf("finding %q, want it to say %q", got, part)
		}
	}
}
