package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
)

// A parcel is a file that is sent. A part of it is another in each: who sends the same
// twice has it stored once.
type parcel struct {
	profile, name string
	owner         int
	content       [][]byte
	mark          int // the part that is another in each
}

const markBytes = 32

func newMark() []byte {
	b := make([]byte, markBytes/2)
	_, _ = rand.Read(b) // never fails
	return hex.AppendEncode(nil, b)
}

// another returns a parcel of the same size with other bytes.
func (p parcel) another() parcel {
	p.content = slices.Clone(p.content)
	p.content[p.mark] = newMark()
	return p
}

func (p parcel) size() (n int64) {
	for _, b := range p.content {
		n += int64(len(b))
	}
	return n
}

// newNote is a text of 1 KiB.
func newNote() parcel {
	text := []byte(strings.Repeat("This is a line of a note.\n", noteBytes/26+1)[:noteBytes-markBytes])
	return parcel{profile: "notes", name: "note.txt", content: [][]byte{text, newMark()}, mark: 1}
}

// newFilm is a video in MP4 of a size, in which there is nothing to see.
func newFilm(size int64) parcel {
	head := box("ftyp", []byte("isom\x00\x00\x02\x00isomiso2mp41"))
	head = append(head, box("moov", append(box("mvhd", make([]byte, 100)), box("trak", box("tkhd", make([]byte, 84)))...))...)
	noise := make([]byte, int(size)-len(head)-boxHead)
	_, _ = rand.Read(noise) // never fails
	head = append(head, box("mdat", noise)...)
	return parcel{profile: "films", name: rand.Text() + ".mp4", content: [][]byte{head[:len(head)-markBytes], newMark()}, mark: 1}
}

const boxHead = 8

// box is a part of a video.
func box(kind string, content []byte) []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, boxHead+len(content)), uint32(boxHead+len(content))) //nolint:gosec // of 100 MiB at most
	return append(append(b, kind...), content...)
}

// newPhoto is a JPEG of 12 million pixels.
func newPhoto() (parcel, error) {
	const w, h = 4000, 3000
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetRGBA(x, y, color.RGBA{R: uint8(255 * x / w), G: uint8(255 * y / h), B: uint8(x * y >> 7), A: 255}) //nolint:gosec // any colour will do
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		return parcel{}, err
	}
	comment := []byte{0xff, 0xd8, 0xff, 0xfe, 0, 2 + markBytes} // behind the mark of the beginning
	return parcel{profile: "photos", name: "photo.jpg", content: [][]byte{comment, newMark(), b.Bytes()[2:]}, mark: 1}, nil
}

const boundary = "a-boundary-of-the-bench"

// request is the whole of an upload.
func (p parcel) request(path string) [][]byte {
	field := func(disposition string) string {
		return "--" + boundary + "\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n"
	}
	before := field(`name="size"`) + fmt.Sprint(p.size()) + "\r\n" + field(`name="file"; filename="`+p.name+`"`)
	after := "\r\n--" + boundary + "--\r\n"
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=%s\r\nContent-Length: %d\r\n\r\n",
		path, newDepotToken(p.owner), boundary, int64(len(before)+len(after))+p.size())
	return slices.Concat([][]byte{[]byte(head + before)}, p.content, [][]byte{[]byte(after)})
}
