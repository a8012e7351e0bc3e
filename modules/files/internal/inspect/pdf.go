package inspect

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// maxName bounds a name in a PDF, each of whose characters may be written as "#4a".
const maxName = 3 * 128

// longest is how long the names are that matter here.
const longest = 16

// What a PDF does, by the names that say so, and the reason for which each is refused.
var (
	// longNames are refused wherever they are, for no image has them by chance.
	longNames = map[string]string{
		"JavaScript": "runs JavaScript", "OnInstantiate": "runs JavaScript", "Launch": "starts programs", "ImportData": "reads other files",
		"EmbeddedFile": "has files in it", "EmbeddedFiles": "has files in it", "FileAttachment": "has files in it", "GoToE": "has files in it",
		"RichMedia": "has media in it that run", "Rendition": "has media in it that run",
	}
	// shortNames are refused where they name something that follows, outside of streams.
	shortNames = map[string]string{"JS": "runs JavaScript", "AA": "does something by itself", "XFA": "has a form that runs", "EF": "has files in it"}
	// packings are the ways to pack a stream beside the usual one.
	packings = map[string]bool{
		"Fl": true, "LZWDecode": true, "LZW": true, "ASCII85Decode": true, "A85": true, "ASCIIHexDecode": true, "AHx": true,
		"RunLengthDecode": true, "RL": true, "Crypt": true, "BrotliDecode": true, "JBIG2Decode": true, "DCTDecode": true,
	}
)

// A pdf is a PDF that is read through, once, from its beginning to its end: readers look for
// objects there when the table of them is broken.
type pdf struct {
	c        *check
	budget   *budget
	inStream bool
	objects  bool // whether there was an object
	dict     dict // of the object that we are in
	z        zipper
}

// A dict is what matters of an object to tell whether objects are packed in its stream.
//
// It is not begun anew by the word "obj", but by the next stream, so that the word in a comment
// makes nothing forgotten.
type dict struct {
	objects        bool // it says that objects are packed in its stream
	first          bool // it says where in its stream the first object is, and no more
	filter         bool
	flate, packing int
}

// A zipper is a decompressor that is used again and again.
type zipper interface {
	zlib.Resetter
	Read([]byte) (int, error)
}

func lookPDF(c *check) error {
	head, err := c.source.upTo(0, headBytes)
	if err != nil {
		return err
	}
	if err := checkHeadMarks(head, true); err != nil {
		return err
	}
	p := &pdf{c: c, budget: c.budget}
	if err := p.read(); err != nil {
		return err
	}
	if !p.objects {
		return corrupt("the document has nothing in it")
	}
	if err := checkZIPTail(c.source); err != nil {
		return err
	}
	return checkPDFEnd(c.source)
}

// checkPDFEnd wants the end of a PDF, and nothing behind it.
func checkPDFEnd(s *source) error {
	tail, _, err := s.tail(headBytes)
	if err != nil {
		return err
	}
	end := bytes.LastIndex(tail, []byte("%%EOF"))
	if end < 0 || !bytes.Contains(tail[:end], []byte("startxref")) {
		return corrupt("the document breaks off before its end")
	}
	if rest := bytes.Trim(tail[end+len("%%EOF"):], " \t\r\n\f\x00\x1a"); len(rest) > 0 {
		return polyglot("something else comes behind the end of the document")
	}
	return nil
}

// read goes through the file piece by piece. What begins in the last bytes of a piece is left
// to the next one.
func (p *pdf) read() error {
	s := p.c.source
	for at := int64(0); at < s.size; {
		b, err := s.upTo(at, window)
		if err != nil {
			return err
		}
		keep := 0
		if at+int64(len(b)) < s.size {
			keep = maxName
		}
		n, err := p.piece(b, len(b)-keep, at)
		if err != nil {
			return err
		}
		at += int64(n)
	}
	return nil
}

// piece looks at what begins in the first n bytes, and returns how many it passed over.
func (p *pdf) piece(b []byte, n int, at int64) (int, error) {
	for i := 0; ; {
		next := p.interesting(b[i:])
		if next < 0 || i+next >= n {
			return max(n, i), nil
		}
		i += next
		used, err := p.token(b, i, at)
		if err != nil {
			return 0, err
		}
		i += used
	}
}

