package corpus

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io/fs"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// archives returns archives that lie, lead elsewhere, or become too large.
func archives() []Sample {
	var all []Sample
	for _, name := range []string{"../x", "a/../../x", "/etc/passwd", `..\x`, `a\b`, "C:/x", "a\x00b", "..", "a/.. /x", "a\nb", "./.../..", ""} {
		all = append(all, of(filesapi.ReasonUnsafe, "a.zip", "an archive with the name "+name, func() []byte { return raw(file{name: name, content: "x"}) }))
	}
	hello := Zip("a.txt", "hello", "b.txt", "hello again")
	return append(all,
		of(filesapi.ReasonUnsafe, "a.zip", "a symbolic link", symlink),
		of(filesapi.ReasonBomb, "a.zip", "a bomb", func() []byte { return Zip("zeros", zeros(40<<20)) }),
		of(filesapi.ReasonBomb, "a.zip", "a bomb of many files", func() []byte { return Zip("a", zeros(20<<20), "b", zeros(20<<20)) }),
		of(filesapi.ReasonBomb, "a.zip", "a bomb in an archive in an archive", func() []byte {
			return Zip("in.zip", string(Zip("in.zip", string(Zip("zeros", zeros(40<<20))))))
		}),
		of(filesapi.ReasonBomb, "a.zip", "archives one in another", func() []byte { return matryoshka(6) }),
		of(filesapi.ReasonBomb, "a.zip", "a packed archive that is too large", func() []byte {
			return Zip("in.zip", string(stored("big", strings.Repeat("0123456789abcdef", 1<<20))))
		}),
		of(filesapi.ReasonBomb, "a.zip", "packed archives in one another that are too large together", func() []byte {
			pad := file{name: "pad", content: zeros(5 << 20)}
			inner := string(Zip("in.zip", string(raw(pad))))
			return Zip("in.zip", string(raw(pad, file{name: "in.zip", content: inner})))
		}),
		of(filesapi.ReasonBomb, "a.zip", "too many files", func() []byte { return raw(many(10_001)...) }),
		of(filesapi.ReasonBomb, "a.zip", "files that share their bytes", sharing),
		of(filesapi.ReasonBomb, "a.zip", "a name that is too long", func() []byte { return raw(file{name: strings.Repeat("x", 5000), content: "x"}) }),
		of(filesapi.ReasonCorrupt, "a.zip", "a size that is not true", func() []byte { return raw(file{name: "a", content: "hello", size: 4}) }),
		of(filesapi.ReasonCorrupt, "a.zip", "a packed size that is not true", func() []byte { return lie(Zip("a", zeros(1000)), 24, "\x01\x00\x00\x00") }),
		of(filesapi.ReasonCorrupt, "a.zip", "a checksum that is not true", func() []byte { return lie(Zip("a", zeros(1000)), 16, "\x01\x02\x03\x04") }),
		of(filesapi.ReasonCorrupt, "a.zip", "two names of a file", func() []byte { return raw(file{name: "a.txt", other: "b.exe", content: "x"}) }),
		of(filesapi.ReasonCorrupt, "a.zip", "two files of a name", func() []byte { return raw(file{name: "a", content: "x"}, file{name: "A", content: "y"}) }),
		of(filesapi.ReasonCorrupt, "a.zip", "more entries than there are", func() []byte { b := bytes.Clone(hello); b[len(b)-12]++; return b }),
		of(filesapi.ReasonCorrupt, "a.zip", "a size of eight bytes that is not there", func() []byte { return lie(hello, 20, "\xff\xff\xff\xff") }),
		of(filesapi.ReasonCorrupt, "a.zip", "an end of eight bytes that is a lie", zip64lie),
		of(filesapi.ReasonCorrupt, "a.zip", "an archive without its end", func() []byte { return hello[:len(hello)-30] }),
		of(filesapi.ReasonCorrupt, "a.zip", "an archive without its beginning", func() []byte { return append([]byte("PK\x03\x04"), hello[60:]...) }),
		of(filesapi.ReasonPolyglot, "a.zip", "something behind an archive", and(hello, "<?php")),
		of(filesapi.ReasonPolyglot, "a.zip", "something between the files of an archive", func() []byte { return raw(file{name: "a", content: "x", gap: php}) }),
		of(filesapi.ReasonPolyglot, "a.zip", "an archive in the comment of an archive", func() []byte {
			b := bytes.Clone(hello)
			binary.LittleEndian.PutUint16(b[len(b)-2:], uint16(len(hello))) //nolint:gosec // it is short
			return append(b, hello...)
		}),
		of(filesapi.ReasonPolyglot, "a.zip", "something behind what is packed in a file", func() []byte {
			packed := deflated("hello")
			return raw(file{name: "a", content: packed[2:len(packed)-4] + php, plain: "hello", method: 8})
		}),
		of(filesapi.ReasonPolyglot, "a.zip", "PHP in the comment of an archive", func() []byte {
			b := bytes.Clone(hello)
			binary.LittleEndian.PutUint16(b[len(b)-2:], uint16(len(php)))
			return append(b, php...)
		}),
		of(filesapi.ReasonEncrypted, "a.zip", "a locked archive", func() []byte { return raw(file{name: "a", content: "xxxxxxxxxxxxxxxx", flags: 1}) }),
		of(filesapi.ReasonEncrypted, "a.zip", "an archive in an unusual packing", func() []byte { return raw(file{name: "a", content: "x", method: 14}) }),
		of(filesapi.ReasonType, "a.zip", "a document of another office", func() []byte {
			return Zip("mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<a/>")
		}),
	)
}

