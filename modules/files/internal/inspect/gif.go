package inspect

import (
	"encoding/binary"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// maxFrames is how many times the pixels that an image may have all frames of an animation
// may have together.
const maxFrames = 16

// A gif is a GIF that is walked through.
type gif struct {
	*image
	pixels int64 // of all frames
}

func walkGIF(i *image) error {
	g := &gif{image: i}
	b, err := i.take(13)
	if err != nil {
		return err
	}
	if opensScript(b[6:8]) {
		return polyglot("the image begins like a script")
	}
	table := b[10]
	if err := i.measure(int64(binary.LittleEndian.Uint16(b[6:])), int64(binary.LittleEndian.Uint16(b[8:]))); err != nil {
		return err
	}
	if err := g.colours(table); err != nil {
		return err
	}
	return g.blocks()
}

// opensScript reports whether the width is two characters that make a script of "GIF89a" and
// what follows: a comment, or an assignment. Such an image would be over 8,000 pixels wide.
func opensScript(width []byte) bool {
	return comments(width) || width[0] == '=' && printable(width, 2)
}

// colours passes over a table of colours, if the flags tell of one.
func (g *gif) colours(flags byte) error {
	if flags&0x80 == 0 {
		return nil
	}
	return g.skip(3 << (1 + flags&7))
}

// blocks passes over all blocks, up to the end.
func (g *gif) blocks() error {
	for {
		b, err := g.take(1)
		if err != nil {
			return err
		}
		switch b[0] {
		case 0x3b:
			return g.end()
		case 0x21:
			err = g.extension()
		case 0x2c:
			err = g.frame()
		default:
			err = corrupt("the image has no block where one should be, at byte %d", g.at-1)
		}
		if err != nil {
			return err
		}
	}
}

// frame passes over one image.
func (g *gif) frame() error {
	b, err := g.take(9)
	if err != nil {
		return err
	}
	width, height, flags := int64(binary.LittleEndian.Uint16(b[4:])), int64(binary.LittleEndian.Uint16(b[6:])), b[8]
	if err := g.measure(width, height); err != nil {
		return err
	}
	if g.pixels += width * height; g.pixels > maxFrames*g.c.limits.Pixels {
		return refuse(filesapi.ReasonBomb, "the animation has more than %d pixels", maxFrames*g.c.limits.Pixels)
	}
	if err := g.colours(flags); err != nil {
		return err
	}
	if b, err = g.take(1); err != nil {
		return err
	}
	if b[0] < 1 || b[0] > 11 {
		return corrupt("the image is packed in a way that there is not")
	}
	g.drawn = true
	return g.parts()
}

// parts passes over the parts of a block, of which the last is empty.
func (g *gif) parts() error {
	for {
		b, err := g.take(1)
		if err != nil {
			return err
		}
		if b[0] == 0 {
			return nil
		}
		if err := g.skip(int64(b[0])); err != nil {
			return err
		}
	}
}

// extension passes over a comment, or whatever a program added.
func (g *gif) extension() error {
	if err := g.skip(1); err != nil {
		return err
	}
	return g.parts()
}
