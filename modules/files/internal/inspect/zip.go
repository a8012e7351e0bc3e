package inspect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// What a name in an archive may take, in bytes, and all of them.
const (
	maxEntryName  = 1 << 10
	maxEntryNames = 4 << 20
)

// A zip is a ZIP archive, as its directory tells of it.
type zip struct {
	s       *source
	budget  *budget
	depth   int // how many archives it may have in it, one in another
	entries []entry
	from    int64 // where its directory begins
	names   int
	seen    map[uint64]bool // the names in lower case, hashed
	seed    maphash.Seed
}

// An entry is what the directory says of one file in an archive.
type entry struct {
	name         string
	flags        uint16
	method       uint16
	sum          uint32
	packed, size int64
	header       int64 // where the file begins
	data         int64 // where its content begins; known once its own head was read
}

// The flags and methods that matter.
const (
	flagLocked    = 1 << 0
	flagLater     = 1 << 3 // its sizes are said behind it
	flagStrong    = 1 << 6
	flagMasked    = 1 << 13
	methodStored  = 0
	methodDeflate = 8
	methodAES     = 99
)

// openZIP reads the directory of an archive, and compares it with what stands before each
// file. Whatever readers could understand differently is refused.
func openZIP(s *source, b *budget, depth int) (*zip, error) {
	z := &zip{s: s, budget: b, depth: depth, seen: map[uint64]bool{}, seed: maphash.MakeSeed()}
	end, err := findEnd(s)
	if err != nil {
		return nil, err
	}
	z.from = end.from
	if err := z.directory(end); err != nil {
		return nil, err
	}
	if err := z.heads(); err != nil {
		return nil, err
	}
	return z, z.places()
}

// directory reads all that it says.
func (z *zip) directory(end end) error {
	at := end.from
	for at < end.to {
		e, n, err := readEntry(z.s, at)
		if err != nil {
			return err
		}
		if at += n; at > end.to {
			return brokenOff()
		}
		if err := z.add(e); err != nil {
			return err
		}
	}
	if int64(len(z.entries)) != end.entries {
		return corrupt("the archive has not as many entries as it says")
	}
	return nil
}

// add takes an entry, unless something is wrong with what is said of it.
func (z *zip) add(e entry) error {
	if err := z.budget.entry(); err != nil {
		return err
	}
	if z.names += len(e.name); z.names > maxEntryNames || len(e.name) > maxEntryName {
		return refuse(filesapi.ReasonBomb, "the archive has names that are too long")
	}
	if err := checkEntryName(e.name); err != nil {
		return err
	}
	key := maphash.String(z.seed, strings.ToLower(e.name))
	if z.seen[key] {
		return corrupt("the archive has %q twice", e.name)
	}
	z.seen[key] = true
	z.entries = append(z.entries, e)
	return e.check()
}

// check looks at what is said of an entry.
func (e entry) check() error {
	if e.flags&(flagLocked|flagStrong|flagMasked) != 0 || e.method == methodAES {
		return refuse(filesapi.ReasonEncrypted, "%q in the archive is locked", e.name)
	}
	if e.method != methodStored && e.method != methodDeflate {
		return refuse(filesapi.ReasonEncrypted, "%q in the archive is packed in a way into which nobody can look", e.name)
	}
	if e.method == methodStored && e.packed != e.size || strings.HasSuffix(e.name, "/") && e.size != 0 {
		return corrupt("the archive contradicts itself about the size of %q", e.name)
	}
	return nil
}

// checkEntryName refuses a name that leads out of the directory into which it is unpacked.
func checkEntryName(name string) error {
	outside := name == "" || strings.ContainsAny(name, "\\\x00") || strings.HasPrefix(name, "/") || len(name) > 1 && name[1] == ':'
	for element := range strings.SplitSeq(name, "/") {
		outside = outside || strings.Trim(element, ". ") == "" && strings.HasPrefix(strings.TrimLeft(element, " "), "..")
	}
	if outside || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return refuse(filesapi.ReasonUnsafe, "the archive has %q in it, which leads out of it", name)
	}
	return nil
}

