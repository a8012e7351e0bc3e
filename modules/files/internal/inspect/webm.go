package inspect

import (
	"bytes"
	"errors"
	"math/bits"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// What is in a WebM, by the numbers of its elements.
const (
	idEBML        = 0x1A45DFA3
	idSegment     = 0x18538067
	idTracks      = 0x1654AE6B
	idCluster     = 0x1F43B675
	idAttachments = 0x1941A469
	idVoid        = 0xEC
	unknownSize   = -1 // it goes on until what cannot be in it
)

// maxElements bounds the elements that are walked through: those of ten hours of a live
// recording.
const maxElements = 5_000_000

// isWebM reports whether it begins like a WebM, which Matroska does, too, by another name.
func isWebM(head []byte) bool {
	if !bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")) {
		return false
	}
	return bytes.Contains(head[:min(len(head), 64)], []byte("\x42\x82\x84webm"))
}

// An element is a part of a WebM.
type element struct {
	id       uint32
	from, to int64 // of what is in it; to is unknownSize where nobody knew
}

// A webm is a WebM that is walked through.
type webm struct {
	s                *source
	tracks, clusters bool
	inSegment        bool
	left             int
}

func lookWebM(c *check) error {
	head, err := c.source.upTo(0, headBytes)
	if err != nil {
		return err
	}
	if err := checkHeadMarks(head, false); err != nil {
		return err
	}
	w := &webm{s: c.source, left: maxElements}
	if err := w.walk(); err != nil {
		return err
	}
	if !w.tracks || !w.clusters {
		return corrupt("the video breaks off: it has no tracks, or nothing in them")
	}
	return checkZIPTail(c.source)
}

// walk passes over all elements. It goes into the segment, and into clusters whose size is not
// known; the others it passes over whole.
func (w *webm) walk() error {
	segment := w.s.size
	for at := int64(0); at < w.s.size; {
		if w.left--; w.left < 0 {
			return refuse(filesapi.ReasonBomb, "the video has more than %d parts", maxElements)
		}
		e, err := w.element(at)
		if at >= segment && (e.id != idVoid || err != nil) {
			err = behindVideo(err)
		}
		if err != nil {
			return err
		}
		if at < segment && e.to > segment {
			return brokenOff()
		}
		if e.id == idSegment && e.to != unknownSize {
			segment = e.to
		}
		if err := w.meaning(e); err != nil {
			return err
		}
		at = w.next(e)
	}
	return nil
}

// behindVideo refuses what comes behind the end, unless it could not be read.
func behindVideo(err error) error {
	if _, unread := errors.AsType[*readError](err); unread {
		return err
	}
	return polyglot("something else comes behind the end of the video")
}

// next returns where the next element begins.
func (w *webm) next(e element) int64 {
	if e.id == idSegment || e.to == unknownSize {
		return e.from
	}
	return e.to
}

// meaning says what an element is for.
func (w *webm) meaning(e element) error {
	switch e.id {
	case idEBML:
		if e.from > 16 {
			return polyglot("the video has another one in it")
		}
	case idSegment:
		w.inSegment = true
	case idTracks:
		w.tracks = true
	case idCluster:
		w.clusters = true
	case idAttachments:
		return polyglot("the video has other files in it")
	}
	if e.to == unknownSize && e.id != idSegment && e.id != idCluster {
		return corrupt("the video has a part without a size, at byte %d", e.from)
	}
	if !w.inSegment && e.id != idEBML && e.id != idVoid {
		return polyglot("something else than a part of a video is at byte %d", e.from)
	}
	return nil
}

// element reads the head of an element.
func (w *webm) element(at int64) (element, error) {
	b, err := w.s.upTo(at, 12)
	if err != nil {
		return element{}, err
	}
	id, n := vint(b, 4, false)
	if n == 0 {
		return element{}, corrupt("the video has no part where one should be, at byte %d", at)
	}
	size, m := vint(b[n:], 8, true)
	if m == 0 {
		return element{}, brokenOff()
	}
	e := element{id: uint32(id), from: at + int64(n+m)} //nolint:gosec // of four bytes at most
	e.to = e.from + size
	if size == unknownSize {
		e.to = unknownSize
	}
	if e.from > w.s.size || e.to > w.s.size {
		return element{}, brokenOff()
	}
	return e, nil
}

// vint reads a number whose first bits tell how long it is, with them or without, and returns
// its length, or 0 if there is none.
func vint(b []byte, most int, bare bool) (n int64, length int) {
	if len(b) == 0 || b[0] == 0 {
		return 0, 0
	}
	length = bits.LeadingZeros8(b[0]) + 1
	if length > most || length > len(b) {
		return 0, 0
	}
	n = int64(b[0])
	if bare {
		n &= 1<<(8-length) - 1
	}
	for _, c := range b[1:length] {
		n = n<<8 | int64(c)
	}
	if bare && n == 1<<(7*length)-1 {
		return unknownSize, length
	}
	return n, length
}
