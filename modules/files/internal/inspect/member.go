package inspect

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"hash/crc32"
	"io"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// A member is one file of an archive that is unpacked: its beginning is kept, and all of it if
// it is an archive or if it was asked for.
type member struct {
	sum    uint32
	head   []byte // up to headBytes
	keep   bool   // whether to keep all
	all    []byte
	over   bool          // whether all would have been too much
	hold   func() []byte // gives room for all, or nil
	scan   func(b []byte) error
	fields bool // whether it may have fields
}

// Write implements [io.Writer].
func (m *member) Write(b []byte) (int, error) {
	m.sum = crc32.Update(m.sum, crc32.IEEETable, b)
	if len(m.head) == 0 && len(b) > 0 && bytes.HasPrefix(b, []byte(localMark)) {
		m.keep = true
	}
	m.head = append(m.head, b[:min(len(b), headBytes-len(m.head))]...)
	m.take(b)
	if m.scan != nil {
		return len(b), m.scan(b)
	}
	return len(b), nil
}

// take keeps what comes, if all is to be kept and there is room for as much as there should be.
func (m *member) take(b []byte) {
	if !m.keep || m.over {
		return
	}
	if m.all == nil {
		m.all = m.hold()
	}
	if m.over = len(m.all)+len(b) > cap(m.all); !m.over {
		m.all = append(m.all, b...)
	}
}

// An unpacker unpacks one file after another.
type unpacker struct {
	z      *zip
	in     *bufio.Reader
	flate  io.ReadCloser
	buffer []byte
}

func newUnpacker(z *zip) *unpacker {
	in := bufio.NewReaderSize(nil, 64<<10)
	return &unpacker{z: z, in: in, flate: flate.NewReader(in), buffer: make([]byte, 32<<10)}
}

// unpack passes a file of the archive to its member. One that is stored as it is takes no part
// of the budget: it is no larger than it is.
func (u *unpacker) unpack(e entry, m *member) error {
	m.hold = func() []byte { return u.z.budget.hold(e) }
	from := &cursor{s: u.z.s, at: e.data, end: e.data + e.packed}
	u.in.Reset(from)
	if e.method == methodStored {
		return u.stored(e, m)
	}
	if err := u.flate.(flate.Resetter).Reset(u.in, nil); err != nil { //nolint:forcetypeassert // as the library promises
		return unpackError(err)
	}
	n, err := u.z.budget.drain(m, u.flate, u.buffer)
	if err != nil {
		return unpackError(err)
	}
	if n != e.size || m.sum != e.sum {
		return corrupt("%q in the archive is not what the archive says", e.name)
	}
	if from.at != from.end || u.in.Buffered() > 0 {
		return polyglot("the archive has bytes behind %q that belong to nothing", e.name)
	}
	return nil
}

// open returns what is in a file of the archive.
func (u *unpacker) open(e entry) (io.Reader, error) {
	u.in.Reset(&cursor{s: u.z.s, at: e.data, end: e.data + e.packed})
	if e.method == methodStored {
		return u.in, nil
	}
	err := u.flate.(flate.Resetter).Reset(u.in, nil) //nolint:forcetypeassert // as the library promises
	return u.flate, unpackError(err)
}

// stored looks at a file that is not packed: at its beginning, or at all of it if it is asked for.
func (u *unpacker) stored(e entry, m *member) error {
	u.z.budget.out += e.size
	if m.keep || m.scan != nil {
		_, err := io.CopyBuffer(struct{ io.Writer }{m}, struct{ io.Reader }{u.in}, u.buffer)
		if err == nil && m.sum != e.sum {
			err = corrupt("%q in the archive is not what the archive says", e.name)
		}
		return unpackError(err)
	}
	b, err := u.z.s.bytes(e.data, int(min(e.size, headBytes)))
	m.head = append(m.head, b...)
	return err
}

// files unpacks all files of an archive, and looks at each.
func (z *zip) files() error {
	u := newUnpacker(z)
	for _, e := range z.entries {
		m := &member{}
		if err := u.unpack(e, m); err != nil {
			return err
		}
		if err := checkFile(m.head); err != nil {
			return within(err, e.name)
		}
		if err := z.inner(e, m); err != nil {
			return err
		}
		z.budget.release(m.all)
	}
	return nil
}

