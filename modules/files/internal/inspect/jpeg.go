package inspect

import (
	"bytes"
	"encoding/binary"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// What is usual of a JPEG, and more than any camera makes.
const (
	maxScans  = 200 // each is decoded over the whole image
	maxImages = 16  // of a file with several: a preview, a map of depth
)

// A jpeg is a JPEG that is walked through.
type jpeg struct {
	*image
	several bool // whether it says that other images follow
	sized   bool
	scans   int
}

func walkJPEG(i *image) error {
	head, err := i.c.source.bytes(0, 6)
	if err != nil {
		return err
	}
	if comments(head[4:6]) {
		return polyglot("the image begins like a script")
	}
	j := &jpeg{image: i}
	for n := 0; ; n++ {
		if err := j.one(); err != nil {
			return err
		}
		if more, err := j.more(); err != nil || !more || n == maxImages {
			return firstError(err, i.end())
		}
	}
}

// more passes over padding and reports whether another image follows that was announced.
func (j *jpeg) more() (bool, error) {
	if !j.several {
		return false, nil
	}
	b, err := j.c.source.upTo(j.at, 64<<10)
	if err != nil {
		return false, err
	}
	rest := bytes.TrimLeft(b, "\x00")
	if !bytes.HasPrefix(rest, []byte("\xff\xd8\xff")) {
		return false, nil
	}
	j.at += int64(len(b) - len(rest))
	return true, nil
}

// one walks through one image, from its beginning to its end.
func (j *jpeg) one() error {
	j.sized, j.scans = false, 0
	if err := j.skip(2); err != nil {
		return err
	}
	for {
		marker, err := j.marker()
		if err != nil {
			return err
		}
		if marker == 0xd9 {
			return nil
		}
		if err := j.segment(marker); err != nil {
			return err
		}
	}
}

// marker returns the next marker.
func (j *jpeg) marker() (byte, error) {
	b, err := j.take(2)
	for err == nil && b[0] == 0xff && b[1] == 0xff { // padding
		j.at--
		b, err = j.take(2)
	}
	if err != nil {
		return 0, err
	}
	if b[0] != 0xff || b[1] == 0 || b[1] == 0xd8 {
		return 0, corrupt("the image has no segment where one should be, at byte %d", j.at-2)
	}
	return b[1], nil
}

// segment passes over what follows a marker.
func (j *jpeg) segment(marker byte) error {
	if marker == 0x01 || marker >= 0xd0 && marker <= 0xd7 {
		return nil // nothing follows those
	}
	b, err := j.take(2)
	if err != nil {
		return err
	}
	n := int(binary.BigEndian.Uint16(b)) - 2
	if n < 0 {
		return corrupt("the image has a segment without a length")
	}
	b, err = j.take(n)
	if err != nil {
		return err
	}
	return j.meaning(marker, b)
}

// meaning looks into the segments that matter here.
func (j *jpeg) meaning(marker byte, b []byte) error {
	switch {
	case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
		return j.frame(b)
	case marker == 0xe2 && bytes.HasPrefix(b, []byte("MPF\x00")):
		j.several = true
	case marker == 0xda:
		return j.scan()
	}
	return nil
}

// frame looks at the size.
func (j *jpeg) frame(b []byte) error {
	if j.sized || len(b) < 6 {
		return corrupt("the image has several sizes, or none")
	}
	j.sized = true
	return j.measure(int64(binary.BigEndian.Uint16(b[3:])), int64(binary.BigEndian.Uint16(b[1:])))
}

// scan passes over the compressed pixels, up to the next marker.
func (j *jpeg) scan() error {
	if j.scans++; j.scans > maxScans {
		return refuse(filesapi.ReasonBomb, "the image is drawn in more than %d passes", maxScans)
	}
	if !j.sized {
		return corrupt("the image has pixels before its size")
	}
	j.drawn = true
	for {
		b, err := j.c.source.piece(j.at, 2)
		if err != nil {
			return err
		}
		next := nextMarker(b)
		if next >= 0 {
			j.at += int64(next)
			return nil
		}
		if len(b) < 2 || j.at+int64(len(b)) == j.c.source.size {
			return brokenOff()
		}
		j.at += int64(len(b) - 1)
	}
}

// nextMarker returns where in compressed pixels a marker is that ends them, or -1.
func nextMarker(b []byte) int {
	for at := 0; ; at++ {
		next := bytes.IndexByte(b[at:], 0xff)
		if next < 0 || at+next+1 >= len(b) {
			return -1
		}
		at += next
		if m := b[at+1]; m != 0 && m != 0xff && (m < 0xd0 || m > 0xd7) {
			return at
		}
	}
}
