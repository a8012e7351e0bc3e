package inspect_test

import (
	"bytes"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/slipway-go/slipway/modules/files/internal/inspect"
	"github.com/slipway-go/slipway/modules/files/internal/inspect/corpus"
)

// BenchmarkCheck looks at files of about 100 MB, which is what an upload costs beside its copy.
func BenchmarkCheck(b *testing.B) {
	for name, content := range map[string][]byte{
		"video.mp4": large(corpus.MP4(), 100<<20),
		"bill.pdf":  largePDF(),
		"notes.txt": []byte(strings.Repeat("a line of a text, with an Ümlaut\n", 3<<20)),
		"files.zip": corpus.Zip("noise", string(noise(50<<20))),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			reads := &counting{r: bytes.NewReader(content)}
			for b.Loop() {
				if v, err := inspect.Check(b.Context(), reads, int64(len(content)), name, corpus.Types()); err != nil || !v.OK() {
					b.Fatalf("Check(%s) = %+v, %v", name, v, err)
				}
			}
			b.ReportMetric(float64(reads.n)/float64(b.N), "reads/op")
		})
	}
}

func noise(n int) []byte {
	random := rand.NewChaCha8([32]byte{1})
	b := make([]byte, n)
	_, _ = random.Read(b) // it never fails
	return b
}

// large returns a video with so many bytes of pixels, at its end.
func large(video []byte, n int) []byte {
	at := bytes.Index(video, []byte("mdat")) - 4
	return append(append(append(video[:at:at], byte(n>>24), byte(n>>16), byte(n>>8), byte(n)), "mdat"...), noise(n-8)...)
}

// largePDF returns a document with a large image.
func largePDF() []byte {
	document := corpus.PDF()
	at := bytes.Index(document, []byte("xref"))
	stream := "9 0 obj\n<</Length 104857600/Filter/DCTDecode>>\nstream\n" + string(noise(100<<20)) + "\nendstream\nendobj\n"
	return append([]byte(string(document[:at])+stream), document[at:]...)
}

// counting counts the reads.
type counting struct {
	r io.ReaderAt
	n int
}

// ReadAt implements [io.ReaderAt].
func (c *counting) ReadAt(p []byte, at int64) (int, error) {
	c.n++
	return c.r.ReadAt(p, at)
}
