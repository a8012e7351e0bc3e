package corpus

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

const php = "<?php system($_GET['c']); ?>"

// images returns images that are more than that, too large, or broken.
func images() []Sample {
	zip := string(Zip("a.txt", "hello"))
	var all []Sample
	for name, content := range map[string][]byte{"a.jpg": JPEG(), "a.png": PNG(), "a.gif": GIF(), "a.webp": WebP()} {
		all = append(all,
			of(filesapi.ReasonPolyglot, name, "PHP behind "+name, and(content, php)),
			of(filesapi.ReasonPolyglot, name, "an archive behind "+name, and(content, zip)),
			of(filesapi.ReasonPolyglot, name, "a byte behind "+name, and(content, "x")),
			of(filesapi.ReasonPolyglot, name, "a program behind "+name, and(content, "MZ\x90\x00")),
			of(filesapi.ReasonPolyglot, name, "JavaScript behind "+name, and(content, "*/=1;alert(1)")),
			of(filesapi.ReasonCorrupt, name, "half of "+name, same(content[:len(content)/2])),
			of(filesapi.ReasonCorrupt, name, "a byte less of "+name, same(content[:len(content)-1])),
		)
	}
	return append(all,
		of(filesapi.ReasonPolyglot, "a.jpg", "PHP in a comment of a JPEG", same(segmented(JPEG(), 0xfe, php))),
		of(filesapi.ReasonPolyglot, "a.jpg", "PHP in what the camera wrote", same(segmented(JPEG(), 0xe1, "Exif\x00\x00MM\x00*"+php))),
		of(filesapi.ReasonPolyglot, "a.jpg", "short PHP in a comment of a JPEG", same(segmented(JPEG(), 0xfe, "<?=`$_GET[0]`?>"))),
		of(filesapi.ReasonPolyglot, "a.jpg", "a page in a comment of a JPEG", same(segmented(JPEG(), 0xfe, "<html><script>alert(1)</script>"))),
		of(filesapi.ReasonPolyglot, "a.jpg", "a PDF in a comment of a JPEG", same(segmented(JPEG(), 0xfe, "%PDF-1.4\n1 0 obj"))),
		of(filesapi.ReasonPolyglot, "a.jpg", "an archive in a comment of a JPEG", same(segmented(JPEG(), 0xfe, zip))),
		of(filesapi.ReasonPolyglot, "a.jpg", "many ends of archives in a comment of a JPEG", same(segmented(JPEG(), 0xfe, strings.Repeat("PK\x05\x06", 1000)))),
		of(filesapi.ReasonPolyglot, "a.jpg", "a JPEG that is a comment of JavaScript", same(segmented(JPEG(), 0xe0, strings.Repeat("x", 0x2f2a-2)))),
		of(filesapi.ReasonPolyglot, "a.jpg", "another JPEG that was not announced", and(JPEG(), string(JPEG()))),
		of(filesapi.ReasonPolyglot, "a.png", "PHP in a chunk of a PNG", same(chunked(PNG(), "tEXt", "Comment\x00"+php))),
		of(filesapi.ReasonPolyglot, "a.png", "a page in a chunk of a PNG", same(chunked(PNG(), "tEXt", "Comment\x00<script>alert(1)</script>"))),
		of(filesapi.ReasonPolyglot, "a.png", "an archive in a chunk of a PNG", same(chunked(PNG(), "raWz", zip))),
		of(filesapi.ReasonPolyglot, "a.gif", "PHP in a comment of a GIF", same(commented(GIF(), php))),
		of(filesapi.ReasonPolyglot, "a.gif", "PHP right behind the mark of a GIF", same([]byte("GIF89a;"+php))),
		of(filesapi.ReasonPolyglot, "a.gif", "a GIF that is a comment of JavaScript", func() []byte { return sized(commented(GIF(), "*/=1;alert(1)//"), "/*\x10\x00") }),
		of(filesapi.ReasonPolyglot, "a.gif", "a GIF that is an assignment of JavaScript", func() []byte { return sized(GIF(), "=1;a") }),
		of(filesapi.ReasonPolyglot, "a.webp", "a WebP that is a comment of JavaScript", func() []byte {
			return []byte("RIFF/*\x00\x00WEBPVP8L" + little32(0x2a2f-12) + string(WebP()[20:33]) + strings.Repeat("x", 0x2a2f-12-13))
		}),
		of(filesapi.ReasonPixels, "a.gif", "a huge GIF", func() []byte { return sized(GIF(), "\xff\xff\xff\xff") }),
		of(filesapi.ReasonPixels, "a.png", "a huge PNG", hugePNG),
		of(filesapi.ReasonPixels, "a.jpg", "a huge JPEG", hugeJPEG),
		of(filesapi.ReasonPixels, "a.webp", "a huge WebP", func() []byte { return riff("VP8L", "\x2f\xff\xff\xff\x0f"+strings.Repeat("x", 8)) }),
		of(filesapi.ReasonPixels, "a.webp", "a WebP with a huge canvas", func() []byte { return riff("VP8X", "\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff") }),
		of(filesapi.ReasonBomb, "a.jpg", "a JPEG of many passes", manyScans),
		of(filesapi.ReasonBomb, "a.gif", "a GIF of many large frames", manyFrames),
		of(filesapi.ReasonCorrupt, "a.png", "a PNG with a flipped bit", func() []byte { b := PNG(); b[len(b)-20] ^= 1; return b }),
		of(filesapi.ReasonCorrupt, "a.png", "a PNG without pixels", func() []byte { b := PNG(); return append(b[:33:33], b[len(b)-12:]...) }),
		of(filesapi.ReasonCorrupt, "a.jpg", "a JPEG without pixels", same([]byte("\xff\xd8\xff\xe0\x00\x04ab\xff\xd9"))),
		of(filesapi.ReasonCorrupt, "a.gif", "a GIF without size", func() []byte { return sized(GIF(), "\x00\x00\x00\x00") }),
		of(filesapi.ReasonCorrupt, "a.gif", "a GIF with an unknown block", func() []byte { b := GIF(); b[len(b)-1] = 'x'; return append(b, ';') }),
		of(filesapi.ReasonMismatch, "a.png", "a JPEG as a PNG", JPEG),
		of(filesapi.ReasonMismatch, "a.jpg", "a GIF as a JPEG", GIF),
		of(filesapi.ReasonMismatch, "a.txt", "a PNG as a text", PNG),
	)
}

