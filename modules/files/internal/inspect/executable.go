package inspect

import (
	"bytes"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// headBytes is how much of a file is looked at before it is known what it is.
const headBytes = 64 << 10

// A magic is how a program begins.
type magic struct {
	begins string
	what   string
}

// programs are those that can be told by their beginning. It is no accident that none of them
// begins like a type that is allowed.
var programs = []magic{
	{"\x7fELF", "a program for Linux"},
	{"\xfe\xed\xfa\xce", "a program for macOS"},
	{"\xfe\xed\xfa\xcf", "a program for macOS"},
	{"\xce\xfa\xed\xfe", "a program for macOS"},
	{"\xcf\xfa\xed\xfe", "a program for macOS"},
	{"\xca\xfe\xba\xbe", "a program for Java or macOS"},
	{"\xca\xfe\xba\xbf", "a program for macOS"},
	{"\xbe\xba\xfe\xca", "a program for macOS"},
	{"\xca\xfe\xd0\x0d", "a program for Java"},
	{"\xac\xed\x00\x05", "objects of Java"},
	{"dex\n", "a program for Android"},
	{"dey\n", "a program for Android"},
	{"\x00asm", "a program for WebAssembly"},
	{"BC\xc0\xde", "a program for LLVM"},
	{"\x1bLua", "a program for Lua"},
	{"L\x00\x00\x00\x01\x14\x02\x00", "a shortcut of Windows"},
	{"MSCF\x00\x00\x00\x00", "a cabinet of Windows"},
	{"ITSF\x03\x00\x00\x00", "a help file of Windows"},
	{"!<arch>\n", "a library or package for Linux"},
	{"\xed\xab\xee\xdb", "a package for Linux"},
	{"xar!\x00", "a package for macOS"},
	{"#@~^", "a script of Windows, encoded"},
}

// checkExecutable refuses what begins like a program.
func checkExecutable(head []byte) error {
	for _, p := range programs {
		if bytes.HasPrefix(head, []byte(p.begins)) {
			return refuse(filesapi.ReasonExecutable, "the content is %s", p.what)
		}
	}
	if isDOS(head) {
		return refuse(filesapi.ReasonExecutable, "the content is a program for Windows or DOS")
	}
	if isFlash(head) {
		return refuse(filesapi.ReasonExecutable, "the content is a program for Flash")
	}
	if bytes.HasPrefix(head, []byte(oleMagic)) {
		return checkOLE(head)
	}
	return nil
}

// isDOS reports whether it begins like a program for DOS, behind whose header those for
// Windows are. A text may begin with the same two letters, but has no such bytes next to them.
func isDOS(head []byte) bool {
	if !bytes.HasPrefix(head, []byte("MZ")) && !bytes.HasPrefix(head, []byte("ZM")) {
		return false
	}
	return hasBinary(head[:min(len(head), 64)])
}

// isFlash looks at the version, too, which no text has there.
func isFlash(head []byte) bool {
	return len(head) > 3 && strings.IndexByte("FCZ", head[0]) >= 0 && string(head[1:3]) == "WS" && head[3] < ' '
}

// hasBinary reports whether there is a character that no text has. It goes by bytes, of which
// those of longer characters are none of these.
func hasBinary(b []byte) bool {
	for _, c := range b {
		if (c < ' ' || c == 0x7f) && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			return true
		}
	}
	return false
}
