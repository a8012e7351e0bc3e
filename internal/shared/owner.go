package shared

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Resolve returns the folder without symbolic links, if it is this user's alone: whoever
// else could write there might lay a server's secrets out, or replace what it tells. That
// holds for root, too, which works in folders with known names where anybody may make them.
func Resolve(folder string) (string, error) {
	if err := owned(folder, os.Lstat); err != nil { // the link, if it is one
		return "", err
	}
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return "", err
	}
	return folder, owned(folder, os.Stat)
}

// lenders are the rights to write that a folder gives to others.
const lenders fs.FileMode = 0o022

func owned(folder string, look func(string) (fs.FileInfo, error)) error {
	info, err := look(folder)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok:
		return fmt.Errorf("the folder %s: its owner cannot be told here", folder)
	case int(stat.Uid) != os.Geteuid():
		return fmt.Errorf("the folder %s belongs to %s, and this process is of %s: expected a folder of its own. "+
			"If you know who made it, give it away with chown or remove it; otherwise choose another", folder, nameOf(int(stat.Uid)), nameOf(os.Geteuid()))
	case info.IsDir() && info.Mode()&lenders != 0:
		return fmt.Errorf("others may write into the folder %s of %s (%s): expected one that is closed to them. "+
			"If nobody has, chmod go-w %[1]s; otherwise remove it or choose another", folder, nameOf(int(stat.Uid)), info.Mode())
	}
	return nil
}

func nameOf(uid int) string {
	number := strconv.Itoa(uid)
	if u, err := user.LookupId(number); err == nil {
		return fmt.Sprintf("user %s (%s)", u.Username, number)
	}
	return "user " + number
}
