package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"
)

// The images of these tests, made by code.

// scene has another colour in each corner, and soft changes between them.
func scene(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{R: uint8(255 * x / max(1, w-1)), G: uint8(255 * y / max(1, h-1)), B: 60, A: 255})
		}
	}
	return img
}

func jpegOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		tb.Fatalf("encode: %v", err)
	}
	return b.Bytes()
}

func pngOf(tb testing.TB, img image.Image) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatalf("encode: %v", err)
	}
	return b.Bytes()
}

// animation is a GIF of several frames, of which the first is smaller than the GIF.
func animation(tb testing.TB) []byte {
	tb.Helper()
	frame := func(r image.Rectangle, c color.Color) *image.Paletted {
		p := image.NewPaletted(r, color.Palette{color.Transparent, c})
		for i := range p.Pix {
			p.Pix[i] = 1
		}
		return p
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{
		Image:  []*image.Paletted{frame(image.Rect(10, 10, 30, 30), color.RGBA{R: 255, A: 255}), frame(image.Rect(0, 0, 40, 40), color.RGBA{B: 255, A: 255})},
		Delay:  []int{10, 10},
		Config: image.Config{Width: 40, Height: 40},
	})
	if err != nil {
		tb.Fatalf("encode: %v", err)
	}
	return b.Bytes()
}

// segment is a part of a JPEG.
func segment(marker byte, body []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(body)+2)), body...)
}

// exif is the segment of a camera that was held in a way, and knows where it was.
func exif(orientation uint16, order binary.AppendByteOrder, mark string) []byte {
	b := order.AppendUint16([]byte("Exif\x00\x00"+mark), 42)
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 2)
	b = entry(b, order, 0x010f, 2, 4, 0x41434d45) // the camera's maker
	b = entry(b, order, 0x0112, 3, 1, 0)
	order.(binary.ByteOrder).PutUint16(b[len(b)-4:], orientation)
	b = order.AppendUint32(b, 0)
	return segment(0xe1, append(b, "GPS 52.5200 N 13.4050 E"...))
}

// exifTurned is of a camera that was held upright, as for a portrait.
func exifTurned() []byte { return exif(6, binary.BigEndian, "MM") }

func entry(b []byte, order binary.AppendByteOrder, tag, kind uint16, count, value uint32) []byte {
	b = order.AppendUint16(order.AppendUint16(b, tag), kind)
	return order.AppendUint32(order.AppendUint32(b, count), value)
}

// withSegment puts a segment in front of a JPEG's others.
func withSegment(file, segment []byte) []byte { return slices.Concat(file[:2], segment, file[2:]) }

// A crafted is a JPEG that is written by hand, as no encoder of the standard library writes it: grey
// all over, with any number of components and scans.
type crafted struct {
	w, h        int
	components  []byte // the samples of each in a unit: 0x22
	progressive bool
	adobe       []byte // what the application Adobe says, if anything
	refinements int    // scans that change nothing and go through all of the image
}

func (c crafted) file() []byte {
	b := []byte{0xff, 0xd8}
	if c.adobe != nil {
		b = append(b, segment(0xee, slices.Concat([]byte("Adobe\x00d\x00\x00\x00\x00"), c.adobe))...)
	}
	b = append(b, segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{1}, 64)...))...)
	b = append(b, segment(c.frame())...)
	for _, class := range []byte{0x00, 0x10} { // a code of one bit: nothing, or in a refinement the end of 2^14 blocks
		symbol := class / 0x10 * 0xe0
		b = append(b, segment(0xc4, append(append([]byte{class, 1}, make([]byte, 15)...), symbol))...)
	}
	b = append(b, c.scan(0, 0, len(c.components), c.bits())...)
	for range c.refinements {
		b = append(b, c.scan(1, 63, 1, c.blocks()/(1<<14)*15/8+8)...)
	}
	return append(b, 0xff, 0xd9)
}

func (c crafted) frame() (marker byte, body []byte) {
	body = binary.BigEndian.AppendUint16([]byte{8}, uint16(c.h))
	body = append(binary.BigEndian.AppendUint16(body, uint16(c.w)), byte(len(c.components)))
	for i, samples := range c.components {
		body = append(body, byte(i+1), samples, 0)
	}
	if c.progressive {
		return 0xc2, body
	}
	return 0xc0, body
}

// scan has only zeros, so each code is the one that there is.
func (c crafted) scan(from, to byte, components, zeros int) []byte {
	body := []byte{byte(components)}
	for i := range components {
		body = append(body, byte(i+1), 0)
	}
	if !c.progressive {
		to = 63
	}
	return append(segment(0xda, append(body, from, to, 0)), make([]byte, zeros)...)
}

func (c crafted) blocks() int { return ((c.w + 7) / 8) * ((c.h + 7) / 8) }

// bits is more than the first scan needs, in bytes; what is too much is skipped.
func (c crafted) bits() int { return c.blocks()*len(c.components)/4 + 8<<10 }

// lyingPNG is a PNG whose header says another size than there are pixels for.
func lyingPNG(tb testing.TB, w, h uint32) []byte {
	tb.Helper()
	b := pngOf(tb, scene(4, 4))
	binary.BigEndian.PutUint32(b[16:], w)
	binary.BigEndian.PutUint32(b[20:], h)
	return fixed(b)
}

// fixed corrects the checksum of a PNG's header.
func fixed(b []byte) []byte {
	binary.BigEndian.PutUint32(b[29:], crc32.ChecksumIEEE(b[12:29]))
	return b
}

// losslessWebP has one colour all over.
func losslessWebP(w, h int, c color.NRGBA) []byte {
	var bits bitWriter
	bits.write(uint64(w-1), 14)
	bits.write(uint64(h-1), 14)
	bits.write(1, 1) // alpha is used
	bits.write(0, 3) // the version
	bits.write(0, 3) // no transform, no cache, one group of codes
	for _, only := range []uint8{c.G, c.R, c.B, c.A, 0} {
		bits.write(0b101, 3) // a simple code of one symbol of 8 bits, which takes no bit
		bits.write(uint64(only), 8)
	}
	return riff("VP8L", append([]byte{0x2f}, bits.bytes()...))
}

// lossyWebP is grey all over: its bits are all zero.
func lossyWebP(w, h int) []byte {
	first := 64 + w*h/128
	tag := uint32(first)<<5 | 1<<4 // a key frame, to be shown
	b := []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), 0x9d, 0x01, 0x2a}
	b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, uint16(w)), uint16(h))
	return riff("VP8 ", append(b, make([]byte, first+64+w*h/8)...))
}

func riff(name string, chunk []byte) []byte {
	if len(chunk)%2 == 1 {
		chunk = append(chunk, 0)
	}
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+8+len(chunk)))
	b = binary.LittleEndian.AppendUint32(append(b, "WEBP"+name...), uint32(len(chunk)))
	return append(b, chunk...)
}

type bitWriter struct {
	done []byte
	last uint64
	n    int
}

func (b *bitWriter) write(value uint64, n int) {
	b.last |= value << b.n
	for b.n += n; b.n >= 8; b.n -= 8 {
		b.done = append(b.done, byte(b.last))
		b.last >>= 8
	}
}

func (b *bitWriter) bytes() []byte { return append(b.done, byte(b.last), 0, 0, 0, 0, 0, 0, 0, 0) }
