package shared

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// place is the folder in which those who share a server find each other.
type place struct{ dir string }

func (p place) users() string         { return filepath.Join(p.dir, "users.lock") }
func (p place) starting() string      { return filepath.Join(p.dir, "start.lock") }
func (p place) alive() string         { return filepath.Join(p.dir, "supervisor.lock") }
func (p place) kept() string          { return filepath.Join(p.dir, "kept") }
func (p place) state() string         { return filepath.Join(p.dir, "server.json") }
func (p place) supervisorLog() string { return filepath.Join(p.dir, "supervisor.log") }

// newPlace makes the folder, for us alone.
func newPlace(dir string) (place, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return place{}, fmt.Errorf("make its folder: %w", err)
	}
	dir, err = Resolve(dir)
	return place{dir}, err
}

// note writes the state.
func (p place) note(state any) error {
	b, err := json.Marshal(state)
	if err != nil {
		return err
	}
	return p.write(p.state(), b)
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

// forget removes what was written of a server.
func (p place) forget() error {
	for _, path := range []string{p.state(), p.kept()} {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}

// isShared reports whether a user has a share. A supervisor that stops holds the
// lock too, but exclusively.
func (p place) isShared() (bool, error) {
	taken, err := isLocked(p.users(), exclusive)
	if !taken || err != nil {
		return false, err
	}
	stopping, err := isLocked(p.users(), inCommon)
	return !stopping, err
}
