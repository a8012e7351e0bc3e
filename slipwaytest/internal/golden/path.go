package golden

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"unicode"
)

// maxSegment keeps a file's name within what file systems allow, with a number
// and an ending behind it.
const maxSegment = 200

// pathOf makes a path of a test's name that every file system and a module's
// zip take. Letters, digits and a few signs stay; the rest is written as
// %XX, byte by byte, so no two names meet: also a dot, which separates the
// number of an exchange.
func pathOf(test string) string {
	segments := strings.Split(test, "/")
	for i, s := range segments {
		segments[i] = safe(s)
	}
	return strings.Join(segments, "/")
}

func safe(segment string) string {
	if segment == "" {
		return "%"
	}
	var b strings.Builder
	for i, c := range segment {
		if c < unicode.MaxASCII && !strings.ContainsRune("#+,-=_", c) && !isAlphanumeric(c) ||
			c >= unicode.MaxASCII && !unicode.IsLetter(c) || i == 0 && isReserved(segment) {
			escape(&b, segment[i:], c)
			continue
		}
		b.WriteRune(c)
	}
	if b.Len() <= maxSegment {
		return b.String()
	}
	const kept = maxSegment - 20
	return strings.ToValidUTF8(b.String()[:kept], "") + fmt.Sprintf("%%-%x", sha256.Sum256([]byte(segment)))[:18]
}

// escape writes the bytes of the character c that s begins with.
func escape(b *strings.Builder, s string, c rune) {
	n := len(string(c))
	if c == unicode.ReplacementChar && !strings.HasPrefix(s, string(c)) {
		n = 1 // a byte that is no character
	}
	for _, x := range []byte(s[:n]) {
		fmt.Fprintf(b, "%%%02X", x)
	}
}

func isAlphanumeric(c rune) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

// isReserved knows the names that Windows keeps for devices.
func isReserved(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(name) == 4 && (strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")) && name[3] >= '0' && name[3] <= '9'
}