// readEntry reads what the directory says at a place, and how long that is.
func readEntry(s *source, at int64) (entry, int64, error) {
	b, err := s.bytes(at, 46)
	if err != nil {
		return entry{}, 0, err
	}
	if string(b[:4]) != entryMark {
		return entry{}, 0, corrupt("the archive has no entry where its directory should have one")
	}
	nameLen, extraLen, commentLen := le16(b[28:]), le16(b[30:]), le16(b[32:])
	if b, err = s.bytes(at, 46+nameLen+extraLen+commentLen); err != nil {
		return entry{}, 0, err
	}
	e := entry{
		flags: uint16(le16(b[8:])), method: uint16(le16(b[10:])), sum: binary.LittleEndian.Uint32(b[16:]), //nolint:gosec // of two bytes
		packed: le32(b[20:]), size: le32(b[24:]), header: le32(b[42:]), name: string(b[46 : 46+nameLen]),
	}
	if err := checkMode(e.name, binary.LittleEndian.Uint32(b[38:])>>16); err != nil {
		return entry{}, 0, err
	}
	err = e.extra(b[46+nameLen:46+nameLen+extraLen], le16(b[34:]))
	return e, int64(len(b)), err
}

// checkMode refuses what is neither a file nor a directory, by what Unix says of it.
func checkMode(name string, mode uint32) error {
	switch mode & 0xf000 {
	case 0, 0x8000, 0x4000:
		return nil
	}
	return refuse(filesapi.ReasonUnsafe, "%q in the archive is a link, or something else that is no file", name)
}

// extra looks at what is said besides: sizes of more than four bytes, and another name.
func (e *entry) extra(b []byte, disk int) error {
	wide := e.packed == max32 || e.size == max32 || e.header == max32
	for len(b) >= 4 {
		kind, n := le16(b), le16(b[2:])
		if b = b[4:]; n > len(b) {
			break
		}
		if kind == 1 && wide {
			if !e.widen(b[:n]) {
				return corrupt("the archive says no size of %q", e.name)
			}
			wide = false
		}
		if kind == 0x7075 && n > 5 {
			if err := checkEntryName(string(b[5:n])); err != nil {
				return err
			}
		}
		b = b[n:]
	}
	if wide || disk != 0 {
		return corrupt("the archive says no size of %q, or that it is elsewhere", e.name)
	}
	return nil
}

// widen takes the sizes of more than four bytes, of those that are said so.
func (e *entry) widen(b []byte) bool {
	for _, n := range []*int64{&e.size, &e.packed, &e.header} {
		if *n != max32 {
			continue
		}
		if len(b) < 8 {
			return false
		}
		*n, b = le64(b), b[8:]
	}
	return true
}

// heads compares what stands before each file with what the directory says of it.
func (z *zip) heads() error {
	slices.SortFunc(z.entries, func(a, b entry) int { return cmp.Compare(a.header, b.header) })
	for i := range z.entries {
		if err := z.head(&z.entries[i]); err != nil {
			return err
		}
	}
	return nil
}

func (z *zip) head(e *entry) error {
	b, err := z.s.bytes(e.header, 30)
	if err != nil {
		return err
	}
	if string(b[:4]) != localMark {
		return corrupt("the archive has no file where %q should be", e.name)
	}
	nameLen, extraLen := le16(b[26:]), le16(b[28:])
	if b, err = z.s.bytes(e.header, 30+nameLen+extraLen); err != nil {
		return err
	}
	e.data = e.header + int64(len(b))
	same := string(b[30:30+nameLen]) == e.name && uint16(le16(b[8:])) == e.method && //nolint:gosec // of two bytes
		(uint16(le16(b[6:]))^e.flags)&(flagLocked|flagLater|flagMasked) == 0 && e.sameSizes(b, b[30+nameLen:]) //nolint:gosec // of two bytes
	if !same {
		return corrupt("the archive contradicts itself about %q", e.name)
	}
	return nil
}

// sameSizes compares the sizes and the checksum, which may be said behind the file.
func (e *entry) sameSizes(b, extra []byte) bool {
	local := entry{sum: binary.LittleEndian.Uint32(b[14:]), packed: le32(b[18:]), size: le32(b[22:])}
	if e.flags&flagLater != 0 && local.sum == 0 && (local.packed == 0 || local.packed == max32) && (local.size == 0 || local.size == max32) {
		return true
	}
	if local.extra(extra, 0) != nil {
		return false
	}
	return local.sum == e.sum && local.packed == e.packed && local.size == e.size
}

