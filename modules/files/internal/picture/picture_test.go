package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/color/palette"
	"image/draw"
	"io"
	"strings"
	"testing"
	"time"

	xdraw "golang.org/x/image/draw"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/picture"
)

const enough = 40_000_000

func TestLook(t *testing.T) {
	t.Parallel()

	t.Run("TooLarge", func(t *testing.T) {
		t.Parallel()
		for name, c := range map[string]struct {
			kind filesapi.Type
			file []byte
		}{
			"AHeaderThatLies":     {filesapi.PNG, lyingPNG(t, 60_000, 60_000)},
			"OnePixelTooMany":     {filesapi.PNG, lyingPNG(t, 40_000_001, 1)},
			"ALongLine":           {filesapi.PNG, lyingPNG(t, 1, 100_000)},
			"AJPEGOfBillions":     {filesapi.JPEG, crafted{w: 65_000, h: 65_000, components: []byte{0x11}}.file()[:700]},
			"ProgressiveInk":      {filesapi.JPEG, crafted{w: 6_400, h: 6_200, components: []byte{0x11, 0x11, 0x11, 0x11}, progressive: true, adobe: []byte{0}}.file()},
			"AWebP":               {filesapi.WebP, losslessWebP(16_000, 16_000, color.NRGBA{})},
			"AGIF":                {filesapi.GIF, append([]byte("GIF89a"), 0xff, 0xff, 0xff, 0xff, 0, 0, 0)},
			"ADeepOneThatIsLaced": {filesapi.PNG, deep(lyingPNG(t, 40_000, 999))},
		} {
			limit := enough
			if name == "ADeepOneThatIsLaced" {
				limit = 100
			}
			if _, err := picture.Look(bytes.NewReader(c.file), int64(len(c.file)), c.kind, limit); !errors.Is(err, picture.ErrPixels) {
				t.Errorf("%s: Look() = %v, want ErrPixels", name, err)
			}
		}
	})

	t.Run("NoHeader", func(t *testing.T) {
		t.Parallel()
		for _, kind := range []filesapi.Type{filesapi.JPEG, filesapi.PNG, filesapi.GIF, filesapi.WebP, filesapi.PDF} {
			for _, file := range []string{"", "\xff\xd8\xff", "GIF89a", "<?php", strings.Repeat("\xff", 9_000)} {
				if _, err := picture.Look(strings.NewReader(file), int64(len(file)), kind, enough); !errors.Is(err, picture.ErrCorrupt) {
					t.Errorf("Look(%.9q) as %s = %v, want ErrCorrupt", file, kind, err)
				}
			}
		}
	})

	t.Run("AnErrorOfTheReaderStays", func(t *testing.T) {
		t.Parallel()
		if _, err := picture.Look(broken{}, 100, filesapi.PNG, enough); !errors.Is(err, errStore) || errors.Is(err, picture.ErrCorrupt) {
			t.Errorf("Look() = %v, want the error of the store alone", err)
		}
	})
}

// deep makes the header of a PNG say 16 bits and interlaced.
func deep(b []byte) []byte {
	b[24], b[28] = 16, 1
	return fixed(b)
}

var errStore = errors.New("the store is down")

type broken struct{}

func (broken) ReadAt([]byte, int64) (int, error) { return 0, errStore }

func TestDecode_Refuses(t *testing.T) {
	t.Parallel()
	photo := jpegOf(t, scene(64, 48))

	for name, c := range map[string]struct {
		kind filesapi.Type
		file []byte
	}{
		"APhotoThatBreaksOff": {filesapi.JPEG, half(photo)},
		"APNGThatBreaksOff":   {filesapi.PNG, half(pngOf(t, checked(64, 48)))},
		"APNGThatLies":        {filesapi.PNG, lyingPNG(t, 2_000, 2_000)},
		"AGIFWithoutAFrame":   {filesapi.GIF, animation(t)[:20]},
		"AWebPThatBreaksOff":  {filesapi.WebP, half(lossyWebP(64, 48))},
		"InkWithoutAdobe":     {filesapi.JPEG, crafted{w: 64, h: 48, components: []byte{0x11, 0x11, 0x11, 0x11}}.file()},
	} {
		if _, err := decode(t.Context(), c.kind, c.file); !errors.Is(err, picture.ErrCorrupt) {
			t.Errorf("%s: Decode() = %v, want ErrCorrupt", name, err)
		}
	}
}