// interesting returns where the next name or word that matters could begin, or -1.
func (p *pdf) interesting(b []byte) int {
	if !p.inStream {
		return bytes.IndexAny(b, "/so")
	}
	slash := bytes.IndexByte(b, '/')
	if slash < 0 {
		slash = len(b)
	}
	if end := bytes.Index(b[:min(slash+9, len(b))], []byte("endstream")); end >= 0 {
		return end
	}
	if end := bytes.Index(b[:min(slash+6, len(b))], []byte("endobj")); end >= 0 {
		return end
	}
	if slash == len(b) {
		return -1
	}
	return slash
}

// token looks at what is at a place, and returns how long it is, at least 1.
func (p *pdf) token(b []byte, i int, at int64) (int, error) {
	rest := b[i:]
	switch {
	case rest[0] == '/':
		name, n := pdfName(rest)
		return n, p.name(name, rest[n:])
	case p.inStream:
		p.inStream = false
		return len("end"), nil
	case bytes.HasPrefix(rest, []byte("obj")):
		p.dict.first, p.objects = false, true
		return 3, nil
	case bytes.HasPrefix(rest, []byte("stream")) && (p.dict.packs() || opensStream(b[:i])):
		return p.stream(rest, at+int64(i))
	}
	return 1, nil
}

// packs reports whether objects are packed in the stream that comes next.
func (d dict) packs() bool { return (d.objects || d.first) && d.filter }

// opensStream reports whether a dictionary ends before the word, which is else only a word.
// Where that is not clear, what follows is read as objects, which misses nothing.
func opensStream(before []byte) bool {
	return bytes.HasSuffix(bytes.TrimRight(before, " \t\r\n\f\x00"), []byte(">>"))
}

// pdfName returns the name at the beginning, with all that is written as "#4a" made plain, and
// its length.
func pdfName(b []byte) ([]byte, int) {
	n, plain := 1, true
	for n < len(b) && n < maxName && !delimits(b[n]) {
		plain = plain && b[n] != '#'
		n++
	}
	if plain {
		return b[1:n], n
	}
	return unescape(b[1:n]), n
}

// unescape returns a name with all that is written as "#4a" made plain.
func unescape(b []byte) []byte {
	name := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if plain, ok := escaped(b[i:]); ok {
			c, i = plain, i+2
		}
		name = append(name, c)
	}
	return name
}

