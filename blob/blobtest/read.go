package blobtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
)

func tellsWhatIsNotThere(w *world) {
	w.Helper()
	w.put("a/b", "there")
	for _, key := range []string{"b", "a", "a/b/c", "a/c"} {
		w.hasNot(key)
	}
}

func readsFromAnywhere(w *world) {
	w.Helper()
	content := pattern(300 << 10)
	w.put("a", content)
	r := w.open(w.Context(), "a")
	for _, at := range []struct {
		offset int64
		whence int
		want   int
	}{
		{0, io.SeekStart, 0},
		{200 << 10, io.SeekStart, 200 << 10},
		{-5, io.SeekEnd, len(content) - 5},
		{-10, io.SeekCurrent, len(content) - 10},
		{0, io.SeekEnd, len(content)},
	} {
		got, err := r.Seek(at.offset, at.whence)
		if err != nil || got != int64(at.want) {
			w.Fatalf("Seek(%d, %d) = %d, %v, want %d", at.offset, at.whence, got, err, at.want)
		}
		b := make([]byte, 5)
		n, err := io.ReadFull(r, b)
		want := content[at.want:min(len(content), at.want+5)]
		if string(b[:n]) != want || n == 0 && !errors.Is(err, io.EOF) {
			w.Errorf("read %q, %v at %d, want %q", b[:n], err, at.want, want)
		}
	}
	if at, err := r.Seek(-1, io.SeekStart); err == nil {
		w.Errorf("Seek() before the start = %d, want an error", at)
	}
	readsAt(w, r, content)
}

func readsAt(w *world, r io.ReaderAt, content string) {
	w.Helper()
	b := make([]byte, 10)
	if n, err := r.ReadAt(b, 1000); n != 10 || err != nil && !errors.Is(err, io.EOF) || string(b) != content[1000:1010] {
		w.Errorf("ReadAt(1000) = %d, %v: %q, want %q", n, err, b, content[1000:1010])
	}
	if n, err := r.ReadAt(b, int64(len(content)-4)); n != 4 || !errors.Is(err, io.EOF) || string(b[:n]) != content[len(content)-4:] {
		w.Errorf("ReadAt() across the end = %d, %v, want 4 bytes and io.EOF", n, err)
	}
	if n, err := r.ReadAt(b, int64(len(content)+4)); n != 0 || !errors.Is(err, io.EOF) {
		w.Errorf("ReadAt() behind the end = %d, %v, want io.EOF", n, err)
	}
	if n, err := r.ReadAt(b, -1); n != 0 || err == nil || errors.Is(err, io.EOF) {
		w.Errorf("ReadAt() before the start = %d, %v, want an error", n, err)
	}
}

func readsAtSeveralPlacesAtOnce(w *world) {
	w.Helper()
	content := pattern(1 << 20)
	w.put("a", content)
	r := w.open(w.Context(), "a")
	var all sync.WaitGroup
	for i := range 16 {
		all.Go(func() {
			b, at := make([]byte, 1000), i*60_000
			if n, err := r.ReadAt(b, int64(at)); err != nil || string(b) != content[at:at+1000] {
				w.Errorf("ReadAt(%d) = %d, %v, and not what is there", at, n, err)
			}
		})
	}
	all.Wait()
}

func readsNoMoreWhenItsContextIsDone(w *world) {
	w.Helper()
	w.put("a", pattern(9<<20))
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	r := w.open(ctx, "a")
	b := make([]byte, 5)
	if _, err := io.ReadFull(r, b); err != nil {
		w.Fatal(err)
	}
	cancel()
	if n, err := r.ReadAt(b, 8<<20); !errors.Is(err, context.Canceled) {
		w.Errorf("ReadAt() = %d, %v, want context.Canceled", n, err)
	}
	if n, err := io.Copy(io.Discard, struct{ io.Reader }{r}); !errors.Is(err, context.Canceled) {
		w.Errorf("%d bytes were read to the end, %v, want context.Canceled", n, err)
	}
}

// readsOneObjectWhileItIsReplaced lets a store refuse to go on, but not mix.
func readsOneObjectWhileItIsReplaced(w *world) {
	w.Helper()
	for what, change := range map[string]func(key string) error{
		"replaced": func(key string) error {
			_, err := w.store.Put(w.Context(), key, strings.NewReader(strings.Repeat("b", 9<<20)), plenty)
			return err
		},
		"deleted": func(key string) error { return w.store.Delete(w.Context(), key) },
	} {
		w.put(what, strings.Repeat("a", 9<<20))
		r := w.open(w.Context(), what)
		head, err := io.ReadAll(io.LimitReader(r, 1000))
		if err != nil {
			w.Fatal(err)
		}
		if err := change(what); err != nil {
			w.Fatal(err)
		}
		rest, err := io.ReadAll(r)
		if err == nil && len(head)+len(rest) != 9<<20 {
			w.Errorf("%s: %d bytes were read in all, want the whole", what, len(head)+len(rest))
		}
		if strings.Contains(string(rest), "b") {
			w.Errorf("%s: the rest is of the other object", what)
		}
		if _, err := r.Seek(0, io.SeekStart); err == nil {
			again, _ := io.ReadAll(io.LimitReader(r, 1000)) // a store may refuse
			if strings.Contains(string(again), "b") {
				w.Errorf("%s: what is read again is of the other object", what)
			}
		}
	}
}