func half(file []byte) []byte { return file[:len(file)/2] }

func TestDecode_AbsurdScans(t *testing.T) {
	t.Parallel()
	absurd := crafted{w: 4_000, h: 4_000, components: []byte{0x11}, progressive: true, refinements: 20_000}.file()
	began := time.Now()
	if _, err := decode(t.Context(), filesapi.JPEG, absurd); !errors.Is(err, picture.ErrCorrupt) {
		t.Errorf("Decode() = %v, want ErrCorrupt", err)
	}
	if took := time.Since(began); took > 20*time.Second { // all of them take minutes
		t.Errorf("it took %s", took)
	}
}

func TestDecode_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := decode(ctx, filesapi.PNG, pngOf(t, scene(9, 9))); !errors.Is(err, context.Canceled) || errors.Is(err, picture.ErrCorrupt) {
		t.Errorf("Decode() = %v, want the end of the context alone", err)
	}
	p := open(t, filesapi.PNG, pngOf(t, scene(9, 9)))
	if _, err := p.Fit(ctx, 3, 3); !errors.Is(err, context.Canceled) {
		t.Errorf("Fit() = %v, want the end of the context", err)
	}
	if err := p.Encode(ctx, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("Encode() = %v, want the end of the context", err)
	}
}

func TestDecode_EveryKind(t *testing.T) {
	t.Parallel()
	transparent := image.NewNRGBA(image.Rect(0, 0, 40, 30))
	deep := image.NewRGBA64(image.Rect(0, 0, 40, 30))
	paletted := image.NewPaletted(image.Rect(0, 0, 40, 30), palette.WebSafe)
	for _, img := range []draw.Image{deep, paletted} {
		draw.Draw(img, img.Bounds(), scene(40, 30), image.Point{}, draw.Src)
	}

	for name, c := range map[string]struct {
		kind, kept, small filesapi.Type
		file              []byte
	}{
		"APhoto":            {filesapi.JPEG, filesapi.JPEG, filesapi.JPEG, jpegOf(t, scene(40, 30))},
		"AGreyPhoto":        {filesapi.JPEG, filesapi.JPEG, filesapi.JPEG, jpegOf(t, image.NewGray(image.Rect(0, 0, 40, 30)))},
		"AProgressivePhoto": {filesapi.JPEG, filesapi.JPEG, filesapi.JPEG, crafted{w: 40, h: 30, components: []byte{0x22, 0x11, 0x11}, progressive: true, refinements: 9}.file()},
		"RGBInAJPEG":        {filesapi.JPEG, filesapi.JPEG, filesapi.JPEG, crafted{w: 40, h: 30, components: []byte{0x11, 0x11, 0x11}, adobe: []byte{0}}.file()},
		"Ink":               {filesapi.JPEG, filesapi.JPEG, filesapi.JPEG, crafted{w: 40, h: 30, components: []byte{0x11, 0x11, 0x11, 0x11}, adobe: []byte{0}}.file()},
		"InkOfThePress":     {filesapi.JPEG, filesapi.JPEG, filesapi.JPEG, crafted{w: 40, h: 30, components: []byte{0x22, 0x11, 0x11, 0x22}, adobe: []byte{2}}.file()},
		"ADrawing":          {filesapi.PNG, filesapi.PNG, filesapi.JPEG, pngOf(t, scene(40, 30))},
		"OneWithAlpha":      {filesapi.PNG, filesapi.PNG, filesapi.PNG, pngOf(t, transparent)},
		"ADeepOne":          {filesapi.PNG, filesapi.PNG, filesapi.JPEG, pngOf(t, deep)},
		"APalettedOne":      {filesapi.PNG, filesapi.PNG, filesapi.JPEG, pngOf(t, paletted)},
		"ALossyWebP":        {filesapi.WebP, filesapi.JPEG, filesapi.JPEG, lossyWebP(40, 30)},
		"ALosslessWebP":     {filesapi.WebP, filesapi.JPEG, filesapi.JPEG, losslessWebP(40, 30, color.NRGBA{R: 200, A: 255})},
		"AWebPWithAlpha":    {filesapi.WebP, filesapi.PNG, filesapi.PNG, losslessWebP(40, 30, color.NRGBA{R: 200, A: 100})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := open(t, c.kind, c.file)
			if w, h := p.Size(); w != 40 || h != 30 || p.Type() != c.kept {
				t.Errorf("it has %d by %d pixels, to be a %s; want 40 by 30, and %s", w, h, p.Type(), c.kept)
			}
			again := open(t, c.kept, encoded(t, p))
			if w, h := again.Size(); w != 40 || h != 30 {
				t.Errorf("encoded anew it has %d by %d pixels, want as before", w, h)
			}
			small, err := p.Fit(t.Context(), 20, 20)
			if err != nil {
				t.Fatalf("Fit() = %v", err)
			}
			if w, h := small.Size(); w != 20 || h != 15 || small.Type() != c.small {
				t.Errorf("a smaller one has %d by %d pixels, to be a %s; want 20 by 15, and %s", w, h, small.Type(), c.small)
			}
			open(t, c.small, encoded(t, small))
		})
	}
}

