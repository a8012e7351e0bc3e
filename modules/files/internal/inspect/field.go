package inspect

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"unicode"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// What a part in XML may have, beyond which it is there to take memory.
const (
	maxToken  = 256 << 10 // of a tag, or of text between two, in bytes
	maxDeep   = 1000      // elements in one another
	maxFields = 64 << 20  // of a part with fields, in bytes
)

// eachToken passes over a part in XML, and holds one tag or text of it.
func eachToken(r io.Reader, look func(xml.Token) error) error {
	bounded := &perToken{r: r}
	decoder := xml.NewDecoder(bounded)
	for depth := 0; ; {
		bounded.left = maxToken
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if _, wrong := errors.AsType[*xml.SyntaxError](err); wrong {
			return corrupt("the document has a part that is no XML")
		}
		if err != nil {
			return unpackError(err)
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
		if depth > maxDeep {
			return refuse(filesapi.ReasonBomb, "the document has a part with too many elements in one another")
		}
		if err := look(token); err != nil {
			return err
		}
	}
}

// A perToken is a reader that bounds what is read for one token.
type perToken struct {
	r    io.Reader
	left int
}

// Read implements [io.Reader].
func (p *perToken) Read(b []byte) (int, error) {
	if p.left <= 0 {
		return 0, refuse(filesapi.ReasonBomb, "the document has a part with a text that is too long")
	}
	n, err := p.r.Read(b)
	p.left -= n
	return n, err
}

// fields looks at the fields of a part, which is read once more for that: as the programs of
// documents read it, whatever way they are written in.
func (u *unpacker) fields(e entry) error {
	if e.size > maxFields {
		return refuse(filesapi.ReasonBomb, "%q in the document is too large for a part with fields", e.name)
	}
	r, err := u.open(e)
	if err != nil {
		return err
	}
	f := &field{part: e.name}
	return eachToken(&spending{u.z.budget, r}, f.look)
}

// A field is one that is read: its code may come in several pieces.
type field struct {
	part string
	in   bool // whether what comes is code
	code string
}

func (f *field) look(token xml.Token) error {
	switch t := token.(type) {
	case xml.StartElement:
		return f.begin(t)
	case xml.EndElement:
		f.in = false
	case xml.CharData:
		if f.in {
			return f.more(string(t))
		}
	}
	return nil
}

// begin looks at an element.
func (f *field) begin(e xml.StartElement) error {
	f.in = e.Name.Local == "instrText" || e.Name.Local == "delInstrText"
	if e.Name.Local == "fldChar" {
		f.code = ""
	}
	for _, a := range e.Attr {
		if a.Name.Local == "instr" && startsProgram(a.Value) {
			return f.refuse()
		}
	}
	return nil
}

// more takes a piece of a code, of which the beginning matters.
func (f *field) more(text string) error {
	f.code += text
	if startsProgram(f.code) {
		return f.refuse()
	}
	if n := len(f.code); n > 256 {
		f.code = "." + f.code[n-len("ddeauto"):]
	}
	return nil
}

func (f *field) refuse() error {
	return refuse(filesapi.ReasonMacro, "%q in the document has a field that starts programs", f.part)
}

// startsProgram reports whether the code of a field starts a program.
func startsProgram(code string) bool {
	code = strings.ToLower(strings.TrimLeftFunc(code, unicode.IsSpace))
	rest, dde := strings.CutPrefix(code, "dde")
	return strings.Contains(code, "ddeauto") || dde && rest != "" && !unicode.IsLetter(rune(rest[0]))
}

// looksXML reports whether a part begins like XML.
func looksXML(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n"), []byte("<"))
}

// checkEncoding refuses a part in XML that is not in UTF-8, whatever it is called.
func checkEncoding(part string, head []byte) error {
	if wideXML(head) || !declares8(head) {
		return refuse(filesapi.ReasonEncrypted, "%q in the document is in an encoding into which nobody can look; it must be in UTF-8", part)
	}
	return nil
}

// wideXML reports whether it begins like XML in UTF-16, UTF-32 or EBCDIC.
func wideXML(head []byte) bool {
	for _, mark := range []string{"\xff\xfe", "\xfe\xff", "\x00\x00\xfe\xff", "\x4c\x6f\xa7\x94"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	text := bytes.TrimLeft(head, " \t\r\n\x00")
	n := len(head) - len(text)
	return bytes.HasPrefix(text, []byte("<")) && (n > 0 && head[n-1] == 0 || len(text) > 1 && text[1] == 0)
}

// declares8 reports whether a part declares no other encoding than UTF-8.
func declares8(head []byte) bool {
	text := strings.ToLower(string(bytes.TrimLeft(bytes.TrimPrefix(head[:min(len(head), 1<<10)], []byte("\ufeff")), " \t\r\n")))
	declaration, _, _ := strings.Cut(text, "?>")
	_, encoding, declared := strings.Cut(declaration, "encoding")
	if !strings.HasPrefix(text, "<?xml") || !declared {
		return true
	}
	return strings.HasPrefix(strings.TrimLeft(encoding, " \t\r\n=\"'"), "utf-8")
}
