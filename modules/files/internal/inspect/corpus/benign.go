package corpus

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// Benign returns files of every type that must pass.
func Benign() []Sample {
	return []Sample{
		fine(filesapi.JPEG, "photo.jpg", "a photo", JPEG),
		fine(filesapi.JPEG, "photo.JPEG", "an extension in capitals", JPEG),
		fine(filesapi.JPEG, "example.com.jpg", "a name with a dot", JPEG),
		fine(filesapi.JPEG, "pair.jpg", "a photo with a map of its depth behind it", pair),
		fine(filesapi.JPEG, "padded.jpg", "zeros behind the image", and(JPEG(), "\x00\x00\x00\x00")),
		fine(filesapi.PNG, "chart.png", "a chart", PNG),
		fine(filesapi.GIF, "cat.gif", "an animation", GIF),
		fine(filesapi.WebP, "dot.webp", "a small image", WebP),
		fine(filesapi.PDF, "bill.pdf", "a page", PDF),
		fine(filesapi.PDF, "packed.pdf", "a page with packed objects", func() []byte { return packedPDF("<</Type/Catalog/Pages 2 0 R>>") }),
		fine(filesapi.PDF, "table.pdf", "a page with packed objects and a packed table behind a predictor", func() []byte {
			table := deflated("\x02\x01\x00\x10\x00")
			return pdf("<</Type/Catalog/Pages 2 0 R>>", objects("(a stream, and objects)", "/Filter/FlateDecode"),
				fmt.Sprintf("<</Type/XRef/W[1 2 1]/Size 6/Filter/FlateDecode/DecodeParms<</Columns 4/Predictor 12>>/Length %d>>\nstream\n%s\nendstream", len(table), table),
				objects("<</Title(streams)>>", "/Filter/FlateDecode"))
		}),
		fine(filesapi.Text, "notes.txt", "a text", func() []byte { return []byte("Grüße\n\tan alle\r\n") }),
		fine(filesapi.Text, "marked.txt", "a text with a mark of the byte order", func() []byte { return []byte("\ufeffGrüße\n") }),
		fine(filesapi.Text, "MZ.txt", "a text that begins like a program", func() []byte { return []byte("MZ is a mark of two letters, ID3 another.\n") }),
		fine(filesapi.Text, "readme.md", "a heading", func() []byte { return []byte("# Read me\n\n<b>please</b> 1 < 2\n") }),
		fine(filesapi.Text, "long.txt", "a text of over two windows", func() []byte { return []byte(strings.Repeat("längere Zeile\n", 160_000)) }),
		fine(filesapi.CSV, "people.csv", "a table", func() []byte { return []byte("name,age\nAda,36\n") }),
		fine(filesapi.Zip, "sources.zip", "an archive", func() []byte {
			return Zip("readme.txt", "hello", "src/main.go", "package main", "run.sh", "#!/bin/sh\n", "dir/", "")
		}),
		fine(filesapi.Zip, "nested.zip", "an archive in another", func() []byte { return Zip("inner.zip", string(Zip("a.txt", "hello"))) }),
		fine(filesapi.Zip, "empty.zip", "an archive with nothing in it", func() []byte { return Zip() }),
		fine(filesapi.DOCX, "letter.docx", "a letter", DOCX),
		fine(filesapi.XLSX, "sums.xlsx", "a sheet", XLSX),
		fine(filesapi.PPTX, "talk.pptx", "a talk", PPTX),
		fine(filesapi.DOCX, "chart.docx", "a letter with a sheet in it", func() []byte {
			return document(wordMain, "word/document.xml", "word/embeddings/Microsoft_Excel_Sheet.xlsx", string(XLSX()))
		}),
		fine(filesapi.DOCX, "link.docx", "a letter with a link in it", func() []byte {
			return document(wordMain, "word/document.xml", "word/_rels/document.xml.rels", relation("hyperlink", "https://example.org/"))
		}),
		fine(filesapi.DOCX, "fields.docx", "a letter with fields and a drawing", func() []byte {
			return document(wordMain, "word/document.xml", "word/footer.xml", "<a>"+code(" PAGE ")+"<b>DDE was added</b>"+code("ADDIN dde")+"</a>",
				"word/media/image1.svg", `<?xml version="1.0" encoding="utf-8"?><!DOCTYPE svg><svg/>`)
		}),
		fine(filesapi.MP3, "song.mp3", "a sound", MP3),
		fine(filesapi.MP3, "tagged.mp3", "a sound with tags", func() []byte {
			return []byte("ID3\x04\x00\x00\x00\x00\x00\x0aTIT2......" + string(MP3()) + "TAG" + strings.Repeat("\x00", 125))
		}),
		fine(filesapi.MP4, "film.mp4", "a video", MP4),
		fine(filesapi.MP4, "film.m4v", "a video by its other extension", MP4),
		fine(filesapi.WebM, "film.webm", "a video of the other kind", WebM),
		fine(filesapi.WebM, "live.webm", "a video that was recorded without knowing its size", func() []byte { return webm("\x01\xff\xff\xff\xff\xff\xff\xff") }),
	}
}

