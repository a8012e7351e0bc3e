package inspect_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipway-go/slipway/modules/files/filesapi"
	"github.com/slipway-go/slipway/modules/files/internal/inspect"
	"github.com/slipway-go/slipway/modules/files/internal/inspect/corpus"
)

// few are limits with which nothing takes long.
var few = inspect.Limits{Unpacked: 4 << 20, Entries: 100}

// FuzzCheck tries to make a check panic, or run on. What it says must hold for any content:
// a file that may be kept has an allowed type that fits its name.
func FuzzCheck(f *testing.F) {
	for _, sample := range append(corpus.Hostile(), corpus.Benign()...) {
		if content := sample.Content(); len(content) < 32<<10 {
			f.Add(sample.Name, content)
		}
	}
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		got, err := few.Check(t.Context(), bytes.NewReader(content), int64(len(content)), name, corpus.Types())
		if err != nil {
			t.Fatalf("Check: %v", err)
		}
		if got.OK() != (got.Detail == "") || got.OK() && !got.Type.Fits(name[strings.LastIndexAny(name, `/\`)+1:]) {
			t.Errorf("Check(%q) = %+v", name, got)
		}
	})
}

// FuzzCheck_Content does the same with a name that fits, for each type, so that it gets
// further into the content. No structure admits a byte behind its end.
func FuzzCheck_Content(f *testing.F) {
	for _, sample := range append(corpus.Hostile(), corpus.Benign()...) {
		content := sample.Content()
		for i, kind := range corpus.Types() {
			if kind.Fits(sample.Name) && len(content) < 32<<10 {
				f.Add(byte(i), content)
			}
		}
	}
	f.Fuzz(func(t *testing.T, i byte, content []byte) {
		kind := corpus.Types()[int(i)%len(corpus.Types())]
		name := "a" + kind.Extensions()[0]
		got, err := few.Check(t.Context(), bytes.NewReader(content), int64(len(content)), name, corpus.Types())
		if err != nil || got.OK() && got.Type != kind {
			t.Fatalf("Check(%s) = %+v, %v", name, got, err)
		}
		if !got.OK() || kind == filesapi.Text || kind == filesapi.CSV {
			return
		}
		more := slices.Concat(content, []byte("x"))
		if got, err := few.Check(t.Context(), bytes.NewReader(more), int64(len(more)), name, corpus.Types()); err != nil || got.OK() {
			t.Errorf("Check(%s) of one byte more = %+v, %v; want a refusal", name, got, err)
		}
	})
}

// Whatever comes behind a file that is known to its end is found: it is text, zeros aside.
func TestCheck_Behind(t *testing.T) {
	t.Parallel()
	var whole []corpus.Sample
	for _, sample := range corpus.Benign() {
		if sample.Type != filesapi.Text && sample.Type != filesapi.CSV && sample.Name != "live.webm" {
			whole = append(whole, sample)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		sample := rapid.SampledFrom(whole).Draw(t, "sample")
		more := rapid.StringMatching(`[!-~][ -~]{0,300}`).Draw(t, "more")
		content := append(sample.Content(), more...)
		got, err := few.Check(context.Background(), bytes.NewReader(content), int64(len(content)), sample.Name, corpus.Types())
		if err != nil || got.OK() {
			t.Errorf("Check(%s + %q) = %+v, %v; want a refusal", sample.Name, more, got, err)
		}
	})
}

// A file that breaks off anywhere is refused, where it has an end to tell.
func TestCheck_BreaksOff(t *testing.T) {
	t.Parallel()
	for _, sample := range corpus.Benign() {
		content := sample.Content()
		if sample.Type == filesapi.Text || sample.Type == filesapi.CSV || sample.Name == "live.webm" || sample.Type == filesapi.MP3 || sample.Name == "padded.jpg" {
			continue
		}
		for n := 1; n < len(content)-1; n++ { // a PDF may lack its last line end
			got, err := few.Check(t.Context(), bytes.NewReader(content[:n]), int64(n), sample.Name, corpus.Types())
			if (err != nil || got.OK()) && !prefixIsWhole(sample, n) {
				t.Fatalf("Check(%s, %d of %d bytes) = %+v, %v; want a refusal", sample.Name, n, len(content), got, err)
			}
		}
	}
}

// prefixIsWhole reports whether a beginning is a file of its own: the first of two images.
func prefixIsWhole(sample corpus.Sample, n int) bool {
	return sample.Name == "pair.jpg" && bytes.HasSuffix(sample.Content()[:n], []byte("\xff\xd9"))
}

func TestCheck_ErrReader(t *testing.T) {
	t.Parallel()
	broken := errors.New("the store is down")
	for _, sample := range corpus.Benign() {
		content := sample.Content()
		for _, left := range []int{0, 1, len(content) / 2} {
			r := &failing{r: bytes.NewReader(content), left: left, err: broken}
			if got, err := inspect.Check(t.Context(), r, int64(len(content)), sample.Name, corpus.Types()); !errors.Is(err, broken) && r.failed {
				t.Errorf("Check(%s) after %d reads = %+v, %v; want that the store is down", sample.Name, left, got, err)
			}
		}
	}
}

func TestCheck_ErrShorter(t *testing.T) {
	t.Parallel()
	content := corpus.PNG()
	got, err := inspect.Check(t.Context(), bytes.NewReader(content), int64(len(content)+1), "a.png", corpus.Types())
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("Check() of a file that is shorter than its store says = %+v, %v; want %v", got, err, io.ErrUnexpectedEOF)
	}
}

func TestCheck_ErrContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, sample := range corpus.Benign() {
		content := sample.Content()
		if got, err := inspect.Check(ctx, bytes.NewReader(content), int64(len(content)), sample.Name, corpus.Types()); !errors.Is(err, context.Canceled) {
			t.Errorf("Check(%s) = %+v, %v; want that the context ended", sample.Name, got, err)
		}
	}
}

// failing is a reader that fails after some reads.
type failing struct {
	r      io.ReaderAt
	left   int
	err    error
	failed bool
}

// ReadAt implements [io.ReaderAt].
func (f *failing) ReadAt(p []byte, at int64) (int, error) {
	if f.left == 0 {
		f.failed = true
		return 0, f.err
	}
	f.left--
	return f.r.ReadAt(p, at)
}
