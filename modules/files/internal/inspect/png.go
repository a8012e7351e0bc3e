package inspect

import (
	"encoding/binary"
	"hash/crc32"
)

// walkPNG walks through the chunks, each of which has a checksum.
func walkPNG(i *image) error {
	i.at = 8
	for n := 0; ; n++ {
		kind, err := i.chunk(n == 0)
		if err != nil {
			return err
		}
		if kind == "IEND" {
			return i.end()
		}
	}
}

// chunk passes over a chunk and says which it was.
func (i *image) chunk(first bool) (string, error) {
	b, err := i.take(8)
	if err != nil {
		return "", err
	}
	n, kind := int64(binary.BigEndian.Uint32(b)), string(b[4:])
	if first != (kind == "IHDR") {
		return "", corrupt("the image does not begin with its size")
	}
	if first {
		if err := i.header(n); err != nil {
			return "", err
		}
	}
	i.drawn = i.drawn || kind == "IDAT"
	return kind, i.sum(n)
}

// header looks at the size, and leaves it to be summed.
func (i *image) header(n int64) error {
	if n != 13 {
		return corrupt("the image does not begin with its size")
	}
	b, err := i.c.source.bytes(i.at, 8)
	if err != nil {
		return err
	}
	return i.measure(int64(binary.BigEndian.Uint32(b)), int64(binary.BigEndian.Uint32(b[4:])))
}

// sum passes over n bytes and the checksum of them and of the kind before them.
func (i *image) sum(n int64) error {
	if n+4 > i.c.source.size-i.at {
		return brokenOff()
	}
	sum := crc32.NewIEEE()
	for at, end := i.at-4, i.at+n; at < end; {
		b, err := i.c.source.piece(at, 1)
		if err != nil {
			return err
		}
		b = b[:min(int64(len(b)), end-at)]
		sum.Write(b)
		at += int64(len(b))
	}
	i.at += n
	b, err := i.take(4)
	if err != nil {
		return err
	}
	if sum.Sum32() != binary.BigEndian.Uint32(b) {
		return corrupt("the image is damaged before byte %d", i.at)
	}
	return nil
}
