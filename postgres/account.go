package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is whom the server runs as when that is not us; nil means us.
type account struct{ uid, gid uint32 }

// accounts are what PostgreSQL's packages make, then the one that owns nothing.
func accounts() []string { return []string{"postgres", "_postgres", "nobody"} }

// serverAccount chooses for root, whom PostgreSQL refuses. Data that is there
// already stays with its owner.
func serverAccount(data string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil // the documented "us"
	}
	if owner := ownerOf(data); owner != nil && owner.uid != 0 {
		return owner, nil
	}
	for _, name := range accounts() {
		if u, err := user.Lookup(name); err == nil {
			return newAccount(u)
		}
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no account postgres or nobody for it: " +
		"create one (useradd --system postgres), or run as an ordinary user")
}

func ownerOf(path string) *account {
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	return &account{uid: stat.Uid, gid: stat.Gid}
}

func newAccount(u *user.User) (*account, error) {
	uid, uidErr := strconv.ParseInt(u.Uid, 10, 64)
	gid, gidErr := strconv.ParseInt(u.Gid, 10, 64)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("the ids of the account %s: %w", u.Username, err)
	}
	return &account{uid: uint32(uid), gid: uint32(gid)}, nil //nolint:gosec // nobody is -2 on macOS
}

// attributes make a child run as the account, and end with us where the system can do that.
func (a *account) attributes() *syscall.SysProcAttr {
	attr := endWithParent()
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return attr
}

// own gives a file to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// reaches reports whether the account may enter the folder and all above it.
func (a *account) reaches(folder string) bool {
	if a == nil {
		return true
	}
	for ; ; folder = filepath.Dir(folder) {
		info, err := os.Stat(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
		if err == nil && !a.enters(info) {
			return false
		}
		if folder == filepath.Dir(folder) {
			return true
		}
	}
}

func (a *account) enters(folder fs.FileInfo) bool {
	stat, ok := folder.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	mode := folder.Mode().Perm()
	switch {
	case stat.Uid == a.uid:
		return mode&0o100 != 0
	case stat.Gid == a.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}