// places wants the files one behind another, from the beginning up to the directory, so that
// no two share bytes and no byte belongs to none.
func (z *zip) places() error {
	at, later := int64(0), false
	for _, e := range z.entries {
		if err := gap(at, e.header, later); err != nil {
			return err
		}
		at, later = e.data+e.packed, e.flags&flagLater != 0
	}
	return gap(at, z.from, later)
}

// gap looks at what is between two files: nothing, or the sizes of the first.
func gap(from, to int64, later bool) error {
	if to < from {
		return refuse(filesapi.ReasonBomb, "the archive has files that share their bytes")
	}
	if n := to - from; n == 0 || later && n >= 12 && n <= 24 {
		return nil
	}
	return polyglot("the archive has bytes that belong to none of its files")
}

// An end is what the end of an archive says of its directory.
type end struct {
	from, to int64 // where the directory is
	entries  int64
}

const max32 = 1<<32 - 1

// endsBefore reports whether there is another end before a place, whose comment reaches to the
// end of the file: some readers take the first, others the last.
func endsBefore(tail []byte, i int) bool {
	for at := 0; ; at++ {
		next := bytes.Index(tail[at:i], []byte(endMark))
		if next < 0 {
			return false
		}
		at += next
		if le16(tail[at+20:]) == len(tail)-at-endLen {
			return true
		}
	}
}

// findEnd reads the end of an archive. It must be the very end of the file: readers look for
// it in different ways, and could find another one.
func findEnd(s *source) (end, error) {
	tail, at, err := s.tail(maxCommented)
	if err != nil {
		return end{}, err
	}
	i := bytes.LastIndex(tail, []byte(endMark))
	if i < 0 || len(tail)-i < endLen {
		return end{}, brokenOff()
	}
	b := tail[i:]
	if le16(b[20:]) != len(b)-endLen || endsBefore(tail, i) {
		return end{}, polyglot("something else comes behind the end of the archive, or in its comment")
	}
	if mark := findMark(b[endLen:]); mark != "" {
		return end{}, polyglot("the comment of the archive has %q in it, which a server could run", mark)
	}
	at += int64(i)
	e := end{entries: int64(le16(b[10:])), from: le32(b[16:]), to: le32(b[16:]) + le32(b[12:])}
	wide := e.entries == 0xffff || e.from == max32 || le32(b[12:]) == max32
	if le16(b[4:]) != 0 || le16(b[6:]) != 0 || le16(b[8:]) != le16(b[10:]) {
		return end{}, corrupt("the archive is a part of one")
	}
	return e.wider(s, at, wide)
}

// wider reads the end of an archive of more than four gibibytes, if there is one, which must
// say the same.
func (e end) wider(s *source, at int64, wide bool) (end, error) {
	located := at
	b, err := s.upTo(max(0, at-locatorLen), locatorLen)
	if err != nil {
		return end{}, err
	}
	if at < locatorLen || string(b[:4]) != locatorMark {
		if wide && e.entries != 0xffff || e.to != located {
			return end{}, corrupt("the archive says of its directory what cannot be")
		}
		return e, nil
	}
	located, at = le64(b[8:]), at-locatorLen
	if b, err = s.bytes(located, 56); err != nil {
		return end{}, err
	}
	w := end{entries: le64(b[32:]), from: le64(b[48:])}
	w.to = w.from + le64(b[40:])
	if string(b[:4]) != end64Mark || located+12+le64(b[4:]) != at || w.to != located || w.from > located {
		return end{}, corrupt("the archive says of its directory what cannot be")
	}
	if !wide && w != (end{entries: e.entries, from: e.from, to: e.to}) {
		return end{}, corrupt("the archive says two things of its directory")
	}
	return w, nil
}

func le16(b []byte) int   { return int(binary.LittleEndian.Uint16(b)) }
func le32(b []byte) int64 { return int64(binary.LittleEndian.Uint32(b)) }

// le64 returns a number that is no larger than any file.
func le64(b []byte) int64 { return int64(min(binary.LittleEndian.Uint64(b), 1<<60)) }
