package postgres

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/slipway-go/slipway/internal/shared"
)

// place is the folder in which those who share a server find each other.
type place struct{ dir string }

func (p place) serverLog() string { return filepath.Join(p.dir, "server.log") }
func (p place) data() string      { return filepath.Join(p.dir, "data") }

const (
	// longestSocket is the room that macOS has for a socket's path with its final zero; Linux has 108.
	longestSocket = 104
	// portName is part of the socket's name; no port is opened.
	portName = "5432"
	// systemData keeps durable data that the server could not reach where it was asked for.
	systemData = "/var/lib/slipway"
)

// newPlace makes the folder. The server's account, if it is another, may pass.
func newPlace(cfg PrivateConfig) (place, error) {
	dir := cfg.Dir
	if dir == "" {
		dir = defaultDir(cfg.Durable)
	}
	dir, err := filepath.Abs(dir)
	if err == nil {
		err = os.MkdirAll(dir, 0o711) //nolint:gosec // what it holds is closed; others may only pass
	}
	if err == nil {
		dir, err = shared.Resolve(dir)
	}
	if err != nil {
		return place{}, fmt.Errorf("make the folder of a private PostgreSQL: %w", err)
	}
	return place{dir}, nil
}

func defaultDir(durable bool) string {
	if durable {
		return filepath.Join(".slipway", "postgres")
	}
	return filepath.Join(os.TempDir(), "slipway-tests-"+strconv.Itoa(os.Geteuid()))
}

// key is the same short name for everyone who shares the place.
func (p place) key() string {
	sum := sha256.Sum256([]byte(strconv.Itoa(os.Geteuid()) + " " + p.dir))
	return "slipway-" + hex.EncodeToString(sum[:6])
}

// socketFolder is short, since the path of a socket is bounded.
func (p place) socketFolder(as *account) (string, error) {
	for _, temp := range []string{os.TempDir(), "/tmp"} {
		folder := filepath.Join(temp, p.key())
		if len(filepath.Join(folder, ".s.PGSQL."+portName)) < longestSocket && as.reaches(temp) {
			return folder, nil
		}
	}
	return "", errors.New("no folder for PostgreSQL's socket: expected one with a short name in TMPDIR or in /tmp that the server's account can reach")
}

// passingData is where the data of a server for tests lies: in memory if there is room.
func (p place) passingData(as *account) string {
	if memory, ok := memoryFolder(); ok && as.reaches(memory) {
		return filepath.Join(memory, p.key()+"-data")
	}
	for _, temp := range []string{os.TempDir(), "/tmp"} {
		if as.reaches(temp) {
			return filepath.Join(temp, p.key()+"-data")
		}
	}
	return p.data()
}

// durableData is in the place itself, or, if the server's account cannot get
// there or files there cannot be given to it, elsewhere behind a symbolic link.
func (p place) durableData(as *account) (string, error) {
	if target, err := os.Readlink(p.data()); err == nil {
		return target, nil
	}
	if exists(p.data()) || as.reaches(p.dir) && p.gives(as) {
		return p.data(), nil
	}
	elsewhere, err := p.makeElsewhere()
	if err != nil {
		return "", fmt.Errorf("make a folder for the data, since PostgreSQL's account cannot use %s: %w", p.dir, err)
	}
	target := filepath.Join(elsewhere, "data")
	return target, os.Symlink(target, p.data())
}

// makeElsewhere makes a new folder each time: who removed the place wants to
// begin anew, which is no reason to remove data.
func (p place) makeElsewhere() (string, error) {
	if err := os.MkdirAll(systemData, 0o711); err != nil { //nolint:gosec // the data in it is closed
		return "", err
	}
	folder, err := os.MkdirTemp(systemData, p.key()+"-")
	if err != nil {
		return "", err
	}
	note := "The data of the private PostgreSQL in " + p.dir + ".\nIf that folder is gone, nobody needs this one.\n"
	err = os.WriteFile(filepath.Join(folder, "README"), []byte(note), 0o600)
	return folder, errors.Join(err, os.Chmod(folder, 0o711)) //nolint:gosec // as above
}

// gives reports whether files can be given to the account, which some mounts refuse.
func (p place) gives(as *account) bool {
	probe, err := os.MkdirTemp(p.dir, "probe-")
	if err != nil {
		return false
	}
	defer os.Remove(probe) //nolint:errcheck // an empty folder in the way of nothing
	return as.own(probe) == nil
}

// makeFresh makes an empty folder for the account alone, in the place of what an
// earlier run left behind. Whatever stands there and cannot be removed is not ours.
func makeFresh(folder string, as *account) error {
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("remove what an earlier server left behind: %w", err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	return as.own(folder)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
