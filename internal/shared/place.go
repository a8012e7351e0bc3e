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
func (p place) state() string         { return filepath.Join(p.dir, "server.json") }
func (p place) supervisorLog() string { return filepath.Join(p.dir, "supervisor.log") }

// newPlace makes the folder, for us alone.
func newPlace(dir string) (place, error) {
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return place{}, fmt.Errorf("make its folder: %w", err)
	}
	if !isOurs(dir) {
		return place{}, fmt.Errorf("the folder %s belongs to another user (perhaps root made it): "+
			"give it to this one with chown, remove it, or choose another", dir)
	}
	return place{dir}, nil
}

// note writes the state by renaming, so that nobody reads half of it.
func (p place) note(state any) error {
	b, err := json.Marshal(state)
	if err != nil {
		return err
	}
	fresh := p.state() + ".new"
	if err := os.WriteFile(fresh, b, 0o600); err != nil {
		return err
	}
	return os.Rename(fresh, p.state())
}

// forget removes the state, if there is one.
func (p place) forget() error {
	if err := os.Remove(p.state()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
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
