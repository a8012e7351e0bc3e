package blobtest

import (
	"errors"
	"slices"
	"time"

	"github.com/slipway-go/slipway/blob"
)

func refusesToCopyWhatIsNotThere(w *world) {
	w.Helper()
	w.put("folder/a", "there")
	for _, from := range []string{"b", "folder", "folder/a/b"} {
		for _, to := range []string{"folder/a", "new"} {
			if err := w.store.Copy(w.Context(), from, to); !errors.Is(err, blob.ErrNotFound) {
				w.Errorf("Copy(%s, %s) = %v, want ErrNotFound", from, to, err)
			}
		}
	}
	w.has("folder/a", "there")
	w.hasNot("new")
}

func (w *world) copy(from, to string) {
	w.Helper()
	if err := w.store.Copy(w.Context(), from, to); err != nil {
		w.Fatalf("Copy(%s, %s) = %v", from, to, err)
	}
}

func copiesAnObject(w *world) {
	w.Helper()
	content := pattern(9 << 20)
	w.put("from/a", content)
	before := time.Now().Add(-2 * time.Second)
	w.copy("from/a", "to/b/c")
	w.has("to/b/c", content)
	w.has("from/a", content)
	if info, err := w.store.Stat(w.Context(), "to/b/c"); err != nil || info.Modified.Before(before) {
		w.Errorf("Stat() of a copy = %+v, %v, want one of now", info, err)
	}
	w.copy("from/a", "from/a")
	w.has("from/a", content)
}

func copiesAnObjectOverAnother(w *world) {
	w.Helper()
	w.put("a", "the new")
	w.put("b", "the old one")
	for range 2 {
		w.copy("a", "b")
		w.has("b", "the new")
		w.has("a", "the new")
	}
	if got := w.keys("", ""); !slices.Equal(got, []string{"a", "b"}) {
		w.Errorf("there are %q, want a and b", got)
	}
}

func keepsACopyApart(w *world) {
	w.Helper()
	w.put("a", "the origin")
	w.copy("a", "b")
	w.put("a", "something else")
	w.has("b", "the origin")
	w.copy("b", "c")
	w.delete("b")
	w.has("c", "the origin")
	w.hasNot("b")
}

func (w *world) delete(key string) {
	w.Helper()
	if err := w.store.Delete(w.Context(), key); err != nil {
		w.Fatalf("Delete(%s) = %v", key, err)
	}
}

func deletesOneObjectOnly(w *world) {
	w.Helper()
	for _, key := range []string{"a/b", "a/bc", "a/d/e", "f"} {
		w.put(key, key)
	}
	for _, key := range []string{"a", "a/d", "a/b/c", "x/y"} {
		w.delete(key) // there is none
	}
	for range 2 {
		w.delete("a/b")
		w.hasNot("a/b")
	}
	w.delete("a/d/e")
	if got := w.keys("", ""); !slices.Equal(got, []string{"a/bc", "f"}) {
		w.Errorf("there are %q, want a/bc and f", got)
	}
	w.put("a/d", "where a folder was")
	w.has("a/d", "where a folder was")
}
