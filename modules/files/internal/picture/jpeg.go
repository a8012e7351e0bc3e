package picture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"io"
)

// The markers of a JPEG that are looked at.
const (
	markerSOF0  = 0xc0 // baseline
	markerSOF2  = 0xc2 // progressive
	markerRST0  = 0xd0
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerAPP1  = 0xe1 // EXIF
	markerAPP14 = 0xee // Adobe
)

// maxHead bounds how much of a JPEG is searched for its first scan: previews and profiles
// of cameras come to a few megabytes.
const maxHead = 16 << 20

// A jpegHead is what a JPEG says before its first scan.
type jpegHead struct {
	width, height int
	progressive   bool
	planes        []plane
	rgb           bool // it may be converted when it has been decoded
	turn          turn
}

// A plane is one of the components of a JPEG, and how many samples it has in a unit.
type plane struct{ across, down int }

// readJPEGHead reads as the decoder does, which says no more than the image's size.
func readJPEGHead(r io.ReaderAt, size int64, c image.Config) (jpegHead, error) {
	in := &reader{from: io.NewSectionReader(r, 0, min(size, maxHead))}
	head := jpegHead{turn: upright}
	segments := bufio.NewReader(in)
	if err := head.read(segments); err != nil {
		return jpegHead{}, in.blame(err)
	}
	if head.width != c.Width || head.height != c.Height {
		return jpegHead{}, in.blame(errContradiction)
	}
	return head, nil
}

func (h *jpegHead) read(in *bufio.Reader) error {
	for {
		marker, err := nextMarker(in)
		switch {
		case err != nil:
			return err
		case marker == markerSOS:
			return h.check()
		case marker == markerEOI:
			return errors.New("it ends before its first scan")
		case marker == markerSOI || marker >= markerRST0 && marker < markerRST0+8:
			continue // they have no segment
		}
		if err := h.segment(in, marker); err != nil {
			return err
		}
	}
}

// nextMarker goes to the next byte that follows one or more 0xff and is neither 0xff nor zero.
func nextMarker(in *bufio.Reader) (byte, error) {
	for last := byte(0); ; {
		b, err := in.ReadByte()
		if err != nil {
			return 0, fmt.Errorf("look for its first scan: %w", err)
		}
		if last == 0xff && b != 0xff && b != 0 {
			return b, nil
		}
		last = b
	}
}

func (h *jpegHead) segment(in *bufio.Reader, marker byte) error {
	var length [2]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return fmt.Errorf("read a segment: %w", err)
	}
	rest := int(binary.BigEndian.Uint16(length[:])) - len(length)
	if rest < 0 {
		return errors.New("a segment has no length")
	}
	if marker != markerAPP1 && marker != markerAPP14 && (marker < markerSOF0 || marker > markerSOF2) {
		_, err := in.Discard(rest)
		return err
	}
	body := make([]byte, rest)
	if _, err := io.ReadFull(in, body); err != nil {
		return fmt.Errorf("read a segment: %w", err)
	}
	return h.learn(marker, body)
}

func (h *jpegHead) learn(marker byte, body []byte) error {
	switch marker {
	case markerAPP1:
		if hasPrefix(body, exifPrefix) && h.turn == upright {
			h.turn = exifTurn(body[len(exifPrefix):])
		}
	case markerAPP14:
		h.rgb = h.rgb || len(body) >= 12 && hasPrefix(body, "Adobe") && body[11] == 0
	default:
		h.progressive = marker == markerSOF2
		return h.frame(body)
	}
	return nil
}

// frame reads how the image is laid out: its size, and for each component its name, how many
// samples it has, and a table.
func (h *jpegHead) frame(body []byte) error {
	if len(body) < 6 || len(body) != 6+3*int(body[5]) || h.planes != nil {
		return errContradiction
	}
	h.height, h.width = int(binary.BigEndian.Uint16(body[1:])), int(binary.BigEndian.Uint16(body[3:]))
	for c := body[6:]; len(c) > 0; c = c[3:] {
		p := plane{across: int(c[1] >> 4), down: int(c[1] & 15)}
		if p.across == 0 || p.down == 0 {
			return errContradiction
		}
		h.planes = append(h.planes, p)
		h.rgb = h.rgb || c[0] == 'R'
	}
	return nil
}

var errContradiction = errors.New("its frame contradicts itself")

func (h *jpegHead) check() error {
	if len(h.planes) == 0 {
		return errors.New("it has no frame before its first scan")
	}
	return nil
}

// memory tells how many bytes it takes to decode the image and convert it. A sample takes a
// byte, and four more while the scans of a progressive image are put together.
func (h *jpegHead) memory() int64 {
	if len(h.planes) == 1 {
		h.planes[0] = plane{1, 1}
	}
	var across, down int
	for _, p := range h.planes {
		across, down = max(across, p.across), max(down, p.down)
	}
	units := int64(h.width/(8*across)+1) * int64(h.height/(8*down)+1)
	var samples int64
	for _, p := range h.planes {
		samples += units * int64(64*p.across*p.down)
	}
	pixels := int64(h.width) * int64(h.height)
	decoding, decoded := samples, samples
	if h.progressive {
		decoding = 5 * samples
	}
	if h.rgb || len(h.planes) == 4 {
		decoding, decoded = decoding+4*pixels, 4*pixels
	}
	return max(decoding, decoded+copyBytes*pixels)
}