func TestDecode_TheFirstFrameOfAnAnimation(t *testing.T) {
	t.Parallel()
	img := pixels(t, open(t, filesapi.GIF, animation(t)))
	if got := img.Bounds().Size(); got != image.Pt(40, 40) {
		t.Fatalf("it has %v pixels, want 40 by 40", got)
	}
	if _, _, _, alpha := img.At(5, 5).RGBA(); alpha != 0 {
		t.Errorf("outside of the frame it is %v, want nothing", img.At(5, 5))
	}
	if r, _, b, _ := img.At(20, 20).RGBA(); r < 0xf000 || b > 0x1000 {
		t.Errorf("in the frame it is %v, want red", img.At(20, 20))
	}
}

func TestPicture_StandsUpright(t *testing.T) {
	t.Parallel()
	standing := scene(80, 60)
	for orientation := uint16(0); orientation <= 9; orientation++ {
		for mark, order := range map[string]binary.AppendByteOrder{"II": binary.LittleEndian, "MM": binary.BigEndian} {
			lying := lie(standing, orientation)
			file := withSegment(jpegOf(t, lying), exif(orientation, order, mark))
			p := open(t, filesapi.JPEG, file)
			if w, h := p.Size(); w != 80 || h != 60 {
				t.Errorf("orientation %d: it has %d by %d pixels, want 80 by 60", orientation, w, h)
				continue
			}
			expectClose(t, pixels(t, p), standing, 40) // as exact as chroma of half the size is at the borders
			small, err := p.Fit(t.Context(), 40, 40)
			if err != nil {
				t.Fatalf("Fit() = %v", err)
			}
			expectClose(t, pixels(t, small), scene(40, 30), 40)
		}
	}
}

// lie turns an image so that a viewer that knows the orientation turns it back.
func lie(standing *image.RGBA, orientation uint16) *image.RGBA {
	w, h := standing.Rect.Dx(), standing.Rect.Dy()
	lying := image.NewRGBA(standing.Rect)
	if orientation >= 5 && orientation <= 8 {
		lying = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			at := map[uint16]image.Point{
				2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {y, w - 1 - x}, 7: {h - 1 - y, w - 1 - x}, 8: {h - 1 - y, x},
			}
			to, turned := at[orientation]
			if !turned {
				to = image.Pt(x, y)
			}
			lying.SetRGBA(to.X, to.Y, standing.RGBAAt(x, y))
		}
	}
	return lying
}

func TestPicture_KeepsNothingButPixels(t *testing.T) {
	t.Parallel()
	hidden := []byte("<?php system($_GET['x']); ?>")
	photo := withSegment(jpegOf(t, scene(60, 40)), exif(1, binary.BigEndian, "MM"))
	photo = withSegment(photo, segment(0xfe, hidden))
	photo = append(withSegment(photo, segment(0xe2, append([]byte("ICC_PROFILE\x00"), hidden...))), hidden...)
	got := encoded(t, open(t, filesapi.JPEG, photo))
	for _, secret := range []string{"GPS", "Exif", "php", "ICC"} {
		if bytes.Contains(got, []byte(secret)) {
			t.Errorf("encoded anew it still has %q in it", secret)
		}
	}
}

