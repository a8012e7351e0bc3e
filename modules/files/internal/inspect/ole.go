package inspect

import (
	"bytes"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// oleMagic begins a compound file, in which old documents of Office are, installers of
// Windows, mails of Outlook, and encrypted documents of the new kind.
const oleMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// checkOLE says what a compound file is, by the names that are in its head. None is allowed;
// only the reason differs.
func checkOLE(head []byte) error {
	switch {
	case has16(head, "EncryptedPackage"):
		return refuse(filesapi.ReasonEncrypted, "the document is locked with a password")
	case has16(head, "VBA") || has16(head, "Macros") || has16(head, "_VBA_PROJECT_CUR"):
		return refuse(filesapi.ReasonMacro, "the document has macros")
	case has16(head, "WordDocument") || has16(head, "Workbook") || has16(head, "PowerPoint Document"):
		return refuse(filesapi.ReasonType, "the content is a document of an old version of Office, into which nobody can look; save it in the new one")
	}
	return refuse(filesapi.ReasonExecutable, "the content is an installer of Windows, or something else that can hold programs")
}

// has16 reports whether a word is there in UTF-16, as compound files have their names.
func has16(b []byte, word string) bool { return bytes.Contains(b, utf16LE(word)) }

// utf16LE returns a word of ASCII in UTF-16, the low byte first.
func utf16LE(word string) []byte {
	wide := make([]byte, 0, 2*len(word))
	for i := range len(word) {
		wide = append(wide, word[i], 0)
	}
	return wide
}
