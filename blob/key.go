package blob

import (
	"fmt"
	"strings"
)

// MaxKey bounds a key, and MaxPart each of its parts, in bytes. A file system has no longer
// name for a file.
const (
	MaxKey  = 512
	MaxPart = 200
)

// CheckKey tells what is wrong with a key: one is made of parts that are joined by slashes,
// each of lower-case letters, digits, '-', '_' and '.', of which the first is no dot. So a
// key means the same on every store and file system.
//
// A key is not the folder of another one at the same time, as a is of a/b: some stores keep
// both, others refuse the second.
func CheckKey(key string) error {
	if len(key) > MaxKey {
		return fmt.Errorf("the key has %d bytes: expected up to %d", len(key), MaxKey)
	}
	for part := range strings.SplitSeq(key, "/") {
		switch {
		case len(part) > MaxPart:
			return fmt.Errorf("a part of the key has %d bytes: expected up to %d", len(part), MaxPart)
		case !isPart(part):
			return fmt.Errorf("key %.600q: expected parts of lower-case letters, digits, '-', '_' and '.' that begin with no dot, joined by slashes", key)
		}
	}
	return nil
}

// CheckPrefix tells what is wrong with the beginning of keys: all that one can begin with is
// right, the empty text as well.
func CheckPrefix(prefix string) error {
	if CheckKey(prefix+"x") != nil {
		return fmt.Errorf("prefix %.600q: expected the beginning of a key, such as photos/ or photos/7f", prefix)
	}
	return nil
}

func isPart(part string) bool {
	if part == "" || part[0] == '.' {
		return false
	}
	return strings.IndexFunc(part, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
	}) < 0
}
