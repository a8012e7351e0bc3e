package shared

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
)

// keepInterval is how often a server that is kept looks whether it still is.
const keepInterval = time.Second

// KeepUntil keeps the server after its last user has gone, so that a person can look
// into it. Others may use it meanwhile; the latest time that anyone asked for counts.
// Close then waits for nothing.
func (s *Share[S]) KeepUntil(t time.Time) error {
	if !t.After(keptUntil(s.place)) {
		return nil
	}
	if err := s.place.write(s.place.kept(), []byte(t.UTC().Format(time.RFC3339)+"\n")); err != nil {
		return fmt.Errorf("keep the private %s in %s: %w", s.name, s.place.dir, err)
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

// awaitUnused takes the lock of the users once nobody shares the server, nobody does after
// linger either, and nobody has asked to keep it any longer. Meanwhile others may join.
func awaitUnused(at place, users *fileLock, linger time.Duration) error {
	for {
		if err := users.flock(int(exclusive)); err != nil {
			return err
		}
		rest, kept := min(time.Until(keptUntil(at)), keepInterval), true
		if rest <= 0 {
			rest, kept = linger, false
		}
		if rest <= 0 {
			return nil
		}
		if err := users.unlock(); err != nil {
			return err
		}
		time.Sleep(rest)
		if kept {
			continue
		}
		err := users.flock(int(exclusive) | syscall.LOCK_NB)
		if err == nil && !time.Now().Before(keptUntil(at)) {
			return nil
		}
		if err != nil && !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
	}
}
