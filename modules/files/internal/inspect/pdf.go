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
	objects  bool  // whether there was an object
	dict     dict  // of the object that we are in
	inner    bool  // whether these are objects that were packed in a stream
	packed   int64 // how much of the file may be read to unpack objects, in bytes
	z        zipper
}

// What the objects of a document may be. They are text: those of thousands of pages are a few
// mebibytes.
const maxObjects = 64 << 20

// A dict is what matters of an object to tell whether objects are packed in its stream.
//
// It is not begun anew by the word "obj", but by the next stream, so that the word in a comment
// makes nothing forgotten.
type dict struct {
	objects        bool // it says that objects are packed in its stream
	first          bool // it says where in its stream the first object is, and no more
	filter         bool
	flate, packing int
	parms          bool // it says that what comes out must be computed further
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
	c.budget.bytes = min(c.budget.bytes, maxObjects)
	p := &pdf{c: c, budget: c.budget, packed: 2*c.source.size + free}
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
	w := newMarks()
	for i := 0; ; {
		next := w.next(b, i, p.inStream)
		if next >= n {
			return max(n, i), nil
		}
		used, err := p.token(b, next, at)
		if err != nil {
			return 0, err
		}
		i = next + used
	}
}

// marks finds the names and words that matter, each of which is looked for but once in a piece.
type marks struct{ slash, obj, stream, endStream, endObj word }

// A word is what is looked for, and where it was found.
type word struct {
	text string
	at   int
}

func newMarks() marks {
	return marks{word{"/", -1}, word{"obj", -1}, word{"stream", -1}, word{"endstream", -1}, word{"endobj", -1}}
}

// next returns where the next one could begin, or the length.
func (w *marks) next(b []byte, i int, inStream bool) int {
	if inStream {
		return min(w.slash.next(b, i), w.endStream.next(b, i), w.endObj.next(b, i))
	}
	return min(w.slash.next(b, i), w.obj.next(b, i), w.stream.next(b, i))
}

// next returns where the word is at a place or behind it, or the length.
func (w *word) next(b []byte, i int) int {
	if w.at >= i {
		return w.at
	}
	w.at = len(b)
	if n := bytes.Index(b[i:], []byte(w.text)); n >= 0 {
		w.at = i + n
	}
	return w.at
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
	case p.inner && opensStream(b[:i]):
		return 0, errStreamWithin()
	case p.inner:
		return 1, nil // a word in a string
	case p.dict.packs() || opensStream(b[:i]):
		return p.stream(rest, at+int64(i))
	}
	return 1, nil
}

// packs reports whether objects are packed in the stream that comes next.
//
// What is named like a packing is one, whatever it is said to be: some readers know short words.
func (d dict) packs() bool {
	return (d.objects || d.first) && (d.filter || d.flate+d.packing > 0)
}

// errStreamWithin refuses a stream among objects that were packed in one, which the format forbids.
func errStreamWithin() error {
	return corrupt("the document has a stream among the objects that are packed in one")
}

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
	if p.inner && string(word) == "ObjStm" {
		return errStreamWithin()
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
	case "DecodeParms", "DP":
		d.parms = true
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
	p.inStream = !d.objects || d.packs() // objects that are not packed are read like others
	if !d.packs() {
		return n, nil
	}
	if d.flate != 1 || d.packing > 0 || d.parms {
		return n, unreadable()
	}
	if err := p.budget.entry(); err != nil {
		return n, err
	}
	return n, p.unpack(d, rest[n:], at+int64(n))
}

// unreadable refuses objects that are packed in an unusual way.
func unreadable() error {
	return refuse(filesapi.ReasonEncrypted, "the document has objects that are packed in a way into which nobody can look")
}

// unpack reads the objects that are packed in a stream, of which the beginning is at hand.
// Where nothing says that they are objects, and nothing looks like it, they are left.
func (p *pdf) unpack(d dict, rest []byte, at int64) error {
	s := p.c.source.beside(64 << 10)
	at += int64(len(rest))
	from := &io.LimitedReader{R: io.MultiReader(bytes.NewReader(rest), s.reader(at, s.size-at)), N: p.packed}
	err := p.unzip(bufio.NewReader(from))
	if err == nil {
		err = p.unpacked()
	}
	if p.packed = from.N; p.packed <= 0 {
		return refuse(filesapi.ReasonBomb, "the document has packed objects that share their bytes")
	}
	if errors.Is(err, errNoObjects) && d.objects {
		return unreadable()
	}
	if errors.Is(err, errNoObjects) {
		return nil
	}
	return unpackError(err)
}

// unpacked looks at all that comes out of the decompressor.
func (p *pdf) unpacked() error {
	look := &unpacked{look: (&pdf{c: p.c, budget: p.budget, inner: true}).piece}
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
