package inspect

import (
	"bytes"
	"unicode/utf8"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// isText reports whether it begins like a text in UTF-8. The last character may be cut.
func isText(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	return !bytes.ContainsFunc(head, isBinary) && validUpToCut(head)
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

// lookText reads the whole text.
func lookText(c *check) error {
	first := true
	for at := int64(0); at < c.source.size; {
		b, err := c.source.upTo(at, window)
		if err != nil {
			return err
		}
		whole := len(b)
		if at+int64(len(b)) < c.source.size {
			whole -= cut(b)
		}
		if err := checkText(b[:whole], first); err != nil {
			return err
		}
		at, first = at+int64(whole), false
	}
	return nil
}

// checkText looks at a piece of text.
func checkText(b []byte, first bool) error {
	if first {
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
	}
	if !utf8.Valid(b) {
		return refuse(filesapi.ReasonType, "the content is no text in UTF-8")
	}
	if bytes.ContainsFunc(b, isBinary) {
		return refuse(filesapi.ReasonType, "the content has control characters, which no text has")
	}
	return nil
}
