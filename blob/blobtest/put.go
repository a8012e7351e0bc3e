package blobtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing/iotest"
	"time"

	"github.com/slipway-go/slipway/blob"
)

// hostile are keys that are none. Some would lead somewhere on a file system, some would on
// another store.
func hostile() map[string]string {
	return map[string]string{
		"nothing": "", "a folder above": "../a", "a folder above, within": "a/../../b", "itself": ".", "a hidden file": "a/.b",
		"an absolute path": "/etc/passwd", "an empty part": "a//b", "a folder": "a/", "NUL": "a\x00b", "a line break": "a\nb",
		"upper case": "Photo", "a backslash": `a\b`, "a drive": "c:a", "an escape": "a%2fb", "a query": "a?b", "a space": "a b",
		"letters of others": "photo-é", "no text": "a\xffb", "513 bytes": strings.Repeat("a/", 256) + "a", "a part of 201 bytes": strings.Repeat("a", 201),
	}
}

func refusesHostileKeys(w *world) {
	w.Helper()
	w.put("a/b", "there")
	for what, key := range hostile() {
		_, put := w.store.Put(w.Context(), key, strings.NewReader("x"), 10)
		_, opened := w.store.Open(w.Context(), key)
		_, stat := w.store.Stat(w.Context(), key)
		_, get := w.store.SignGet(w.Context(), key, blob.Link{Expires: time.Minute})
		_, post := w.store.SignPost(w.Context(), key, blob.Policy{Expires: time.Minute, MaxSize: 1})
		for method, err := range map[string]error{
			"Put": put, "Open": opened, "Stat": stat, "SignGet": get, "SignPost": post,
			"Copy from": w.store.Copy(w.Context(), key, "b"), "Copy to": w.store.Copy(w.Context(), "a/b", key), "Delete": w.store.Delete(w.Context(), key),
		} {
			if err == nil || errors.Is(err, blob.ErrNotFound) {
				w.Errorf("%s takes %s for a key: %q: %v", method, what, key, err)
			}
		}
	}
	w.has("a/b", "there")
}

func refusesHostilePrefixes(w *world) {
	w.Helper()
	w.put("a/b", "there")
	for _, prefix := range []string{"..", "../", "/", "a//", "a/../", "A", "a\x00", strings.Repeat("a/", 256)} {
		n := 0
		for info, err := range w.store.List(w.Context(), prefix, "") {
			if n++; err == nil {
				w.Errorf("List(%q) tells of %s", prefix, info.Key)
			}
		}
		if n != 1 {
			w.Errorf("List(%q) yields %d times, want one error", prefix, n)
		}
	}
}

func doesNothingWhenItsContextIsDone(w *world) {
	w.Helper()
	w.put("a", "there")
	ctx, cancel := context.WithCancel(w.Context())
	cancel()
	_, put := w.store.Put(ctx, "a", strings.NewReader("x"), 10)
	_, opened := w.store.Open(ctx, "a")
	_, stat := w.store.Stat(ctx, "a")
	var listed error
	for _, listed = range w.store.List(ctx, "", "") {
		break
	}
	for method, err := range map[string]error{
		"Put": put, "Open": opened, "Stat": stat, "Copy": w.store.Copy(ctx, "a", "b"), "Delete": w.store.Delete(ctx, "a"), "List": listed,
	} {
		if !errors.Is(err, context.Canceled) {
			w.Errorf("%s = %v, want context.Canceled", method, err)
		}
	}
	w.has("a", "there")
	w.hasNot("b")
}

var errTorn = errors.New("the content is torn")

func keepsWhatWasThereWhenTheContentFails(w *world) {
	w.Helper()
	w.put("old", "there")
	for _, size := range []int{0, 5, 300 << 10, 9 << 20} {
		for _, key := range []string{"old", "new"} {
			torn := io.MultiReader(strings.NewReader(strings.Repeat("x", size)), iotest.ErrReader(errTorn))
			if _, err := w.store.Put(w.Context(), key, torn, plenty); !errors.Is(err, errTorn) {
				w.Errorf("Put() of a content that fails after %d bytes = %v, want its error", size, err)
			}
		}
	}
	w.has("old", "there")
	w.hasNot("new")
}

func keepsWhatWasThereWhenTheContextEnds(w *world) {
	w.Helper()
	w.put("old", "there")
	for _, key := range []string{"old", "new"} {
		ctx, cancel := context.WithCancel(w.Context())
		r := &countingReader{endless: true, at: 200 << 10, then: cancel}
		if _, err := w.store.Put(ctx, key, r, plenty); !errors.Is(err, context.Canceled) {
			w.Errorf("Put() whose context ends in the middle = %v, want context.Canceled", err)
		}
		cancel()
	}
	w.has("old", "there")
	w.hasNot("new")
}

