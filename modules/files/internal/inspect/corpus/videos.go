package corpus

import (
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// videos returns videos and sounds that are more than that, or broken.
func videos() []Sample {
	archive := string(Zip("a.txt", "hello"))
	var all []Sample
	for name, content := range map[string][]byte{"a.mp4": MP4(), "a.webm": WebM(), "a.mp3": MP3()} {
		all = append(all,
			of(filesapi.ReasonPolyglot, name, "an archive behind "+name, and(content, archive)),
			of(filesapi.ReasonPolyglot, name, "a page behind "+name, and(content, "<script>alert(1)</script>")),
			of(filesapi.ReasonCorrupt, name, "a byte less of "+name, same(content[:len(content)-1])),
		)
	}
	return append(all,
		is(filesapi.ReasonPolyglot, "a.mp4", "an archive within a video", string(MP4()), box("free", archive)),
		is(filesapi.ReasonPolyglot, "a.mp4", "PHP within a video", string(MP4()[:28]), box("free", php), string(MP4()[28:])),
		is(filesapi.ReasonCorrupt, "a.mp4", "a video without tracks", box("ftyp", "isom\x00\x00\x02\x00isom"), box("mdat", "x")),
		is(filesapi.ReasonCorrupt, "a.mp4", "a video with nothing in it", box("ftyp", "isom\x00\x00\x02\x00isom"), box("moov", box("trak", ""))),
		is(filesapi.ReasonCorrupt, "a.mp4", "a video with a part without a size", box("ftyp", "isom\x00\x00\x02\x00isom"), "\x00\x00\x00\x04moov"),
		is(filesapi.ReasonCorrupt, "a.mp4", "a video with a part of far too large a size", box("ftyp", "isom\x00\x00\x02\x00isom"), "\x00\x00\x00\x01mdat\xff\xff\xff\xff\xff\xff\xff\xff"),
		is(filesapi.ReasonType, "a.mp4", "an image that begins like a video", box("ftyp", "heic\x00\x00\x00\x00mif1heic"), box("meta", "")),
		is(filesapi.ReasonType, "a.webm", "a video in Matroska", ebml("matroska"), element("\x18\x53\x80\x67", "")),
		is(filesapi.ReasonPolyglot, "a.webm", "a video with files in it", ebml("webm"), element("\x18\x53\x80\x67", element("\x19\x41\xa4\x69", "x"))),
		is(filesapi.ReasonCorrupt, "a.webm", "a video of the other kind without tracks", ebml("webm"), element("\x18\x53\x80\x67", "")),
		is(filesapi.ReasonPolyglot, "a.mp3", "PHP in the tag of a sound", "ID3\x04\x00\x00\x00\x00\x00", string([]byte{byte(len(php))}), php, string(MP3())),
		is(filesapi.ReasonCorrupt, "a.mp3", "a tag without sound", "ID3\x04\x00\x00\x00\x00\x00\x04....", strings.Repeat("x", 100)),
	)
}

// broken returns what is nothing at all.
func broken() []Sample {
	return []Sample{
		is(filesapi.ReasonEmpty, "a.txt", "nothing", ""),
		is(filesapi.ReasonType, "a.jpg", "noise", "\x01\x02\x03\x04\xfe\xfd\xfc"),
		is(filesapi.ReasonType, "a.txt", "a text in another encoding", "Gr\xfc\xdfe\n"),
		is(filesapi.ReasonType, "a.txt", "a text in UTF-16", "\xff\xfe"+wide("hello")),
		is(filesapi.ReasonType, "a.txt", "a text with a zero", "hello\x00"),
		is(filesapi.ReasonType, "a.csv", "a table with an escape", "a,b\n\x1b[2J,1\n"),
		is(filesapi.ReasonMismatch, "a.jpg", "a text as a photo", "hello\n"),
		of(filesapi.ReasonType, "a.txt", "a text that ends in noise", func() []byte { return []byte(strings.Repeat("hello\n", 400_000) + "\xff") }),
	}
}