func TestPicture_Fit(t *testing.T) {
	t.Parallel()

	t.Run("IsNeverLarger", func(t *testing.T) {
		t.Parallel()
		p, err := open(t, filesapi.PNG, pngOf(t, scene(30, 20))).Fit(t.Context(), 320, 320)
		if err != nil {
			t.Fatalf("Fit() = %v", err)
		}
		expectClose(t, pixels(t, p), scene(30, 20), 20)
	})

	t.Run("KeepsAPixelOfEachSide", func(t *testing.T) {
		t.Parallel()
		for _, size := range []image.Point{{1, 1}, {1, 5_000}, {5_000, 1}, {3, 2}, {65_535, 1}} {
			p, err := open(t, filesapi.PNG, pngOf(t, image.NewGray(image.Rectangle{Max: size}))).Fit(t.Context(), 100, 100)
			if err != nil {
				t.Fatalf("Fit() of %v = %v", size, err)
			}
			if w, h := p.Size(); w != min(size.X, 100) || h != min(size.Y, 100) {
				t.Errorf("%v became %d by %d", size, w, h)
			}
			encoded(t, p)
		}
	})

	// golang.org/x/image/draw shrinks by the same filter, with far more memory.
	t.Run("IsWhatAnotherMakesOfIt", func(t *testing.T) {
		t.Parallel()
		for _, size := range []image.Point{{100, 75}, {333, 250}, {31, 23}, {399, 299}} {
			src := checked(400, 300)
			want := image.NewRGBA(image.Rectangle{Max: size})
			xdraw.CatmullRom.Scale(want, want.Rect, src, src.Bounds(), draw.Src, nil)
			p, err := open(t, filesapi.PNG, pngOf(t, src)).Fit(t.Context(), size.X, size.Y)
			if err != nil {
				t.Fatalf("Fit() = %v", err)
			}
			expectClose(t, pixels(t, p), want, 2)
		}
	})
}

// checked has sharp edges, and can be seen through in places.
func checked(w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.SetNRGBA(x, y, color.NRGBA{R: uint8(x), G: uint8((x / 7 % 2) * 255), B: uint8((y / 5 % 2) * 255), A: uint8(255 - (x/40%2)*130)})
		}
	}
	return img
}

func decode(ctx context.Context, kind filesapi.Type, file []byte) (*picture.Picture, error) {
	r := bytes.NewReader(file)
	s, err := picture.Look(r, r.Size(), kind, enough)
	if err != nil {
		return nil, err
	}
	return picture.Decode(ctx, r, s)
}

func open(tb testing.TB, kind filesapi.Type, file []byte) *picture.Picture {
	tb.Helper()
	p, err := decode(tb.Context(), kind, file)
	if err != nil {
		tb.Fatalf("decode: %v", err)
	}
	return p
}

func encoded(tb testing.TB, p *picture.Picture) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := p.Encode(tb.Context(), &b); err != nil {
		tb.Fatalf("encode: %v", err)
	}
	return b.Bytes()
}

// pixels are those of a picture as others see them.
func pixels(tb testing.TB, p *picture.Picture) image.Image {
	tb.Helper()
	img, _, err := image.Decode(bytes.NewReader(encoded(tb, p)))
	if err != nil {
		tb.Fatalf("decode: %v", err)
	}
	return img
}

// expectClose compares two images, each colour of each pixel by so many of 255.
func expectClose(tb testing.TB, got, want image.Image, by int) {
	tb.Helper()
	if got.Bounds().Size() != want.Bounds().Size() {
		tb.Fatalf("it has %v pixels, want %v", got.Bounds().Size(), want.Bounds().Size())
	}
	b := got.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if !near(got.At(x, y), want.At(x, y), by) {
				tb.Fatalf("at %d, %d it is %v, want %v", x, y, got.At(x, y), want.At(x, y))
			}
		}
	}
}

func near(a, b color.Color, by int) bool {
	ar, ag, ab, aa := a.RGBA()
	br, bg, bb, ba := b.RGBA()
	for _, pair := range [][2]uint32{{ar, br}, {ag, bg}, {ab, bb}, {aa, ba}} {
		if d := int(pair[0]>>8) - int(pair[1]>>8); d > by || d < -by {
			return false
		}
	}
	return true
}
