package inspect

import (
	"encoding/binary"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// maxBoxes bounds the parts of a video, of which one for each second or so is usual.
const maxBoxes = 100_000

// The kinds of MP4 that are videos, and those that are images, which begin alike.
const (
	videoBrands = "isom iso2 iso3 iso4 iso5 iso6 iso7 iso8 iso9 mp41 mp42 avc1 M4V  M4VH M4VP dash mmp4 MSNV"
	imageBrands = "heic heix heim heis hevc hevx mif1 msf1 avif avis jpeg crx "
)

// isMP4 reports whether it begins like a video in MP4.
func isMP4(head []byte) bool {
	if len(head) < 16 || string(head[4:8]) != "ftyp" {
		return false
	}
	n := min(int64(binary.BigEndian.Uint32(head)), int64(len(head)))
	if n < 16 || hasBrand(imageBrands, head[8:12]) {
		return false
	}
	if hasBrand(videoBrands, head[8:12]) {
		return true
	}
	for at := int64(16); at+4 <= n; at += 4 {
		if hasBrand(videoBrands, head[at:at+4]) {
			return string(head[8:12]) != "qt  " // QuickTime says that it could be one
		}
	}
	return false
}

// hasBrand reports whether a kind, of four characters, is in a list.
func hasBrand(brands string, brand []byte) bool {
	for at := 0; at+4 <= len(brands); at += 5 {
		if brands[at:at+4] == string(brand) {
			return true
		}
	}
	return false
}

// A box is a part of a video.
type box struct {
	kind     string
	from, to int64 // of what is in it
}

// lookMP4 walks through the outer boxes, and looks into the one that tells of the tracks.
func lookMP4(c *check) error {
	head, err := c.source.upTo(0, headBytes)
	if err != nil {
		return err
	}
	if err := checkHeadMarks(head, false); err != nil {
		return err
	}
	if err := walkMP4(c.source); err != nil {
		return err
	}
	return checkZIPTail(c.source)
}

func walkMP4(s *source) error {
	var tracks, data bool
	err := eachBox(s, 0, s.size, func(b box) error {
		switch b.kind {
		case "moov":
			tracks = true
			return checkTracks(s, b)
		case "mdat":
			data = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !tracks || !data {
		return corrupt("the video breaks off: it has no tracks, or nothing in them")
	}
	return nil
}

// checkTracks wants a track.
func checkTracks(s *source, moov box) error {
	found := false
	err := eachBox(s, moov.from, moov.to, func(b box) error {
		found = found || b.kind == "trak"
		return nil
	})
	if err == nil && !found {
		return corrupt("the video has no track")
	}
	return err
}

// eachBox passes over the boxes between two places.
func eachBox(s *source, from, to int64, look func(box) error) error {
	for n := 0; from < to; n++ {
		if n == maxBoxes {
			return refuse(filesapi.ReasonBomb, "the video has more than %d parts", maxBoxes)
		}
		b, err := readBox(s, from, to)
		if err != nil {
			return err
		}
		if err := look(b); err != nil {
			return err
		}
		from = b.to
	}
	return nil
}

// readBox reads the head of a box that must end before a place.
func readBox(s *source, at, end int64) (box, error) {
	if end-at < 8 {
		return box{}, polyglot("something else comes behind the end of the video")
	}
	b, err := s.bytes(at, int(min(16, end-at)))
	if err != nil {
		return box{}, err
	}
	if !printable(b[4:], 4) {
		return box{}, polyglot("something else than a part of a video is at byte %d", at)
	}
	n, head := int64(binary.BigEndian.Uint32(b)), int64(8)
	switch {
	case n == 1 && len(b) == 16:
		n, head = int64(min(binary.BigEndian.Uint64(b[8:]), 1<<62)), 16
	case n == 0:
		n = end - at // it goes on to the end
	}
	if n < head {
		return box{}, corrupt("the video has a part without a size, at byte %d", at)
	}
	if n > end-at {
		return box{}, brokenOff()
	}
	return box{kind: string(b[4:8]), from: at + head, to: at + n}, nil
}
