package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// A template is an empty cluster, kept in the user's cache. Copying it is many
// times faster than initdb, so a server for tests starts in a moment. It is never
// needed: whatever is wrong with it, initdb remains.
type template struct{ path string }

// newTemplate finds the one that these programs made.
func (s *server) newTemplate(ctx context.Context) (template, error) {
	cache, err := cacheFolder()
	if err != nil {
		return template{}, err
	}
	version, err := exec.CommandContext(ctx, filepath.Join(s.order.Binaries, "postgres"), "--version").Output() //nolint:gosec // found by us
	if err != nil {
		return template{}, err
	}
	made := fmt.Sprint(s.order.Binaries, string(version), initArguments("", 0, runtime.GOOS), ownerNumber(s.as))
	sum := sha256.Sum256([]byte(made))
	return template{filepath.Join(cache, "cluster-"+hex.EncodeToString(sum[:6]))}, nil
}

func ownerNumber(as *account) int {
	if as == nil {
		return os.Geteuid()
	}
	return int(as.uid)
}

// makeCopied makes the cluster of a server for tests.
func (s *server) makeCopied(ctx context.Context, data string) error {
	t, err := s.newTemplate(ctx)
	if err != nil {
		return s.initialise(ctx, data)
	}
	if exists(t.path) && s.copyCluster(ctx, t.path, data) == nil {
		s.copied = t
		return nil
	}
	if err := errors.Join(makeFresh(data, s.as), s.initialise(ctx, data)); err != nil {
		return err
	}
	if err := s.keep(ctx, t, data); err != nil {
		fmt.Fprintln(os.Stderr, "keep a copy for the next time:", err) // in the supervisor's log
	}
	return nil
}

// keep copies under another name first, so a template is whole or not there.
func (s *server) keep(ctx context.Context, t template, data string) error {
	making := t.path + ".new" + strconv.Itoa(os.Getpid())
	err := makeFresh(making, s.as)
	if err == nil {
		err = s.copyCluster(ctx, data, making)
	}
	if err == nil {
		err = os.Rename(making, t.path)
	}
	return errors.Join(err, os.RemoveAll(making))
}

// copyCluster runs as the server's account, so that the copy is its own.
func (s *server) copyCluster(ctx context.Context, from, to string) error {
	const patience = 30 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cp, err := exec.LookPath("cp")
	if err != nil {
		return err
	}
	if out, err := s.command(ctx, cp, "-Rp", from+"/.", to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy %s: %w: %s", from, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// relaunch makes the cluster without the template, which is to blame for a
// server that did not start.
func (s *server) relaunch(ctx context.Context) error {
	err := os.RemoveAll(s.copied.path)
	s.copied = template{}
	if err == nil {
		err = s.makeData(ctx)
	}
	if err != nil {
		return err
	}
	return s.launch(ctx)
}
