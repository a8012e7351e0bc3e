package inspect

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
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
		if a.Name.Local == name {
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
	decoder := xml.NewDecoder(bytes.NewReader(m.all))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return corrupt("the document has a part that is no XML")
		}
		if e, ok := token.(xml.StartElement); ok {
			if err := look(e); err != nil {
				return err
			}
		}
	}
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
	outside := strings.EqualFold(attr(e, "TargetMode"), "External")
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

// newPart returns what a part is unpacked to.
func newPart(name string) *member {
	return &member{keep: strings.EqualFold(path.Ext(name), ".rels"), scan: scanner(name)}
}

// scanner returns what looks at all bytes of a part in XML as they come.
func scanner(name string) func([]byte) error {
	switch strings.ToLower(path.Ext(name)) {
	case ".xml", ".rels", ".vml":
	default:
		return nil
	}
	const longest = 16
	var held []byte
	return func(b []byte) error {
		held = append(held, b...)
		for mark, reason := range partMarks {
			if bytes.Contains(held, []byte(mark)) {
				return refuse(reason, "%q in the document has %q in it", name, mark)
			}
		}
		held = append(held[:0], held[max(0, len(held)-longest):]...)
		return nil
	}
}
