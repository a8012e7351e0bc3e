package inspect

import (
	"bytes"

	"github.com/slipway-go/slipway/modules/files/filesapi"
)

// An image is one that is walked through: where in the file that is, and what was found.
type image struct {
	c     *check
	at    int64
	drawn bool // whether there was something to see
}

// take returns the next n bytes.
func (i *image) take(n int) ([]byte, error) {
	b, err := i.c.source.bytes(i.at, n)
	i.at += int64(len(b))
	return b, err
}

// skip passes over n bytes.
func (i *image) skip(n int64) error {
	if n > i.c.source.size-i.at {
		return brokenOff()
	}
	i.at += n
	return nil
}

// measure refuses an image that is too large to be opened.
func (i *image) measure(width, height int64) error {
	if width <= 0 || height <= 0 {
		return corrupt("the image has no width or no height")
	}
	if width*height > i.c.limits.Pixels {
		return refuse(filesapi.ReasonPixels, "the image has %d × %d pixels; %d are the most", width, height, i.c.limits.Pixels)
	}
	return nil
}

func corrupt(format string, args ...any) error {
	return refuse(filesapi.ReasonCorrupt, format, args...)
}

// lookImage walks an image to its real end, behind which there must be nothing, and then
// reads all of it for code.
func lookImage(walk func(*image) error) func(*check) error {
	return func(c *check) error {
		err := walk(&image{c: c})
		if marked := c.marks(); marked != nil {
			return marked // it says more than that the image is broken
		}
		return err
	}
}

// marks reads the whole file for what makes it another type as well.
func (c *check) marks() error {
	head, err := c.source.upTo(0, headBytes)
	if err != nil {
		return err
	}
	if err := checkHeadMarks(head, c.found == filesapi.PDF); err != nil {
		return err
	}
	if err := checkMarks(c.source); err != nil {
		return err
	}
	return checkZIPTail(c.source)
}

// end checks that nothing but padding is behind the end of an image.
func (i *image) end() error {
	if !i.drawn {
		return corrupt("the image has nothing to see")
	}
	for i.at < i.c.source.size {
		b, err := i.c.source.piece(i.at, 1)
		if err != nil {
			return err
		}
		if len(bytes.TrimLeft(b, "\x00")) > 0 {
			return polyglot("something else comes behind the end of the image")
		}
		i.at += int64(len(b))
	}
	return nil
}

// comments reports whether two bytes that an image chooses freely open a comment of
// JavaScript, or compare: what makes of "GIF89a/*…*/" a script.
func comments(b []byte) bool { return string(b) == "/*" || string(b) == "//" }