// parts unpacks all parts of a document, and looks at each.
func (z *zip) parts() error {
	u := newUnpacker(z)
	for _, e := range z.entries {
		m := newPart(e.name)
		if err := u.unpack(e, m); err != nil {
			return err
		}
		if err := checkPart(e.name, m); err != nil {
			return err
		}
		if m.fields {
			if err := u.fields(e); err != nil {
				return err
			}
		}
		if err := z.inner(e, m); err != nil {
			return err
		}
		z.budget.release(m.all)
	}
	return nil
}

// checkFile refuses programs in an archive. Scripts may be there, for an archive runs nothing,
// and so may old documents without macros.
func checkFile(head []byte) error {
	err := checkExecutable(head)
	if r, ok := errors.AsType[*refusalError](err); ok && r.reason == filesapi.ReasonType {
		return nil
	}
	return err
}

// inner looks into a file that is an archive itself.
func (z *zip) inner(e entry, m *member) error {
	if !bytes.HasPrefix(m.head, []byte(localMark)) {
		return nil
	}
	s, err := z.open(e, m)
	if err != nil {
		return err
	}
	if z.depth == 0 {
		return refuse(filesapi.ReasonBomb, "the archive has archives in it, too many one in another")
	}
	in, err := openZIP(s, z.budget, z.depth-1)
	if err != nil {
		return within(err, e.name)
	}
	kind, err := in.kind()
	if err == nil {
		err = in.look(kind)
	}
	return within(err, e.name)
}

// open returns a file that is an archive itself: from where it is stored, or from memory.
func (z *zip) open(e entry, m *member) (*source, error) {
	if e.method == methodStored {
		return newSource(z.s.ctx, io.NewSectionReader(z.s.r, e.data, e.size), e.size), nil
	}
	if m.over {
		return nil, refuse(filesapi.ReasonBomb, "%q in the archive is an archive that is too large to be looked into", e.name)
	}
	return newSource(z.s.ctx, bytes.NewReader(m.all), int64(len(m.all))), nil
}

// within says where in an archive the reason is.
func within(err error, name string) error {
	if r, ok := err.(*refusalError); ok { //nolint:errorlint // it is never wrapped
		return &refusalError{reason: r.reason, detail: name + " in the archive: " + r.detail}
	}
	return err
}

// nameZIP says what an archive is, by what is in it.
func nameZIP(c *check) (filesapi.Type, error) {
	z, err := openZIP(c.source, c.budget, c.limits.Depth)
	if err != nil {
		return "", err
	}
	c.zip = z
	t, err := z.kind()
	if err == nil && t == "" {
		err = refuse(filesapi.ReasonType, "the content is a document of another kind than those that can be looked into")
	}
	return t, err
}

// lookZIP unpacks all of it. A plain archive may have anything near its beginning, where its
// first file is.
func lookZIP(c *check) error {
	return c.zip.look(c.found)
}

// kind says what an archive is, by the names in it: nothing where it is a document of another kind.
func (z *zip) kind() (filesapi.Type, error) {
	for _, e := range z.entries {
		if what := programOf(e.name); what != "" {
			return "", refuse(filesapi.ReasonExecutable, "the archive is %s, for it has %q in it", what, e.name)
		}
	}
	if t := z.find("[content_types].xml"); t != nil {
		return z.document(*t)
	}
	if z.find("mimetype") != nil {
		return "", nil
	}
	return filesapi.Zip, nil
}

// programOf says of what program a file is a part.
func programOf(name string) string {
	name = strings.ToLower(name)
	switch {
	case name == "meta-inf/manifest.mf" || strings.HasSuffix(name, ".class"):
		return "a program for Java"
	case name == "androidmanifest.xml" || name == "classes.dex":
		return "a program for Android"
	case strings.HasPrefix(name, "payload/") && strings.Contains(name, ".app/"):
		return "a program for iOS"
	case name == "appxmanifest.xml" || name == "extension.vsixmanifest":
		return "a program for Windows"
	case strings.HasSuffix(name, ".app/contents/info.plist"):
		return "a program for macOS"
	}
	return ""
}

// find returns the entry of a name, which is given in lower case, or nil.
func (z *zip) find(name string) *entry {
	for i := range z.entries {
		if strings.EqualFold(z.entries[i].name, name) {
			return &z.entries[i]
		}
	}
	return nil
}

// look unpacks all of an archive that is of a kind.
func (z *zip) look(kind filesapi.Type) error {
	if kind == filesapi.Zip || kind == "" {
		return z.files()
	}
	return z.parts()
}
