package picture

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// The errors of an image that is refused. Every other error is of the reader or the context.
var (
	ErrCorrupt = errors.New("the image cannot be decoded")
	ErrPixels  = errors.New("the image is too large to be opened")
)

const (
	// BytesPerPixel is the most memory that an image may take for each of its pixels.
	BytesPerPixel = 16
	// Overhead is what an image may take besides, in bytes, whatever its size: the code
	// tables of a lossless WebP, when they are made to be large.
	Overhead = 160 << 20

	maxSide = 65_535
)

// A Sketch is what the header of an image says.
type Sketch struct {
	Type          filesapi.Type
	Width, Height int   // upright, in pixels
	Memory        int64 // in bytes: the most that is held at once to decode, scale and encode it

	lying image.Point // the size as it lies in the file
	turn  turn
}

// Look reads the header of an image of so many bytes. It returns ErrPixels if the image has
// more pixels, or would take more memory, than it may.
func Look(r io.ReaderAt, size int64, t filesapi.Type, maxPixels int) (Sketch, error) {
	in := &reader{from: io.NewSectionReader(r, 0, size)}
	config, err := configOf(in, t)
	if err != nil {
		return Sketch{}, in.blame(err)
	}
	w, h := config.Width, config.Height
	switch {
	case w < 1 || h < 1:
		return Sketch{}, fmt.Errorf("%w: it has %d by %d pixels", ErrCorrupt, w, h)
	case w > maxSide || h > maxSide:
		return Sketch{}, fmt.Errorf("%w: it has %d by %d pixels: expected sides of up to %d", ErrPixels, w, h, maxSide)
	case w*h > maxPixels:
		return Sketch{}, fmt.Errorf("%w: it has %d by %d pixels: expected up to %d in all", ErrPixels, w, h, maxPixels)
	}
	return sketch(r, size, t, config, maxPixels)
}

func configOf(r io.Reader, t filesapi.Type) (image.Config, error) {
	switch t {
	case filesapi.JPEG:
		return jpeg.DecodeConfig(r)
	case filesapi.PNG:
		return png.DecodeConfig(r)
	case filesapi.GIF:
		return gif.DecodeConfig(r)
	case filesapi.WebP:
		return webp.DecodeConfig(r)
	}
	return image.Config{}, fmt.Errorf("%q is no image", string(t))
}

func sketch(r io.ReaderAt, size int64, t filesapi.Type, config image.Config, maxPixels int) (Sketch, error) {
	s := Sketch{Type: t, Width: config.Width, Height: config.Height, lying: image.Pt(config.Width, config.Height), turn: upright}
	pixels := int64(config.Width) * int64(config.Height)
	switch t {
	case filesapi.JPEG:
		head, err := readJPEGHead(r, size, config)
		if err != nil {
			return Sketch{}, err
		}
		s.turn, s.Memory = head.turn, head.memory()
	case filesapi.PNG:
		s.Memory = pixels * pngBytes(r)
	case filesapi.GIF:
		s.Memory = pixels * (1 + 4 + copyBytes) // the frame, and its canvas
	case filesapi.WebP:
		// Each byte of a lossless one, or of an alpha channel, can ask for 256 bytes of code
		// tables, up to a bound of the decoder. The pixels are there twice at times.
		s.Memory = pixels*12 + min(256*size, Overhead-8<<20) + 8<<20
	}
	s.Memory += size + bufferBytes
	if most := int64(maxPixels)*BytesPerPixel + Overhead; s.Memory > most+size {
		return Sketch{}, fmt.Errorf("%w: it would take %d bytes of memory: expected up to %d", ErrPixels, s.Memory, most)
	}
	if s.turn.swaps() {
		s.Width, s.Height = s.Height, s.Width
	}
	return s, nil
}

// bufferBytes is more than all buffers and rows of scaling and encoding take.
const bufferBytes = 8 << 20

// copyBytes are what it takes for each pixel to turn an image or to make smaller ones of it:
// one copy as large as it is, and another of half its width and height.
const copyBytes = 4 + 1

// pngBytes tells how many bytes a pixel of a PNG takes: decoded, half as much again while an
// interlaced one is put together.
func pngBytes(r io.ReaderAt) int64 {
	const at, depth, lacing = 8 + 8, 8, 12 // behind the signature, and the length and name of the first chunk
	var head [at + 13]byte
	_, _ = r.ReadAt(head[:], 0) // it was just read: what is missing is zero
	each := int64(4)
	if head[at+depth] == 16 {
		each = 8
	}
	if head[at+lacing] != 0 {
		return max(each+each/2, each+copyBytes)
	}
	return each + copyBytes
}

// hasPrefix is for the few bytes that the formats begin with.
func hasPrefix(b []byte, prefix string) bool { return bytes.HasPrefix(b, []byte(prefix)) }
