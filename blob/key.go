package blob

import (
	"fmt"
	"strings"
)

// MaxKey bounds a key, in bytes.
const MaxKey = 512

// CheckKey tells what is wrong with a key: one is made of parts that are joined by slashes,
// each of lower-case letters, digits, '-', '_' and '.', of which the first is no dot. So a
// key means the same on every store and file system.
func CheckKey(key string) error {
	if len(key) > MaxKey {
		return fmt.Errorf("the key has %d bytes: expected up to %d", len(key), MaxKey)
	}
	for part := range strings.SplitSeq(key, "/") {
		if !isPart(part) {
			return fmt.Errorf("key %q: expected parts of lower-case letters, digits, '-', '_' and '.' that begin with no dot, joined by slashes", key)
		}
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
