package ladder

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// A Release is the last one that was tagged, as far as a file of its goes.
type Release struct {
	// Tag names it, such as v1.4.0. It is empty where there is none.
	Tag string
	// Statements are those of the file.
	Statements []string
	// Missing says why there are no statements to go by; it is empty if there are.
	Missing string
}

// Previous returns the statements in the file, relative to dir, as of the latest
// release, which is the nearest tag v* below what is checked out. Whatever is
// missing, git itself included, is told in [Release.Missing].
func Previous(ctx context.Context, dir, file string) (Release, error) {
	git, err := exec.LookPath("git")
	if err != nil {
		return Release{Missing: "git is not installed, so the last release is unknown"}, nil //nolint:nilerr // it is told as a value
	}
	g := repository{git: git, dir: dir}
	if _, err := g.run(ctx, "rev-parse", "--verify", "--quiet", "HEAD"); err != nil {
		return g.missing(ctx, err, "no git repository with a commit holds "+dir)
	}
	tag, err := g.run(ctx, "describe", "--tags", "--abbrev=0", "--match", "v*")
	if err != nil {
		return g.missing(ctx, err, "no release tag yet, such as v0.1.0 (a shallow clone holds none: fetch the tags, too)")
	}
	tag = strings.TrimSpace(tag)
	path := tag + ":./" + filepath.ToSlash(file)
	if _, err := g.run(ctx, "cat-file", "-e", path); err != nil {
		r, err := g.missing(ctx, err, fmt.Sprintf("%s had no %s yet", tag, file))
		r.Tag = tag
		return r, err
	}
	text, err := g.run(ctx, "show", path)
	if err != nil {
		return Release{}, err
	}
	return Release{Tag: tag, Statements: ParseQueries(text)}, nil
}

type repository struct{ git, dir string }

func (g repository) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, g.git, args...) //nolint:gosec // the arguments are ours
	cmd.Dir = g.dir
	// A hook sets these for its own repository.
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(failed.Stderr)))
	}
	if err != nil {
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return string(out), nil
}

// missing takes git's no for an answer, and everything else for an error.
func (g repository) missing(ctx context.Context, err error, reason string) (Release, error) {
	if _, answered := errors.AsType[*exec.ExitError](err); !answered || ctx.Err() != nil {
		return Release{}, err
	}
	return Release{Missing: reason}, nil
}
