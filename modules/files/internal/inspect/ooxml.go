package inspect

import (
	"bytes"
	"encoding/xml"
	"path"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// The types of documents, by the type of their main part.
var documents = map[string]filesapi.Type{
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml":   filesapi.DOCX,
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml":         filesapi.XLSX,
	"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml": filesapi.PPTX,
}

// macroTypes are words in the types of parts that can run.
var macroTypes = []string{"macroenabled", "vbaproject", "vbadata", "macrosheet", "dialogsheet", "activex", "oleobject", "attachedtoolbars", "keymapcustomizations", "webextension"}

// document says what a document is, by what it says of the types of its parts. The name of
// the file says nothing.
func (z *zip) document(types entry) (filesapi.Type, error) {
	m := &member{keep: true}
	if err := newUnpacker(z).unpack(types, m); err != nil {
		return "", err
	}
	defer func() { z.budget.release(m.all) }()
	var found filesapi.Type
	err := eachElement(m, func(e xml.StartElement) error {
		t := strings.ToLower(strings.TrimSpace(attr(e, "ContentType")))
		if word := anyWord(t, macroTypes); word != "" {
			return refuse(filesapi.ReasonMacro, "the document has parts of the type %q", t)
		}
		if main := documents[t]; main != "" && e.Name.Local == "Override" {
			if found != "" {
				return corrupt("the document is of several types")
			}
			found = main
		}
		return nil
	})
	return found, err
}

func anyWord(text string, words []string) string {
	for _, word := range words {
		if strings.Contains(text, word) {
			return word
		}
	}
	return ""
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// eachElement passes over the elements of a part that was kept.
func eachElement(m *member, look func(xml.StartElement) error) error {
	if m.over {
		return refuse(filesapi.ReasonBomb, "the document has a list that is too long")
	}
	return eachToken(bytes.NewReader(m.all), func(token xml.Token) error {
		if e, ok := token.(xml.StartElement); ok {
			return look(e)
		}
		return nil
	})
}

// checkPart refuses what can run in a document: macros, controls, objects of other programs,
// and what is fetched from elsewhere to run.
func checkPart(part string, m *member) error {
	name := strings.ToLower(part)
	if word := anyWord(name, []string{"vbaproject", "vbadata", "macrosheets/", "dialogsheets/", "activex", "oleobject"}); word != "" {
		return refuse(filesapi.ReasonMacro, "the document has %q in it", part)
	}
	if bytes.HasPrefix(m.head, []byte(oleMagic)) {
		return refuse(filesapi.ReasonMacro, "the document has an object of another program in it, %q", part)
	}
	if err := checkExecutable(m.head); err != nil {
		return within(err, part)
	}
	if err := checkEncoding(part, m.head); err != nil {
		return err
	}
	if path.Ext(name) == ".rels" {
		return eachElement(m, checkRelation)
	}
	return nil
}

// elsewhere are the relations that may lead out of a document: what a reader is asked about,
// or shows.
var elsewhere = map[string]bool{"hyperlink": true, "image": true, "externallinkpath": true, "externallink": true, "video": true, "audio": true, "media": true}

// checkRelation refuses a relation of a part to something that runs.
func checkRelation(e xml.StartElement) error {
	kind := strings.ToLower(path.Base(attr(e, "Type")))
	if word := anyWord(kind, macroTypes); word != "" {
		return refuse(filesapi.ReasonMacro, "the document has a part of the kind %q", kind)
	}
	target := strings.ToLower(strings.TrimSpace(attr(e, "Target")))
	outside := strings.EqualFold(strings.TrimSpace(attr(e, "TargetMode")), "External") || strings.Contains(target, "://")
	if outside && !elsewhere[kind] {
		return refuse(filesapi.ReasonMacro, "the document fetches a part of the kind %q from elsewhere", kind)
	}
	if outside && anyWord(target, []string{"javascript:", "vbscript:", "mhtml:", "ms-msdt:", "search-ms:", "script:"}) != "" {
		return refuse(filesapi.ReasonMacro, "the document leads to something that runs: %q", target)
	}
	return nil
}

// partMarks are what runs programs from within a part, and what makes of a short part a long one.
var partMarks = map[string]filesapi.Reason{
	"DDEAUTO": filesapi.ReasonMacro, "ddeLink": filesapi.ReasonMacro, "<!ENTITY": filesapi.ReasonBomb, "<!DOCTYPE": filesapi.ReasonBomb,
}

// fieldMarks are the names of what holds the code of a field. No name can be written otherwise.
var fieldMarks = []string{"nstrText", "instr=", "instr ", "instr\t", "instr\r", "instr\n"}

// newPart returns what a part is unpacked to. Whether it is XML is told by its beginning, too,
// for the name of a part says nothing to the programs of documents.
func newPart(name string) *member {
	extension := strings.ToLower(path.Ext(name))
	m := &member{keep: extension == ".rels"}
	named := extension == ".xml" || extension == ".rels" || extension == ".vml"
	const longest = 16
	var held []byte
	m.scan = func(b []byte) error {
		if !named && !looksXML(m.head) {
			return nil
		}
		held = append(held, b...)
		if mark := findPartMark(held, extension == ".svg"); mark != "" {
			return refuse(partMarks[mark], "%q in the document has %q in it", name, mark)
		}
		m.fields = m.fields || hasAny(held, fieldMarks)
		held = append(held[:0], held[max(0, len(held)-longest):]...)
		return nil
	}
	return m
}

// findPartMark returns a mark that is there, or nothing. Drawings have a type of their own.
func findPartMark(b []byte, drawing bool) string {
	for mark := range partMarks {
		if bytes.Contains(b, []byte(mark)) && (!drawing || mark != "<!DOCTYPE") {
			return mark
		}
	}
	return ""
}

func hasAny(b []byte, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return bytes.Contains(b, []byte(word)) })
}