func delimits(c byte) bool {
	switch c {
	case 0, '\t', '\n', '\f', '\r', ' ', '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

// escaped returns the character that is written as "#4a".
func escaped(b []byte) (byte, bool) {
	if len(b) < 3 || b[0] != '#' {
		return 0, false
	}
	high, low := nibble(b[1]), nibble(b[2])
	return high<<4 | low, high < 16 && low < 16
}

func nibble(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 16
}

// name looks at a name and what follows.
func (p *pdf) name(word, rest []byte) error {
	if len(word) < 2 || len(word) > longest || p.inStream && len(word) < 6 {
		return nil // most of what looks like a name among the bytes of an image
	}
	if what := longNames[string(word)]; what != "" {
		return refuse(filesapi.ReasonMacro, "the document %s (/%s)", what, word)
	}
	if string(word) == "Encrypt" && opensValue(rest, "<0123456789") {
		return refuse(filesapi.ReasonEncrypted, "the document is locked")
	}
	if what := shortNames[string(word)]; what != "" && opensValue(rest, "<([0123456789") {
		return refuse(filesapi.ReasonMacro, "the document %s (/%s)", what, word)
	}
	p.dict.see(word)
	p.inStream = p.inStream && string(word) != "ObjStm" // no stream has that: it was none
	return nil
}

// opensValue reports whether what follows, behind white space, begins with one of some
// characters, or is not known.
func opensValue(rest []byte, first string) bool {
	rest = bytes.TrimLeft(rest, " \t\r\n\f\x00")
	return len(rest) == 0 || rest[0] == '%' || strings.IndexByte(first, rest[0]) >= 0
}

// see takes note of a name in a dictionary.
func (d *dict) see(name []byte) {
	switch string(name) {
	case "ObjStm":
		d.objects = true
	case "First":
		d.first = true
	case "Filter":
		d.filter = true
	case "FlateDecode":
		d.flate++
	default:
		if packings[string(name)] {
			d.packing++
		}
	}
}

// stream passes over the word, and over the objects that are packed behind it, if there are.
func (p *pdf) stream(rest []byte, at int64) (int, error) {
	n := len("stream")
	n += len(rest[n:]) - len(bytes.TrimLeft(rest[n:], " \t"))
	switch {
	case bytes.HasPrefix(rest[n:], []byte("\r\n")):
		n += 2
	case n < len(rest) && (rest[n] == '\n' || rest[n] == '\r'):
		n++
	}
	d := p.dict
	p.dict = dict{}
	p.inStream = !d.objects || d.filter // objects that are not packed are read like others
	if !d.packs() {
		return n, nil
	}
	if d.flate != 1 || d.packing > 0 {
		return n, d.unreadable()
	}
	if err := p.budget.entry(); err != nil {
		return n, err
	}
	return n, p.packed(d, rest[n:], at+int64(n))
}

// unreadable refuses objects that are packed in an unusual way. Where nothing says that they
// are objects, they are left.
func (d dict) unreadable() error {
	if !d.objects {
		return nil
	}
	return refuse(filesapi.ReasonEncrypted, "the document has objects that are packed in a way into which nobody can look")
}

// packed reads the objects that are packed in a stream, of which the beginning is at hand.
func (p *pdf) packed(d dict, rest []byte, at int64) error {
	s := p.c.source.beside(64 << 10)
	at += int64(len(rest))
	err := p.unzip(bufio.NewReader(io.MultiReader(bytes.NewReader(rest), s.reader(at, s.size-at))))
	if err == nil {
		err = p.unpacked()
	}
	if errors.Is(err, errNoObjects) {
		return d.unreadable()
	}
	return unpackError(err)
}

// unpacked looks at all that comes out of the decompressor.
func (p *pdf) unpacked() error {
	inner := &pdf{c: p.c, budget: p.budget}
	look := &unpacked{look: inner.piece}
	if _, err := p.budget.drain(look, p.z, make([]byte, 32<<10)); err != nil {
		return err
	}
	return look.end()
}

// unzip opens a decompressor.
func (p *pdf) unzip(r *bufio.Reader) error {
	if p.z != nil {
		return p.z.Reset(r, nil)
	}
	z, err := zlib.NewReader(r)
	if err != nil {
		return err
	}
	p.z = z.(zipper) //nolint:forcetypeassert // as the library promises
	return nil
}

// errNoObjects says that what was packed is something else.
var errNoObjects = errors.New("there are no objects")

// Unpacked objects are looked at as they come.
type unpacked struct {
	look  func(b []byte, n int, at int64) (int, error)
	held  []byte
	begun bool
}

// Write implements [io.Writer].
func (u *unpacked) Write(b []byte) (int, error) {
	u.held = append(u.held, b...)
	if err := u.begin(); err != nil {
		return 0, err
	}
	if len(u.held) < 64<<10 {
		return len(b), nil
	}
	n, err := u.look(u.held, len(u.held)-maxName, 0)
	if err == nil {
		u.held = append(u.held[:0], u.held[n:]...)
	}
	return len(b), err
}

// begin wants a number at first, for objects begin with a table of where they are.
func (u *unpacked) begin() error {
	text := bytes.TrimLeft(u.held, " \t\r\n\f\x00")
	if u.begun || len(text) == 0 {
		return nil
	}
	u.begun = true
	if text[0] < '0' || text[0] > '9' {
		return errNoObjects
	}
	return nil
}

// end looks at the rest.
func (u *unpacked) end() error {
	_, err := u.look(u.held, len(u.held), 0)
	return err
}
