package inspect

import (
	"bytes"
	"unicode/utf8"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// isText reports whether it begins like a text in UTF-8. The last character may be cut.
func isText(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	return !hasBinary(head) && validUpToCut(head)
}

// validUpToCut reports whether it is UTF-8, but for a character that the end may cut.
func validUpToCut(b []byte) bool {
	return utf8.Valid(b[:len(b)-cut(b)])
}

// cut returns how many bytes of a character that goes on are at the end.
func cut(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		last := b[len(b)-n:]
		if utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// nameText tells CSV from other text by the name alone, which is all that there is to tell.
func nameText(c *check) (filesapi.Type, error) {
	if filesapi.CSV.Fits(c.name) {
		return filesapi.CSV, nil
	}
	return filesapi.Text, nil
}

// lookText reads the whole text, each piece with the last characters of the one before.
func lookText(c *check) error {
	for at, first := int64(0), true; ; first = false {
		b, err := c.source.piece(at, overlap)
		if err != nil {
			return err
		}
		last := at+int64(len(b)) == c.source.size
		if !last {
			b = b[:len(b)-cut(b)]
		}
		if err := firstError(checkText(b, first), checkCode(b, first)); err != nil || last {
			return err
		}
		at += int64(lastRune(b, len(b)-overlap/2))
	}
}

// lastRune returns where the character begins that is at a place.
func lastRune(b []byte, at int) int {
	for at > 0 && !utf8.RuneStart(b[at]) {
		at--
	}
	return at
}

// checkText looks at a piece of text.
func checkText(b []byte, first bool) error {
	if first {
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
	}
	if !utf8.Valid(b) {
		return refuse(filesapi.ReasonType, "the content is no text in UTF-8")
	}
	if hasBinary(b) {
		return refuse(filesapi.ReasonType, "the content has control characters, which no text has")
	}
	return nil
}

// phrases are what scripts of Windows have, in lower case, and no other text near its beginning.
var phrases = []string{`createobject("wscript`, `createobject("shell`, "new activexobject(", "iex (new-object", "[system.convert]::frombase64string"}

// checkCode refuses a text with the code of pages or of PHP, which must not be served as it is,
// and some scripts that are told by what they say. There are others that nobody can tell from prose.
func checkCode(b []byte, first bool) error {
	if mark := findMark(b); mark != "" {
		return refuse(filesapi.ReasonScript, "the text has %q in it, which a server or a browser could run", mark)
	}
	if !first {
		return nil
	}
	head := bytes.ToLower(b[:min(len(b), 4<<10)])
	for _, phrase := range phrases {
		if bytes.Contains(head, []byte(phrase)) {
			return refuse(filesapi.ReasonScript, "the text is a script: it has %q in it", phrase)
		}
	}
	return nil
}
