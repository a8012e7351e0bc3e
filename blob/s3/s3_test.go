package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/s3"
	"github.com/slipway-go/slipway/blob/s3/s3test"
)

func open(t *testing.T, server *s3test.Server) *s3.Store {
	t.Helper()
	store, err := s3.Open(s3.Config{URL: server.URL()})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// random returns bytes that are the same for a seed.
func random(seed uint64, size int) []byte {
	data := make([]byte, size)
	if _, err := rand.NewChaCha8([32]byte{byte(seed)}).Read(data); err != nil {
		panic(err)
	}
	return data
}

func put(t *testing.T, store blob.Store, key string, data []byte) {
	t.Helper()
	if _, err := store.Put(t.Context(), key, bytes.NewReader(data), int64(len(data))); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, store blob.Store, key string) []byte {
	t.Helper()
	r, err := store.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// What a person is shown names the bucket, and nothing by which one gets in.
func TestStore_String(t *testing.T) {
	t.Parallel()
	store, err := s3.Open(s3.Config{URL: "https://KEY:SECRET@s3.example:9000/shop-files?region=us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := store.String(), "bucket shop-files of s3.example:9000"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func TestStore_Put(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	store := open(t, server)

	t.Run("What breaks off leaves what was there", func(t *testing.T) {
		for _, size := range []int{1000, 20 << 20} {
			put(t, store, "cut/a", []byte("before"))
			cut := io.MultiReader(bytes.NewReader(random(1, size)), iotest.ErrReader(errors.New("gone")))
			if _, err := store.Put(t.Context(), "cut/a", cut, 1<<30); err == nil || !strings.Contains(err.Error(), "gone") {
				t.Errorf("Put() = %v, want what the reader said", err)
			}
			if got := get(t, store, "cut/a"); string(got) != "before" {
				t.Errorf("there is %.20q, want what was there before", got)
			}
		}
		if left := server.Uploads(t); len(left) > 0 {
			t.Errorf("parts of %v are left", left)
		}
	})
	t.Run("ErrTooLarge", func(t *testing.T) {
		for _, limit := range []int{0, 10, 8 << 20, 17 << 20} {
			_, err := store.Put(t.Context(), "large/a", bytes.NewReader(random(1, limit+1)), int64(limit))
			if !errors.Is(err, blob.ErrTooLarge) {
				t.Errorf("Put() of one more than %d bytes = %v, want ErrTooLarge", limit, err)
			}
		}
		if keys := server.Keys(t); slices.Contains(keys, "large/a") {
			t.Error("the object is there")
		}
	})
	t.Run("Sizes around that of a part", func(t *testing.T) {
		for _, size := range []int{0, 1, 8<<20 - 1, 8 << 20, 8<<20 + 1, 24 << 20} {
			data := random(2, size)
			info, err := store.Put(t.Context(), "sizes/a", iotest.HalfReader(bytes.NewReader(data)), int64(size))
			if err != nil || info.Size != int64(size) || info.Key != "sizes/a" {
				t.Errorf("Put() of %d bytes = %+v, %v", size, info, err)
			}
			if got := get(t, store, "sizes/a"); !bytes.Equal(got, data) {
				t.Errorf("%d bytes came back as %d others", size, len(got))
			}
		}
	})
	t.Run("Nobody is left to wait", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := store.Put(ctx, "sizes/b", strings.NewReader("x"), 10); !errors.Is(err, context.Canceled) {
			t.Errorf("Put() = %v, want context.Canceled", err)
		}
	})
}

func TestStore_Open(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	store := open(t, server)
	data := random(3, 3<<20)

	t.Run("ErrNotFound", func(t *testing.T) {
		if _, err := store.Open(t.Context(), "none"); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Open() = %v, want ErrNotFound", err)
		}
	})
	t.Run("An object that was replaced", func(t *testing.T) {
		put(t, store, "replaced", data)
		r, err := store.Open(t.Context(), "replaced")
		if err != nil {
			t.Fatal(err)
		}
		put(t, store, "replaced", random(4, 3<<20))
		got, err := io.ReadAll(r)
		if !errors.Is(err, blob.ErrNotFound) || !bytes.HasPrefix(data, got) {
			t.Errorf("read %d bytes, %v: want ErrNotFound and no byte of the other", len(got), err)
		}
		if _, err := r.ReadAt(make([]byte, 10), 100); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("ReadAt() = %v, want ErrNotFound", err)
		}
	})
	t.Run("From anywhere", func(t *testing.T) {
		put(t, store, "whole", data)
		r, err := store.Open(t.Context(), "whole")
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(r, data); err != nil {
			t.Error(err)
		}
	})
}