func refusesWhatIsLongerThanTheLimit(w *world) {
	w.Helper()
	w.put("old", "there")
	for _, limit := range []int{0, 9, 300 << 10} {
		for _, key := range []string{"old", "new"} {
			if _, err := w.store.Put(w.Context(), key, strings.NewReader(strings.Repeat("x", limit+1)), int64(limit)); !errors.Is(err, blob.ErrTooLarge) {
				w.Errorf("Put() of a byte more than %d = %v, want ErrTooLarge", limit, err)
			}
		}
	}
	w.has("old", "there")
	w.hasNot("new")
	exact := strings.Repeat("x", 300<<10)
	if _, err := w.store.Put(w.Context(), "exact", strings.NewReader(exact), int64(len(exact))); err != nil {
		w.Errorf("Put() of as much as may be = %v", err)
	}
	w.has("exact", exact)
}

func stopsReadingAnEndlessContent(w *world) {
	w.Helper()
	const limit, slack = 1 << 20, 1 << 20
	r := &countingReader{endless: true}
	if _, err := w.store.Put(w.Context(), "endless", r, limit); !errors.Is(err, blob.ErrTooLarge) {
		w.Errorf("Put() of an endless content = %v, want ErrTooLarge", err)
	}
	if read := r.read.Load(); read > limit+slack {
		w.Errorf("Put() read %d bytes, though %d were the limit", read, limit)
	}
	w.hasNot("endless")
}

func writesWhatItIsGiven(w *world) {
	w.Helper()
	for key, size := range map[string]int{"none": 0, "one": 1, "more-than-a-buffer": 300<<10 + 1, "more-than-a-part": 17<<20 + 1} {
		content := pattern(size)
		before := time.Now().Add(-2 * time.Second) // clocks of stores count seconds
		info, err := w.store.Put(w.Context(), key, strings.NewReader(content), int64(size))
		if err != nil || info.Key != key || info.Size != int64(size) {
			w.Fatalf("Put(%s) = %+v, %v, want %d bytes", key, info, err, size)
		}
		w.has(key, content)
		info, err = w.store.Stat(w.Context(), key)
		if err != nil || info.Key != key || info.Size != int64(size) || info.Modified.Before(before) || info.Modified.After(time.Now().Add(2*time.Second)) {
			w.Errorf("Stat(%s) = %+v, %v, want %d bytes of now", key, info, err, size)
		}
	}
	w.put("slowly", "x")
	if _, err := w.store.Put(w.Context(), "slowly", iotest.OneByteReader(strings.NewReader("by and by")), 9); err != nil {
		w.Errorf("Put() of a content that comes byte by byte = %v", err)
	}
	w.has("slowly", "by and by")
}

// longestFolder is how much of a key's length blob.Below may take from a store.
const longestFolder = 32

func takesEveryGoodKey(w *world) {
	w.Helper()
	part := strings.Repeat("p", blob.MaxPart)
	for _, key := range []string{
		"a-b_c.d0", "0", "-", "_", "a..b", "a.", "-r/f", "con", "1/2/3/4/5/6/7/8/9",
		part + "/" + part + "/" + strings.Repeat("q", blob.MaxKey-2*(blob.MaxPart+1)-longestFolder),
	} {
		w.put(key, "content of "+key)
		w.has(key, "content of "+key)
	}
}

func replacesAnObject(w *world) {
	w.Helper()
	for _, content := range []string{"the first", "a second that is longer", "short", ""} {
		w.put("a/b", content)
		w.has("a/b", content)
	}
}

// pattern returns so many bytes, no part of which is like its neighbours.
func pattern(size int) string {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte((i ^ i>>8 ^ i>>16) & 0xff)
	}
	return string(b)
}

// A countingReader gives bytes, calls then behind so many of them, and counts. What it counted
// may be looked at while a client still sends: it is answered before it has ended.
type countingReader struct {
	endless bool
	size    int64
	at      int64
	then    func()
	read    atomic.Int64
}

func (r *countingReader) Read(b []byte) (int, error) {
	if !r.endless {
		left := r.size - r.read.Load()
		if left <= 0 {
			return 0, io.EOF
		}
		b = b[:min(int64(len(b)), left)]
	}
	clear(b)
	if read := r.read.Add(int64(len(b))); r.then != nil && read >= r.at {
		r.then()
	}
	return len(b), nil
}
