package picture

import (
	"context"
	"image"
	"image/draw"
)

// A turn is how an image that lies in a file is to be turned to stand upright, in the numbers
// of EXIF.
type turn int

const (
	upright turn = 1
	last    turn = 8
)

// swaps reports whether width and height change places.
func (t turn) swaps() bool { return t >= 5 }

// path says where the pixels of a lying image of a size go: the first, and how far it is
// from there to the next of the row, and to the next row. All are offsets into the pixels
// of the standing image.
func (t turn) path(lying image.Point) (first, across, down int) {
	width, right, bottom := lying.X, lying.X-1, lying.Y-1
	if t.swaps() {
		width = lying.Y
	}
	switch t {
	case 2: // seen in a mirror
		return right, -1, width
	case 3: // upside down
		return right + bottom*width, -1, -width
	case 4: // upside down, in a mirror
		return bottom * width, 1, -width
	case 5: // on its side, in a mirror
		return 0, width, 1
	case 6: // on its left side
		return bottom, width, -1
	case 7: // on its other side, in a mirror
		return right*width + bottom, -width, -1
	case 8: // on its right side
		return right * width, -width, 1
	}
	return 0, 1, width
}

// stand returns an image upright, with 8 bits for each colour, in memory of its own.
func stand(ctx context.Context, lying image.Image, t turn) (*image.RGBA, error) {
	size := lying.Bounds().Size()
	up := standing(size, t)
	first, across, down := t.path(size)
	row := newRow(lying)
	for y := range size.Y {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row.read(y)
		at := 4 * (first + y*down)
		for x := 0; x < len(row.pixels.Pix); x += 4 {
			copy(up.Pix[at:at+4], row.pixels.Pix[x:x+4])
			at += 4 * across
		}
	}
	return up, nil
}

// standing returns room for a lying image of a size.
func standing(lying image.Point, t turn) *image.RGBA {
	if t.swaps() {
		lying.X, lying.Y = lying.Y, lying.X
	}
	return image.NewRGBA(image.Rectangle{Max: lying})
}

// A row is one of an image, converted.
type row struct {
	of     image.Image
	pixels *image.RGBA
}

func newRow(of image.Image) *row {
	return &row{of: of, pixels: image.NewRGBA(image.Rect(0, 0, of.Bounds().Dx(), 1))}
}

func (r *row) read(y int) {
	draw.Draw(r.pixels, r.pixels.Rect, r.of, r.of.Bounds().Min.Add(image.Pt(0, y)), draw.Src)
}
