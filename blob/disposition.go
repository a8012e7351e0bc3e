package blob

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxName bounds the name of a file that is offered to a person, in bytes: what file systems take.
const maxName = 255

// Disposition returns the header Content-Disposition (RFC 6266) that offers the file under
// this name. A name that is not plain ASCII is given twice: with a stand-in for every other
// character, and as it is in the words of RFC 8187, which newer clients prefer. Whatever the
// name is, the header has no line break, no path, nothing invisible and nothing that turns
// the direction of writing.
func Disposition(name string, inline bool) string {
	name = offered(name)
	kind := "attachment"
	if inline {
		kind = "inline"
	}
	plain := strings.Map(plainRune, name)
	h := kind + `; filename="` + plain + `"`
	if plain != name {
		h += "; filename*=UTF-8''" + extended(name)
	}
	return h
}

// offered makes of any text a name that every system can save a file under.
func offered(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs):
			return -1
		case strings.ContainsRune(`/\:*?<>|"`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(shortened(strings.Trim(name, ". ")), ". ") // hidden files, and what Windows drops at the end
	if name == "" {
		return "file"
	}
	return name
}

// shortened keeps the end of a name that is too long, since its extension is there.
func shortened(name string) string {
	if len(name) <= maxName {
		return name
	}
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || len(name)-dot > 16 {
		dot = len(name)
	}
	end := name[dot:]
	return strings.ToValidUTF8(name[:maxName-len(end)], "") + end
}

// plainRune keeps what every client reads the same inside of quotes.
func plainRune(r rune) rune {
	if r < ' ' || r > '~' || r == '"' || r == '\\' || r == '%' {
		return '_'
	}
	return r
}

// extended returns the value-chars of RFC 8187.
func extended(name string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(name) {
		if c := name[i]; isAttrChar(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

func isAttrChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("!#$&+-.^_`|~", c) >= 0
}
