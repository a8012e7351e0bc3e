package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/slipway-go/slipway/blob"
)

// even returns a content by which one sees that it is whole: its size is that of its letter.
func even(i int) string { return strings.Repeat(string(rune('a'+i%26)), 1+i%26*11_111) }

// uneven tells what is wrong with a content that should be one of even.
func uneven(b []byte) error {
	if len(b) == 0 || bytes.Count(b, b[:1]) != len(b) || len(b) != 1+int(b[0]-'a')*11_111 {
		return fmt.Errorf("%d bytes from %.10q to %.10q are no whole object", len(b), b, b[max(0, len(b)-10):])
	}
	return nil
}

// hasAnObjectWholeOrNot has many write, copy, delete and read two keys at once.
func hasAnObjectWholeOrNot(w *world) {
	w.Helper()
	const rounds = 60
	var all, writers sync.WaitGroup
	done := make(chan struct{})
	repeat := func(what string, do func(i int) error) {
		writers.Go(func() {
			for i := range rounds {
				if err := do(i); err != nil && !errors.Is(err, blob.ErrNotFound) {
					w.Errorf("%s: %v", what, err)
				}
			}
		})
	}
	for n := range 3 {
		repeat("write", func(i int) error {
			_, err := w.store.Put(w.Context(), "x/a", strings.NewReader(even(i+n*9)), plenty)
			return err
		})
	}
	repeat("copy", func(int) error { return w.store.Copy(w.Context(), "x/a", "x/b") })
	repeat("delete", func(int) error {
		return errors.Join(w.store.Delete(w.Context(), "x/a"), w.store.Delete(w.Context(), "x/b"))
	})
	for _, key := range []string{"x/a", "x/b"} {
		all.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					w.whole(key)
				}
			}
		})
	}
	writers.Wait()
	close(done)
	all.Wait()
}

// whole reads an object that others change, if there is one.
func (w *world) whole(key string) {
	w.Helper()
	r, err := w.store.Open(w.Context(), key)
	if errors.Is(err, blob.ErrNotFound) {
		return
	}
	if err != nil {
		w.Errorf("Open() = %v", err)
		return
	}
	defer w.closed(r)
	b, err := io.ReadAll(r)
	switch {
	case err != nil:
		return // a store may refuse to go on with one that has changed
	case int64(len(b)) != r.Info().Size:
		w.Errorf("%d bytes were read of an object of %d", len(b), r.Info().Size)
	case uneven(b) != nil:
		w.Error(uneven(b))
	}
}

// losesNoObjectToADeletionBesideIt has each of many write and delete in a folder that is empty
// again and again.
func losesNoObjectToADeletionBesideIt(w *world) {
	w.Helper()
	g, ctx := errgroup.WithContext(w.Context())
	for n := range 6 {
		g.Go(func() error {
			for i := range 40 {
				if err := w.comesAndGoes(ctx, fmt.Sprintf("deep/er/%d", n), even(i%3)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		w.Error(err)
	}
	if got := w.keys("", ""); len(got) > 0 {
		w.Errorf("there are still %q", got)
	}
}

func (w *world) comesAndGoes(ctx context.Context, key, content string) error {
	if _, err := w.store.Put(ctx, key, strings.NewReader(content), plenty); err != nil {
		return err
	}
	if _, err := w.store.Stat(ctx, key); err != nil {
		return fmt.Errorf("just after it was written: %w", err)
	}
	return w.store.Delete(ctx, key)
}