func fine(t filesapi.Type, name, why string, content func() []byte) Sample {
	return Sample{Name: name, Content: content, Type: t, Why: why}
}

// picture returns one of 24 × 16 pixels that has something in it.
func picture() *image.Paletted {
	img := image.NewPaletted(image.Rect(0, 0, 24, 16), color.Palette{color.White, color.Black, color.RGBA{R: 200, A: 255}})
	for i := range img.Pix {
		img.Pix[i] = uint8(i * i % 3)
	}
	return img
}

// made returns what was written; that a picture of ours cannot be encoded is a mistake here.
func made(write func(*bytes.Buffer) error) []byte {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// JPEG returns a photo of 24 × 16 pixels.
func JPEG() []byte {
	return made(func(b *bytes.Buffer) error { return jpeg.Encode(b, picture(), nil) })
}

// PNG returns an image of 24 × 16 pixels.
func PNG() []byte {
	return made(func(b *bytes.Buffer) error { return png.Encode(b, picture()) })
}

// GIF returns an animation of two images of 24 × 16 pixels.
func GIF() []byte {
	return made(func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{picture(), picture()}, Delay: []int{10, 10}})
	})
}

// WebP returns an image of one pixel.
func WebP() []byte {
	return riff("VP8L", "\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07")
}

func riff(kind, content string) []byte {
	chunk := kind + little32(len(content)) + content + strings.Repeat("\x00", len(content)%2)
	return []byte("RIFF" + little32(4+len(chunk)) + "WEBP" + chunk)
}

// pair returns two images, of which the first says that the other follows.
func pair() []byte {
	return []byte(string(segmented(JPEG(), 0xe2, "MPF\x00MM\x00*")) + string(JPEG()))
}

// segmented returns an image with a segment more at its beginning.
func segmented(img []byte, marker byte, content string) []byte {
	segment := "\xff" + string([]byte{marker}) + big16(len(content)+2) + content
	return []byte(string(img[:2]) + segment + string(img[2:]))
}

// PDF returns a document of one page.
func PDF() []byte { return pdf("<</Type/Catalog/Pages 2 0 R>>") }

// pdf returns a document with a catalog, and other objects behind.
func pdf(catalog string, more ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	var offsets []int
	text := "BT /F1 12 Tf 72 700 Td (Hello) Tj ET"
	for i, o := range append([]string{
		catalog,
		"<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(text), text),
	}, more...) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, at := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, table)
	return b.Bytes()
}

// packedPDF returns a document with an object that is packed.
func packedPDF(object string) []byte {
	return pdf("<</Type/Catalog/Pages 2 0 R>>", objects(object, "/Filter/FlateDecode"))
}

// objects returns a stream in which an object is packed.
func objects(object, filter string) string {
	packed := deflated("10 0 " + object)
	return fmt.Sprintf("<</Type/ObjStm/N 1/First 5%s/Length %d>>\nstream\r\n%s\nendstream", filter, len(packed), packed)
}

func deflated(text string) string {
	return string(made(func(b *bytes.Buffer) error {
		w := zlib.NewWriter(b)
		if _, err := w.Write([]byte(text)); err != nil {
			return err
		}
		return w.Close()
	}))
}

// Zip returns an archive of files, each a name and a content.
func Zip(files ...string) []byte {
	return made(func(b *bytes.Buffer) error {
		w := zip.NewWriter(b)
		for i := 0; i < len(files); i += 2 {
			if err := add(w, zip.FileHeader{Name: files[i], Method: zip.Deflate}, files[i+1]); err != nil {
				return err
			}
		}
		return w.Close()
	})
}

