package picture

import (
	"context"
	"fmt"
	"image"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// A Picture is an image that was decoded. It never changes.
type Picture struct {
	img    image.Image // as it lies in the file
	turn   turn
	kind   filesapi.Type // as which it is encoded
	opaque bool
}

// Decode decodes an image, at which [Look] has looked, from its first byte on.
func Decode(ctx context.Context, r io.Reader, s Sketch) (*Picture, error) {
	in := &reader{ctx: ctx, from: r, jpeg: s.Type == filesapi.JPEG}
	img, err := decode(in, s)
	if err != nil {
		return nil, in.blame(err)
	}
	p := &Picture{img: img, turn: s.turn, opaque: isOpaque(img)}
	p.kind = kindOf(s.Type, p.opaque)
	return p, nil
}

// decode calls the decoder of the type. A decoder that panics has met an image that is broken
// in a way of which its authors did not think.
func decode(r io.Reader, s Sketch) (img image.Image, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the decoder panicked: %v", p)
		}
	}()
	switch s.Type {
	case filesapi.JPEG:
		img, err = jpeg.Decode(r)
	case filesapi.PNG:
		img, err = png.Decode(r)
	case filesapi.GIF:
		img, err = gif.Decode(r) // the first frame
	case filesapi.WebP:
		img, err = webp.Decode(r)
	}
	if err != nil {
		return nil, err
	}
	return onCanvas(img, s.lying)
}

// onCanvas puts an image where it is to be seen: a frame of a GIF may be smaller than the GIF.
func onCanvas(img image.Image, size image.Point) (image.Image, error) {
	canvas := image.Rectangle{Max: size}
	switch b := img.Bounds(); {
	case b == canvas:
		return img, nil
	case !b.In(canvas):
		return nil, fmt.Errorf("it has other measures than its header says: %v instead of %v", b, canvas)
	}
	whole := image.NewRGBA(canvas)
	draw.Draw(whole, img.Bounds(), img, img.Bounds().Min, draw.Src)
	return whole, nil
}

func isOpaque(img image.Image) bool {
	known, ok := img.(interface{ Opaque() bool })
	return ok && known.Opaque()
}

// kindOf tells as what an image is encoded that was of a type: photos as JPEG, drawings and
// what can be seen through as PNG.
func kindOf(t filesapi.Type, opaque bool) filesapi.Type {
	if t == filesapi.JPEG || t == filesapi.WebP && opaque {
		return filesapi.JPEG
	}
	return filesapi.PNG
}

// Size returns width and height, upright, in pixels.
func (p *Picture) Size() (width, height int) {
	size := p.img.Bounds().Size()
	if p.turn.swaps() {
		return size.Y, size.X
	}
	return size.X, size.Y
}

// Type returns the type as which the picture is encoded: JPEG, or PNG for what was a PNG or a
// GIF and for all that can be seen through. One that Fit returned is a PNG only for the latter.
func (p *Picture) Type() filesapi.Type { return p.kind }

// Fit returns the picture in its proportions, no wider and no higher than this. It is never
// made larger.
func (p *Picture) Fit(ctx context.Context, width, height int) (*Picture, error) {
	w, h := p.Size()
	w, h = fit(w, h, width, height)
	if p.turn.swaps() {
		w, h = h, w
	}
	small := &Picture{img: p.img, turn: p.turn, opaque: p.opaque, kind: kindOf(filesapi.WebP, p.opaque)}
	if image.Pt(w, h) == p.img.Bounds().Size() {
		return small, nil
	}
	shrunk, err := shrink(ctx, p.img, image.Pt(w, h), p.turn)
	if err != nil {
		return nil, err
	}
	small.img, small.turn = shrunk, upright
	return small, nil
}

// fit makes w and h fit into a frame, in their proportions.
func fit(w, h, width, height int) (fw, fh int) {
	if w <= width && h <= height {
		return w, h
	}
	if w*height > h*width { // it is wider than the frame
		return width, max(1, (h*width+w/2)/w)
	}
	return max(1, (w*height+h/2)/h), height
}

// quality is that of JPEGs: hardly anybody sees a difference to what was there before.
const quality = 85

// Encode writes the picture, upright, as its Type. Writes end with ctx.
func (p *Picture) Encode(ctx context.Context, w io.Writer) error {
	out := writer{ctx, w}
	img, err := p.encodable(ctx)
	if err != nil {
		return err
	}
	if p.kind == filesapi.JPEG {
		err = jpeg.Encode(out, img, &jpeg.Options{Quality: quality})
	} else {
		err = png.Encode(out, img)
	}
	if err != nil {
		return fmt.Errorf("encode an image: %w", err)
	}
	return nil
}

// encodable returns the image as the encoder is quick with it, or as it has to be turned.
func (p *Picture) encodable(ctx context.Context) (image.Image, error) {
	if p.turn != upright {
		return stand(ctx, p.img, p.turn)
	}
	switch p.img.(type) {
	case *image.Gray, *image.YCbCr, *image.RGBA:
		return p.img, nil
	case *image.NYCbCrA:
		return stand(ctx, p.img, p.turn)
	}
	if p.kind == filesapi.PNG {
		return p.img, nil // as it is: with its palette, or 16 bits
	}
	return stand(ctx, p.img, p.turn)
}

// A writer ends with its context.
type writer struct {
	ctx context.Context
	to  io.Writer
}

func (w writer) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.to.Write(p)
}