func zeros(n int) string { return strings.Repeat("\x00", n) }

func stored(name, content string) []byte { return raw(file{name: name, content: content}) }

func matryoshka(n int) []byte {
	b := Zip("a.txt", "hello")
	for range n {
		b = stored("in.zip", string(b))
	}
	return b
}

func symlink() []byte {
	return made(func(b *bytes.Buffer) error {
		w := zip.NewWriter(b)
		head := zip.FileHeader{Name: "link"}
		head.SetMode(fs.ModeSymlink | 0o777)
		if err := add(w, head, "/etc/passwd"); err != nil {
			return err
		}
		return w.Close()
	})
}

// A file is one that is put into an archive as it is, with what is not true of it.
type file struct {
	name, other   string // in the directory, and before the file if that is another
	content       string
	size          int    // in the directory, if it is another
	plain         string // what the content is unpacked
	flags, method int
	gap           string // what comes behind it
}

// raw returns an archive of files, whatever they say.
func raw(files ...file) []byte {
	var b, directory []byte
	for _, f := range files {
		at := len(b)
		b = append(b, f.local()+f.content+f.gap...)
		directory = append(directory, f.entry(at)...)
	}
	return append(append(b, directory...), ending(len(files), len(directory), len(b))...)
}

func ending(files, size, at int) string {
	return "PK\x05\x06\x00\x00\x00\x00" + little16(files) + little16(files) + little32(size) + little32(at) + "\x00\x00"
}

func (f file) local() string {
	name := f.name
	if f.other != "" {
		name = f.other
	}
	return "PK\x03\x04\x14\x00" + f.facts(len(f.content)) + little16(len(name)) + "\x00\x00" + name
}

func (f file) entry(at int) string {
	size := len(f.content)
	if f.size > 0 {
		size = f.size
	}
	return "PK\x01\x02\x14\x00\x14\x00" + f.facts(size) + little16(len(f.name)) + zeros(12) + little32(at) + f.name
}

// facts are what is said of a file in both places.
func (f file) facts(size int) string {
	plain := f.content
	if f.method == 8 {
		plain, size = f.plain, len(f.plain)
	}
	sum := crc32.ChecksumIEEE([]byte(plain))
	return little16(f.flags) + little16(f.method) + "\x00\x00\x21\x00" + string(binary.LittleEndian.AppendUint32(nil, sum)) + little32(len(f.content)) + little32(size)
}

func many(n int) []file {
	files := make([]file, n)
	for i := range files {
		files[i].name = "f" + strings.Repeat("x", i%100) + "-" + strings.Repeat("y", i/100)
	}
	return files
}

// sharing returns an archive of two files, of which one is within the other.
func sharing() []byte {
	inner := file{name: "inner", content: "hello"}
	outer := file{name: "outer", content: inner.local() + inner.content}
	first := outer.local()
	directory := outer.entry(0) + inner.entry(len(first))
	body := first + outer.content
	return []byte(body + directory + ending(2, len(directory), len(body)))
}

// lie returns an archive with other bytes in the first entry of its directory.
func lie(archive []byte, at int, other string) []byte {
	b := bytes.Clone(archive)
	copy(b[bytes.Index(b, []byte("PK\x01\x02"))+at:], other)
	return b
}

// zip64lie returns an archive whose end of eight bytes leads past it.
func zip64lie() []byte {
	b := raw(file{name: "a", content: "x"})
	end := b[len(b)-22:]
	far := "\xff\xff\xff\xff\xff\xff\xff\x7f"
	wide := "PK\x06\x06\x2c\x00\x00\x00\x00\x00\x00\x00" + zeros(12) + far + far + far + far
	locator := "PK\x06\x07\x00\x00\x00\x00" + little32(len(b)-22) + zeros(4) + "\x01\x00\x00\x00"
	return []byte(string(b[:len(b)-22]) + wide + locator + string(end))
}