func add(w *zip.Writer, head zip.FileHeader, content string) error {
	f, err := w.CreateHeader(&head)
	if err != nil || strings.HasSuffix(head.Name, "/") {
		return err
	}
	_, err = f.Write([]byte(content))
	return err
}

// The types of the main parts of documents.
const (
	wordMain  = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
	sheetMain = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
	talkMain  = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
)

// DOCX returns a letter.
func DOCX() []byte { return document(wordMain, "word/document.xml") }

// XLSX returns a sheet.
func XLSX() []byte { return document(sheetMain, "xl/workbook.xml") }

// PPTX returns a talk.
func PPTX() []byte { return document(talkMain, "ppt/presentation.xml") }

// document returns one with a main part of a type, and other parts, each a name and a content.
func document(mainType, main string, more ...string) []byte {
	return Zip(append([]string{
		"[Content_Types].xml", types(mainType, main),
		"_rels/.rels", relation("officeDocument", main),
		main, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><doc>Hello</doc>`,
	}, more...)...)
}

func types(mainType, main string, more ...string) string {
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/` + main + `" ContentType="` + mainType + `"/>` + strings.Join(more, "") + `</Types>`
}

func relation(kind, target string) string {
	mode := ""
	if strings.Contains(target, ":") {
		mode = ` TargetMode="External"`
	}
	return `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` +
		`<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `"` + mode + `/></Relationships>`
}

// MP3 returns a quarter of a second of silence.
func MP3() []byte { return []byte(strings.Repeat("\xff\xfb\x90\x64"+strings.Repeat("\x00", 413), 10)) }

// MP4 returns a video with a track and nothing to see.
func MP4() []byte {
	return []byte(box("ftyp", "isom\x00\x00\x02\x00isomiso2mp41") +
		box("moov", box("mvhd", strings.Repeat("\x00", 100))+box("trak", box("tkhd", strings.Repeat("\x00", 84)))) +
		box("mdat", "\x00\x00\x00\x01pixels"))
}

func box(kind, content string) string { return big32(len(content)+8) + kind + content }

// WebM returns a video with a track and nothing to see.
func WebM() []byte { return webm("") }

// webm returns a video whose segment and cluster have a size that is given, or their own.
func webm(size string) []byte {
	cluster := element("\xe7", "\x00") + element("\xa3", "\x81\x00\x00\x80pixels")
	body := element("\x15\x49\xa9\x66", element("\x2a\xd7\xb1", "\x0f\x42\x40")) +
		element("\x16\x54\xae\x6b", element("\xae", element("\xd7", "\x01")))
	if size == "" {
		return []byte(ebml("webm") + element("\x18\x53\x80\x67", body+element("\x1f\x43\xb6\x75", cluster)))
	}
	return []byte(ebml("webm") + "\x18\x53\x80\x67" + size + body + "\x1f\x43\xb6\x75" + size + cluster + "\x1f\x43\xb6\x75" + size + cluster)
}

func ebml(kind string) string {
	return element("\x1a\x45\xdf\xa3", element("\x42\x86", "\x01")+element("\x42\xf7", "\x01")+element("\x42\xf2", "\x04")+element("\x42\xf3", "\x08")+
		element("\x42\x82", kind)+element("\x42\x87", "\x04")+element("\x42\x85", "\x02"))
}

// element returns one of a WebM. Sizes below 127 take one byte, as is usual.
func element(id, content string) string {
	if len(content) < 127 {
		return id + string([]byte{0x80 | byte(len(content))}) + content //nolint:gosec // below 127
	}
	return id + "\x10" + big32(len(content))[1:] + content
}

func big16(n int) string    { return string(binary.BigEndian.AppendUint16(nil, uint16(n))) }    //nolint:gosec // ours are small
func big32(n int) string    { return string(binary.BigEndian.AppendUint32(nil, uint32(n))) }    //nolint:gosec // ours are small
func little16(n int) string { return string(binary.LittleEndian.AppendUint16(nil, uint16(n))) } //nolint:gosec // ours are small
func little32(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) } //nolint:gosec // ours are small
