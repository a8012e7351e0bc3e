package postgres

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// keepInterval is how often a server that is kept looks whether it still is.
const keepInterval = time.Second

// KeepUntil keeps the server after its last user has gone, so that a person can look
// into it. Others may use it meanwhile; the latest time that anyone asked for counts.
// Close then waits for nothing.
func (p *Private) KeepUntil(t time.Time) error {
	if !t.After(keptUntil(p.place)) {
		return nil
	}
	if err := p.place.write(p.place.kept(), []byte(t.UTC().Format(time.RFC3339)+"\n")); err != nil {
		return fmt.Errorf("keep the private PostgreSQL in %s: %w", p.place.dir, err)
	}
	return nil
}

// keptUntil is a time that has passed unless somebody asked to keep the server.
func keptUntil(at place) time.Time {
	b, err := os.ReadFile(at.kept())
	if err != nil {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, strings.TrimSpace(string(b)))
	if err != nil {
		return time.Time{} // nobody writes so
	}
	return t
}

// write replaces a file by renaming, so that nobody reads half of it. Each writer
// has a file of its own to rename: several processes may write at once.
func (p place) write(path string, b []byte) error {
	f, err := os.CreateTemp(p.dir, filepath.Base(path)+".new")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
