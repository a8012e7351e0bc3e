package blobtest

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

func listsNothing(w *world) {
	w.Helper()
	for _, prefix := range []string{"", "a", "a/", "a/b"} {
		if got := w.keys(prefix, ""); len(got) > 0 {
			w.Errorf("List(%q) of an empty store tells of %q", prefix, got)
		}
	}
}

// orderly are keys in their order, which is not that of the names in each folder.
func orderly() []string {
	return []string{"a-b", "a-b.c/x", "a.b", "a/-", "a/0", "a/b/c", "a/b0", "a0", "a_/x", "ab", "b/a/a/a", "b/b"}
}

func (w *world) fill() {
	w.Helper()
	all := orderly()
	for _, i := range []int{5, 0, 11, 3, 1, 9, 2, 10, 4, 8, 6, 7} {
		w.put(all[i], all[i])
	}
}

func listsInTheOrderOfKeys(w *world) {
	w.Helper()
	w.fill()
	if got := w.keys("", ""); !slices.Equal(got, orderly()) {
		w.Errorf("List() tells of %q, want %q", got, orderly())
	}
	for info, err := range w.store.List(w.Context(), "", "") {
		if known, _ := w.store.Stat(w.Context(), info.Key); err != nil || info != known || info.Size != int64(len(info.Key)) {
			w.Errorf("List() tells %+v, %v, want what Stat does: %+v", info, err, known)
		}
	}
	for info, err := range w.store.List(w.Context(), "", "") {
		if err != nil || info.Key == orderly()[3] {
			break // it bears that
		}
	}
}

func listsByPrefix(w *world) {
	w.Helper()
	w.fill()
	for _, prefix := range []string{"a", "a-", "a.", "a/", "a/b", "a/b/", "a/b/c", "a/b/cd", "a_", "b/a/a", "c", "a/b0/"} {
		want := slices.DeleteFunc(orderly(), func(key string) bool { return !strings.HasPrefix(key, prefix) })
		if got := w.keys(prefix, ""); !slices.Equal(got, want) {
			w.Errorf("List(%q) tells of %q, want %q", prefix, got, want)
		}
	}
}

func listsFromBehindAKey(w *world) {
	w.Helper()
	w.fill()
	for _, prefix := range []string{"", "a", "a/", "b/"} {
		for _, after := range append(orderly(), "a", "a/", "a/b", "a/b/", "a/zzz", "z", "0") {
			want := slices.DeleteFunc(orderly(), func(key string) bool { return key <= after || !strings.HasPrefix(key, prefix) })
			if got := w.keys(prefix, after); !slices.Equal(got, want) {
				w.Errorf("List(%q, %q) tells of %q, want %q", prefix, after, got, want)
			}
		}
	}
}

// listsThousands is more than S3 tells at once.
func listsThousands(w *world) {
	w.Helper()
	const objects = 2_100
	var writers errgroup.Group
	writers.SetLimit(8)
	want := make([]string, objects)
	for i := range want {
		want[i] = fmt.Sprintf("many/%02d/%04d", i%3, i)
		writers.Go(func() error {
			_, err := w.store.Put(w.Context(), want[i], strings.NewReader("x"), 1)
			return err
		})
	}
	if err := writers.Wait(); err != nil {
		w.Fatal(err)
	}
	slices.Sort(want)
	if got := w.keys("many/", ""); !slices.Equal(got, want) {
		w.Errorf("List() tells of %d keys, want the %d that there are, in order", len(got), objects)
	}
	if got := w.keys("many/", want[objects-2]); !slices.Equal(got, want[objects-1:]) {
		w.Errorf("List() from behind the last but one tells of %q, want %q", got, want[objects-1:])
	}
}
