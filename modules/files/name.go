package files

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds the name of a file, in bytes: what file systems take.
const maxName = 255

// cleanName makes of what a client calls a file a name that is harmless wherever it is shown,
// offered or saved: the last part of a path, without what is invisible or turns the direction
// of writing, without what no file system takes, not the name of a device, and not too long.
// How it ends stays, also before the last dot: the checks look at that.
func cleanName(given string) string {
	name := given[strings.LastIndexAny(given, `/\`)+1:]
	name = strings.Map(harmless, strings.ToValidUTF8(name, ""))
	name = strings.Join(strings.Fields(name), " ")
	name = strings.TrimRight(name, " .")
	name = withStem(name)
	if isDevice(name) {
		name = "_" + name
	}
	return shorten(name)
}

// harmless returns the character, another one in its place, or -1 for none.
func harmless(r rune) rune {
	switch {
	case unicode.IsSpace(r) && !unicode.IsControl(r):
		return ' '
	case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs), r == utf8.RuneError:
		return -1
	case strings.ContainsRune(`<>:"|?*`, r):
		return '_'
	}
	return r
}

// withStem returns a name that does not begin with a dot, which would hide it or make it a
// setting of a server, nor with a dash, which a command would take for an option.
func withStem(name string) string {
	switch stripped := strings.TrimLeft(name, " ."); {
	case stripped == "":
		return "file"
	case stripped != name && !strings.Contains(stripped, "."):
		return "file." + stripped // ".jpg" has nothing but an ending
	case stripped[0] == '-':
		return "_" + stripped[1:]
	default:
		return stripped
	}
}

// isDevice reports whether Windows takes the name for that of a device, whatever it ends in.
func isDevice(name string) bool {
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	stem = strings.TrimRight(stem, " ")
	switch stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$":
		return true
	}
	port := []rune(strings.TrimPrefix(strings.TrimPrefix(stem, "COM"), "LPT"))
	return len(port) == 1 && stem != string(port) && strings.ContainsRune("0123456789¹²³", port[0])
}

// shorten cuts the name before its ending.
func shorten(name string) string {
	if len(name) <= maxName {
		return name
	}
	ext := path.Ext(name)
	if len(ext) > maxName/2 {
		ext = ""
	}
	stem := strings.ToValidUTF8(name[:maxName-len(ext)], "")
	return strings.TrimRight(stem, " .") + ext
}
