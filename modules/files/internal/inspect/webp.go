package inspect

import "encoding/binary"

// A webp is a WebP that is walked through.
type webp struct {
	*image
	width, height int64 // of the canvas, where there is one
}

func walkWebP(i *image) error {
	w := &webp{image: i}
	b, err := i.take(12)
	if err != nil {
		return err
	}
	if comments(b[4:6]) {
		return polyglot("the image begins like a script")
	}
	end := 8 + int64(binary.LittleEndian.Uint32(b[4:]))
	if end > i.c.source.size {
		return brokenOff()
	}
	if err := w.chunks(end); err != nil {
		return err
	}
	i.at = end
	return i.end()
}

// chunks passes over the chunks up to an end.
func (w *webp) chunks(end int64) error {
	for w.at+8 <= end {
		b, err := w.take(8)
		if err != nil {
			return err
		}
		kind, n := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		if n > end-w.at {
			return corrupt("the image has a part that goes beyond its end")
		}
		next := w.at + n + n%2
		if err := w.chunk(kind, n); err != nil {
			return err
		}
		w.at = next
	}
	if w.at < end {
		return corrupt("the image has a part that goes beyond its end")
	}
	return nil
}

// chunk looks at what a chunk says of the size.
func (w *webp) chunk(kind string, n int64) error {
	switch kind {
	case "VP8X":
		return w.canvas(n)
	case "VP8 ":
		return w.lossy(n)
	case "VP8L":
		return w.lossless(n)
	case "ANMF":
		if err := w.skip(min(n, 16)); err != nil {
			return err
		}
		return w.frames(w.at + n - min(n, 16))
	}
	return nil
}

// frames passes over the chunks of one image of an animation, among which is no other one.
func (w *webp) frames(end int64) error {
	for w.at+8 <= end {
		b, err := w.take(8)
		if err != nil {
			return err
		}
		kind, n := string(b[:4]), int64(binary.LittleEndian.Uint32(b[4:]))
		if n > end-w.at || kind == "ANMF" || kind == "VP8X" {
			return corrupt("the image has a part where it cannot be")
		}
		next := w.at + n + n%2
		if err := w.chunk(kind, n); err != nil {
			return err
		}
		w.at = next
	}
	return nil
}

func (w *webp) canvas(n int64) error {
	b, err := w.part(n, 10)
	if err != nil {
		return err
	}
	w.width, w.height = 1+int24(b[4:]), 1+int24(b[7:])
	return w.measure(w.width, w.height)
}

func (w *webp) lossy(n int64) error {
	b, err := w.part(n, 10)
	if err != nil {
		return err
	}
	if string(b[3:6]) != "\x9d\x01\x2a" {
		return corrupt("the image has no picture where one should be")
	}
	return w.picture(int64(binary.LittleEndian.Uint16(b[6:])&0x3fff), int64(binary.LittleEndian.Uint16(b[8:])&0x3fff))
}

func (w *webp) lossless(n int64) error {
	b, err := w.part(n, 5)
	if err != nil {
		return err
	}
	if b[0] != 0x2f {
		return corrupt("the image has no picture where one should be")
	}
	bits := binary.LittleEndian.Uint32(b[1:])
	return w.picture(1+int64(bits&0x3fff), 1+int64(bits>>14&0x3fff))
}

// picture compares the size of a picture with that of the canvas.
func (w *webp) picture(width, height int64) error {
	w.drawn = true
	if w.width > 0 && (width > w.width || height > w.height) {
		return corrupt("the image has a picture that is larger than itself")
	}
	return w.measure(width, height)
}

// part returns the first bytes of a chunk of n.
func (w *webp) part(n int64, want int) ([]byte, error) {
	if n < int64(want) {
		return nil, corrupt("the image has a part that is too short")
	}
	return w.take(want)
}

func int24(b []byte) int64 { return int64(b[0]) | int64(b[1])<<8 | int64(b[2])<<16 }
