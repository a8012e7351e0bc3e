package picture_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"runtime"
	"testing"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/picture"
)

// Not parallel, as it counts what the process allocates: of each step all that it allocates,
// which is no less than what it holds, beside what is left of the step before.
func TestSketch_Memory(t *testing.T) {
	if raced {
		t.Skip("under the race detector pools forget what they are given, so that more is allocated than is held: run it with make test RACE=")
	}
	const w, h = 2_400, 1_600
	deep := image.NewNRGBA64(image.Rect(0, 0, w, h))
	draw.Draw(deep, deep.Rect, scene(w, h), image.Point{}, draw.Src)
	ink := []byte{0x11, 0x11, 0x11, 0x11}

	for name, c := range map[string]struct {
		kind filesapi.Type
		file []byte
	}{
		"APhoto":            {filesapi.JPEG, jpegOf(t, scene(w, h))},
		"ATurnedPhoto":      {filesapi.JPEG, withSegment(jpegOf(t, scene(w, h)), exifTurned())},
		"AProgressivePhoto": {filesapi.JPEG, crafted{w: w, h: h, components: []byte{0x11, 0x11, 0x11}, progressive: true}.file()},
		"ProgressiveInk":    {filesapi.JPEG, crafted{w: w, h: h, components: ink, progressive: true, adobe: []byte{2}}.file()},
		"ADrawing":          {filesapi.PNG, pngOf(t, scene(w, h))},
		"ADeepOne":          {filesapi.PNG, pngOf(t, deep)},
		"ALossyWebP":        {filesapi.WebP, lossyWebP(w, h)},
		"ALosslessWebP":     {filesapi.WebP, losslessWebP(w, h, color.NRGBA{R: 200, A: 255})},
	} {
		t.Run(name, func(t *testing.T) {
			s, took := steps(t, c.kind, c.file)
			t.Logf("%d by %d pixels held up to %.1f bytes each; up to %.1f were announced", w, h, float64(took)/(w*h), float64(s.Memory)/(w*h))
			if took > s.Memory {
				t.Errorf("it held %d bytes, and %d were announced", took, s.Memory)
			}
			if least := picture.BytesPerPixel*w*h*7/4 + picture.Overhead; s.Memory > int64(least) {
				t.Errorf("%d bytes were announced: expected less than %d, not to refuse what is common", s.Memory, least)
			}
		})
	}
}

// steps does all that is done to an image, and tells how many bytes were held at most.
func steps(t *testing.T, kind filesapi.Type, file []byte) (picture.Sketch, int64) {
	t.Helper()
	r := bytes.NewReader(file)
	s, err := picture.Look(r, r.Size(), kind, 2*enough)
	if err != nil {
		t.Fatalf("look: %v", err)
	}
	var p, small *picture.Picture
	var most, left int64
	for _, step := range []func() error{
		func() (err error) { p, err = picture.Decode(t.Context(), r, s); return err },
		func() error { return p.Encode(t.Context(), io.Discard) },
		func() (err error) { small, err = p.Fit(t.Context(), 1_600, 1_600); return err },
		func() error { return small.Encode(t.Context(), io.Discard) },
		func() (err error) { small, err = small.Fit(t.Context(), 320, 320); return err },
		func() error { return small.Encode(t.Context(), io.Discard) },
	} {
		began := stats()
		if err := step(); err != nil {
			t.Fatalf("render: %v", err)
		}
		most = max(most, left+int64(stats().TotalAlloc-began.TotalAlloc))
		runtime.GC()
		left += int64(stats().HeapAlloc) - int64(began.HeapAlloc)
	}
	runtime.KeepAlive(p)
	return s, most
}

func stats() (m runtime.MemStats) {
	runtime.ReadMemStats(&m)
	return m
}

// render does all that is done to an image.
func render(ctx context.Context, kind filesapi.Type, file []byte) error {
	r := bytes.NewReader(file)
	s, err := picture.Look(r, r.Size(), kind, enough)
	if err != nil {
		return err
	}
	p, err := picture.Decode(ctx, r, s)
	if err != nil {
		return err
	}
	return variants(ctx, p)
}

func variants(ctx context.Context, p *picture.Picture) error {
	if err := p.Encode(ctx, io.Discard); err != nil {
		return err
	}
	for _, side := range []int{1_600, 320} {
		small, err := p.Fit(ctx, side, side)
		if err != nil {
			return err
		}
		if err := small.Encode(ctx, io.Discard); err != nil {
			return err
		}
		p = small
	}
	return nil
}

// BenchmarkRender shows how long it takes to encode a photo anew and make two variants, by
// its size in millions of pixels.
func BenchmarkRender(b *testing.B) {
	for _, c := range []struct{ w, h int }{{1_600, 1_200}, {4_000, 3_000}, {8_000, 5_000}} {
		b.Run(fmt.Sprintf("%dM", c.w*c.h/1e6), func(b *testing.B) {
			file := withSegment(jpegOf(b, scene(c.w, c.h)), exifTurned())
			b.ReportAllocs()
			for b.Loop() {
				if err := render(b.Context(), filesapi.JPEG, file); err != nil {
					b.Fatalf("render: %v", err)
				}
			}
		})
	}
}
