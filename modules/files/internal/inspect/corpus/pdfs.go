package corpus

import (
	"fmt"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// pdfs returns documents that do something, are locked, or are more than documents.
func pdfs() []Sample {
	catalog := func(more string) string { return "<</Type/Catalog/Pages 2 0 R" + more + ">>" }
	does := map[string]string{
		"JavaScript when it is opened":  "/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
		"JavaScript by an escaped name": "/OpenAction<</S/J#61vaScrip#74/J#53(app.alert(1))>>",
		"JavaScript by a list of names": "/Names<</JavaScript 9 0 R>>",
		"a script of a rendition":       "/OpenAction<</S/Rendition/JS(app.alert(1))>>",
		"a script without its kind":     "/OpenAction<</S 9 0 R/JS 8 0 R>>",
		"a program that is started":     "/OpenAction<</S/Launch/F(cmd.exe)>>",
		"files in it":                   "/Names<</EmbeddedFiles<</Names[(a)<</EF<</F 9 0 R>>>>]>>>>",
		"a file by its short name":      "/AF[<</EF <</F 9 0 R>>>>]",
		"additional actions":            "/AA<</O 9 0 R>>",
		"a form that runs":              "/AcroForm<</XFA 9 0 R>>",
		"media that run":                "/X<</Subtype/RichMedia>>",
		"a document within":             "/OpenAction<</S/GoToE>>",
	}
	var all []Sample
	for what, more := range does {
		all = append(all,
			of(filesapi.ReasonMacro, "a.pdf", "a PDF with "+what, func() []byte { return pdf(catalog(more)) }),
			of(filesapi.ReasonMacro, "a.pdf", "a PDF with, packed, "+what, func() []byte { return packedPDF(catalog(more)) }))
	}
	action := "<</S/JavaScript/JS(1)>>"
	return append(all,
		of(filesapi.ReasonMacro, "a.pdf", "a PDF with a file within", func() []byte { return pdf(catalog(""), "<</Type/EmbeddedFile/Length 1>>stream\nx\nendstream") }),
		of(filesapi.ReasonMacro, "a.pdf", "a PDF with JavaScript behind a window", func() []byte {
			return pdf(catalog(""), "<</Length 3000000>>\nstream\n"+strings.Repeat("/x ", 1_000_000)+"\nendstream", action)
		}),
		of(filesapi.ReasonMacro, "a.pdf", "a PDF whose script is where a stream seems to be", func() []byte { return pdf(catalog(""), "(>>\nstream\n)", action) }),
		of(filesapi.ReasonMacro, "a.pdf", "a PDF whose packed script is where a stream seems to be", func() []byte {
			return pdf(catalog(""), "(>>\nstream\n)", objects(action, "/Filter/FlateDecode"))
		}),
		of(filesapi.ReasonMacro, "a.pdf", "a PDF whose packed script is behind the word obj in a comment", func() []byte {
			packed := deflated("10 0 " + action)
			return pdf(catalog(""), fmt.Sprintf("<</Type/ObjStm/First 5/N 1%%obj\n/Filter/FlateDecode/Length %d>>%%>\nstream\n%s\nendstream", len(packed), packed))
		}),
		of(filesapi.ReasonMacro, "a.pdf", "a PDF whose script is packed without a type", func() []byte {
			packed := deflated("10 0 " + action)
			return pdf(catalog(""), fmt.Sprintf("<</N 1/First 5/Filter[/Fl#61teDecode]/Length %d>> stream\n%s\nendstream", len(packed), packed))
		}),
		of(filesapi.ReasonEncrypted, "a.pdf", "a PDF whose packed script is behind a predictor", func() []byte {
			return predicted("/Filter/FlateDecode/DecodeParms<</Predictor 12/Columns 1>>", action)
		}),
		of(filesapi.ReasonEncrypted, "a.pdf", "a PDF whose packed script is behind a predictor, in short words", func() []byte {
			return predicted("/F/Fl/DP<</Predictor 12/Columns 1>>", action)
		}),
		of(filesapi.ReasonEncrypted, "a.pdf", "a PDF whose packed script is packed by short words", func() []byte { return pdf(catalog(""), objects(action, "/F/Fl")) }),
		of(filesapi.ReasonMacro, "a.pdf", "a PDF whose packed script is packed by a short word", func() []byte { return pdf(catalog(""), objects(action, "/F/FlateDecode")) }),
		of(filesapi.ReasonCorrupt, "a.pdf", "a PDF with packed objects within packed objects", func() []byte {
			return packedPDF(objects(action, "/Filter/FlateDecode"))
		}),
		of(filesapi.ReasonCorrupt, "a.pdf", "a PDF with a stream within packed objects", func() []byte { return packedPDF("<</Length 1>>\nstream\nx\nendstream") }),
		of(filesapi.ReasonBomb, "a.pdf", "a PDF with more packed objects than any has", func() []byte {
			return pdf(catalog(""), objects(strings.Repeat("/", 65<<20), "/Filter/FlateDecode"), "<</Length 400000>>\nstream\n"+strings.Repeat("x", 400_000)+"\nendstream")
		}),
		of(filesapi.ReasonEncrypted, "a.pdf", "a PDF with objects that are packed twice", func() []byte {
			return pdf(catalog(""), objects(action, "/Filter[/FlateDecode/FlateDecode]"))
		}),
		of(filesapi.ReasonEncrypted, "a.pdf", "a PDF with objects in an unusual packing", func() []byte { return pdf(catalog(""), objects(action, "/Filter/LZWDecode")) }),
		of(filesapi.ReasonEncrypted, "a.pdf", "a PDF with objects in a packing that is elsewhere", func() []byte { return pdf(catalog(""), objects(action, "/Filter 9 0 R")) }),
		of(filesapi.ReasonCorrupt, "a.pdf", "a PDF with objects that cannot be unpacked", func() []byte {
			return pdf(catalog(""), "<</Type/ObjStm/Filter/FlateDecode/First 5>>\nstream\nx\x9cxxxx\nendstream")
		}),
		of(filesapi.ReasonBomb, "a.pdf", "a PDF with a bomb of objects", func() []byte {
			return pdf(catalog(""), objects(strings.Repeat(" ", 40<<20), "/Filter/FlateDecode"))
		}),
		of(filesapi.ReasonBomb, "a.pdf", "a PDF with too many packed objects", func() []byte {
			return pdf(catalog(""), strings.Repeat(objects("<<>>", "/Filter/FlateDecode"), 10_001))
		}),
		of(filesapi.ReasonEncrypted, "a.pdf", "a locked PDF", func() []byte {
			return []byte(strings.Replace(string(PDF()), "/Root 1 0 R", "/Root 1 0 R/Encrypt 9 0 R", 1))
		}),
		of(filesapi.ReasonPolyglot, "a.pdf", "an archive behind a PDF", and(PDF(), string(Zip("a.txt", "hello")))),
		of(filesapi.ReasonPolyglot, "a.pdf", "an archive within a PDF", func() []byte {
			return pdf(catalog(""), "<</Length 1>>\nstream\n"+string(Zip("a.txt", "hello"))+"\nendstream")
		}),
		of(filesapi.ReasonPolyglot, "a.pdf", "a program behind a PDF", and(PDF(), "MZ\x90\x00")),
		of(filesapi.ReasonPolyglot, "a.pdf", "a page within a PDF", func() []byte { return pdf("<</A(<html><script>alert(1)</script>)>>") }),
		of(filesapi.ReasonPolyglot, "a.pdf", "PHP within a PDF", func() []byte { return pdf("<</A(" + php + ")>>") }),
		of(filesapi.ReasonCorrupt, "a.pdf", "half of a PDF", func() []byte { b := PDF(); return b[:len(b)/2] }),
		is(filesapi.ReasonCorrupt, "a.pdf", "the beginning of a PDF alone", "%PDF-1.7\n"),
		of(filesapi.ReasonMismatch, "a.docx", "a PDF as a letter", PDF),
	)
}

// predicted returns a document with an object each of whose bytes is a line with a filter before it.
func predicted(filter, object string) []byte {
	var lines strings.Builder
	for i := range len(object) {
		lines.WriteString("\x00" + object[i:i+1])
	}
	packed := deflated("\x001\x00 " + lines.String())
	return pdf("<</Type/Catalog/Pages 2 0 R>>", fmt.Sprintf("<</Type/ObjStm/N 1/First 2%s/Length %d>>\nstream\n%s\nendstream", filter, len(packed), packed))
}
