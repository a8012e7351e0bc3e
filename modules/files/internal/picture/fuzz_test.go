package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image/color"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/picture"
)

// FuzzDecode looks for a file that panics, or is neither refused nor encoded in the size that
// its header says.
func FuzzDecode(f *testing.F) {
	kinds := []filesapi.Type{filesapi.JPEG, filesapi.PNG, filesapi.GIF, filesapi.WebP}
	photo := jpegOf(f, scene(20, 10))
	for _, file := range [][]byte{
		photo, withSegment(photo, exif(6, binary.BigEndian, "MM")), withSegment(photo, exif(3, binary.LittleEndian, "II")),
		crafted{w: 20, h: 10, components: []byte{0x22, 0x11, 0x11}, progressive: true, refinements: 2}.file(),
		crafted{w: 20, h: 10, components: []byte{0x22, 0x11, 0x11, 0x22}, adobe: []byte{2}}.file(),
	} {
		f.Add(uint8(0), file)
	}
	f.Add(uint8(1), pngOf(f, checked(20, 10)))
	f.Add(uint8(2), animation(f))
	f.Add(uint8(3), lossyWebP(20, 10))
	f.Add(uint8(3), losslessWebP(20, 10, color.NRGBA{G: 9, A: 99}))

	f.Fuzz(func(t *testing.T, kind uint8, file []byte) {
		r := bytes.NewReader(file)
		s, err := picture.Look(r, r.Size(), kinds[int(kind)%len(kinds)], 20_000)
		if err != nil {
			expectRefused(t, err)
			return
		}
		p, err := picture.Decode(t.Context(), r, s)
		if err != nil {
			expectRefused(t, err)
			return
		}
		if w, h := p.Size(); w != s.Width || h != s.Height {
			t.Errorf("it has %d by %d pixels, and %d by %d were announced", w, h, s.Width, s.Height)
		}
		if err := variants(t.Context(), p); err != nil {
			t.Errorf("render: %v", err)
		}
	})
}

func expectRefused(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, picture.ErrCorrupt) && !errors.Is(err, picture.ErrPixels) {
		t.Errorf("it was refused with %v, want ErrCorrupt or ErrPixels", err)
	}
}