// chunked returns a PNG with a chunk more behind the first.
func chunked(img []byte, kind, content string) []byte {
	const behind = 8 + 25
	return []byte(string(img[:behind]) + chunk(kind, content) + string(img[behind:]))
}

func chunk(kind, content string) string {
	sum := crc32.ChecksumIEEE([]byte(kind + content))
	return big32(len(content)) + kind + content + string(binary.BigEndian.AppendUint32(nil, sum))
}

func hugePNG() []byte {
	img := PNG()
	return []byte(string(img[:8]) + chunk("IHDR", big32(100_000)+big32(100_000)+string(img[24:29])) + string(img[33:]))
}

func hugeJPEG() []byte {
	img := JPEG()
	at := bytes.Index(img, []byte("\xff\xc0"))
	copy(img[at+5:], "\xff\xff\xff\xff")
	return img
}

// manyScans returns a JPEG whose pixels come again and again.
func manyScans() []byte {
	img := JPEG()
	at := bytes.Index(img, []byte("\xff\xda"))
	return []byte(string(img[:at]) + strings.Repeat(string(img[at:len(img)-2]), 300) + "\xff\xd9")
}

// commented returns a GIF with a comment before its end.
func commented(img []byte, comment string) []byte {
	end := len(img) - 1
	return []byte(string(img[:end]) + "\x21\xfe" + string([]byte{byte(len(comment))}) + comment + "\x00;") //nolint:gosec // ours are short
}

// sized returns a GIF with another width and height, of two bytes each.
func sized(img []byte, size string) []byte {
	copy(img[6:], size)
	return img
}

func manyFrames() []byte {
	frame := "\x2c\x00\x00\x00\x00" + little16(6000) + little16(6000) + "\x00\x02\x01\x00\x00"
	return []byte("GIF89a" + little16(6000) + little16(6000) + "\x00\x00\x00" + strings.Repeat(frame, 30) + ";")
}
