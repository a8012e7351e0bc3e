package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/slipway-go/slipway/blob"
	"github.com/slipway-go/slipway/blob/s3"
	"github.com/slipway-go/slipway/blob/s3/s3test"
	"github.com/slipway-go/slipway/config"
	"github.com/slipway-go/slipway/problem"
)

// broken is a store behind a gate.
type broken struct {
	*s3.Store

	server *s3test.Server
	gate   *s3test.Gate
}

const patience = 300 * time.Millisecond

func newBroken(t *testing.T) broken {
	t.Helper()
	server := s3test.Start(t)
	gate := server.Gate(t)
	store, err := s3.Open(s3.Config{URL: gate.URL(), Patience: patience})
	if err != nil {
		t.Fatal(err)
	}
	return broken{store, server, gate}
}

// saysNoSecret fails if an error has what nobody may read.
func saysNoSecret(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{s3test.Key, s3test.Secret, url.QueryEscape(s3test.Secret), "X-Amz-Signature", "uploadId"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the error has %s: %v", secret, err)
		}
	}
}

// calls are all that a store does.
func (b broken) calls() map[string]func(ctx context.Context) error {
	return map[string]func(ctx context.Context) error{
		"Put": func(ctx context.Context) error {
			_, err := b.Put(ctx, "calls/put", strings.NewReader("content"), 10)
			return err
		},
		"Put in parts": func(ctx context.Context) error {
			_, err := b.Put(ctx, "calls/parts", bytes.NewReader(random(1, 9<<20)), 10<<20)
			return err
		},
		"Open":   func(ctx context.Context) error { _, err := b.Open(ctx, "calls/there"); return err },
		"Stat":   func(ctx context.Context) error { _, err := b.Stat(ctx, "calls/there"); return err },
		"Copy":   func(ctx context.Context) error { return b.Copy(ctx, "calls/there", "calls/copy") },
		"Delete": func(ctx context.Context) error { return b.Delete(ctx, "calls/none") },
		"List": func(ctx context.Context) error {
			for _, err := range b.List(ctx, "calls/", "") {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func TestFault_S3FailsForNow(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]s3test.Fault{
		"is down": s3test.Down(), "is busy": s3test.Refuse(http.StatusServiceUnavailable, "SlowDown"), "fails": s3test.Refuse(http.StatusInternalServerError, "InternalError"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBroken(t)
			put(t, b, "calls/there", []byte("there"))
			for what, call := range b.calls() {
				b.gate.Break(fault)
				err := call(t.Context())
				if problem.Status(err) != http.StatusServiceUnavailable {
					t.Errorf("%s = %v, want 503", what, err)
				}
				saysNoSecret(t, err)
				b.gate.Break(s3test.Times(1, fault))
				eventually(t, what, func() error { return call(t.Context()) }) // the breaker may be open
			}
			if left := b.server.Uploads(t); len(left) > 0 {
				t.Errorf("parts of %v are left", left)
			}
		})
	}
}

func eventually(t *testing.T, what string, call func() error) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for err := call(); err != nil; err = call() {
		if time.Now().After(deadline) {
			t.Errorf("%s still fails: %v", what, err)
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

func TestFault_S3Hangs(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]s3test.Fault{"never answers": s3test.Hang(), "trickles": s3test.Trickle(patience / 10)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBroken(t)
			data := random(1, 200<<10)
			put(t, b, "large", data)
			r, err := b.Open(t.Context(), "large")
			if err != nil {
				t.Fatal(err)
			}
			b.gate.Break(fault)
			began := time.Now()
			got, err := io.ReadAll(r)
			if problem.Status(err) != http.StatusServiceUnavailable || !strings.Contains(err.Error(), "within 300ms") || !bytes.HasPrefix(data, got) {
				t.Errorf("read %d bytes, %v: want 503 and the patience", len(got), err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			saysNoSecret(t, err)
		})
	}
	t.Run("and the caller gives up", func(t *testing.T) {
		t.Parallel()
		b := newBroken(t)
		put(t, b, "calls/there", []byte("there"))
		b.gate.Break(s3test.Hang())
		for what, call := range b.calls() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s = %v, want the caller's deadline", what, err)
			}
			cancel()
		}
	})
}

func TestFault_S3Refuses(t *testing.T) {
	t.Parallel()
	for code, c := range map[string]struct {
		status int
		kind   error
		says   string
	}{
		"AccessDenied":          {http.StatusForbidden, nil, "see that the key may list the bucket blobs"},
		"SignatureDoesNotMatch": {http.StatusForbidden, nil, "see that S3_URL has the right key"},
		"RequestTimeTooSkewed":  {http.StatusForbidden, nil, "see that the clocks"},
		"XMinioStorageFull":     {http.StatusInsufficientStorage, blob.ErrFull, ""},
		"QuotaExceeded":         {http.StatusForbidden, blob.ErrFull, ""},
		"EntityTooLarge":        {http.StatusBadRequest, blob.ErrTooLarge, ""},
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			b := newBroken(t)
			b.gate.Break(s3test.Refuse(c.status, code))
			before := b.gate.Calls()
			_, err := b.Put(t.Context(), "a", strings.NewReader("content"), 10)
			if err == nil || c.kind != nil && !errors.Is(err, c.kind) || !strings.Contains(err.Error(), code) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("Put() = %v, want %v and %q", err, c.kind, c.says)
			}
			if n := b.gate.Calls() - before; n != 1 {
				t.Errorf("it was asked %d times, want once", n)
			}
			saysNoSecret(t, err)
		})
	}
	t.Run("a wrong secret", func(t *testing.T) {
		t.Parallel()
		server := s3test.Start(t)
		wrong := strings.Replace(server.URL().Reveal(), "made%20up", "mistaken", 1)
		store, err := s3.Open(s3.Config{URL: config.Secret(wrong)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = store.Put(t.Context(), "a", strings.NewReader("content"), 10)
		if err == nil || !strings.Contains(err.Error(), "see that S3_URL has the right key, secret and region") {
			t.Errorf("Put() = %v, want it to tell of the secret", err)
		}
		saysNoSecret(t, err)
	})
}

func TestFault_TheBucketIsMissing(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	store, err := s3.Open(s3.Config{URL: config.Secret(strings.Replace(server.URL().Reveal(), "/"+s3test.Bucket, "/absent", 1))})
	if err != nil {
		t.Fatal(err)
	}
	for what, call := range (broken{Store: store}).calls() {
		if err := call(t.Context()); err == nil || errors.Is(err, blob.ErrNotFound) || !strings.Contains(err.Error(), "there is no bucket absent: make it") {
			t.Errorf("%s = %v, want it to tell of the bucket", what, err)
		}
	}
}

func isPart(number string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.URL.Query().Get("partNumber") == number }
}

func isPost(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Query().Has("uploadId")
}

func TestFault_APutIsCut(t *testing.T) {
	t.Parallel()
	data := random(5, 20<<20)

	t.Run("Always", func(t *testing.T) {
		t.Parallel()
		b := newBroken(t)
		put(t, b, "a", []byte("before"))
		b.gate.Break(s3test.When(isPart("2"), s3test.CutRequest(1<<20)))
		_, err := b.Put(t.Context(), "a", bytes.NewReader(data), 1<<30)
		if problem.Status(err) != http.StatusServiceUnavailable || !strings.Contains(err.Error(), "send part 2") {
			t.Errorf("Put() = %v, want 503", err)
		}
		saysNoSecret(t, err)
		b.gate.Mend()
		if got := get(t, b, "a"); string(got) != "before" {
			t.Errorf("there is %.20q, want what was there before", got)
		}
		if left := b.server.Uploads(t); len(left) > 0 {
			t.Errorf("parts of %v are left", left)
		}
	})
	t.Run("Once", func(t *testing.T) {
		t.Parallel()
		b := newBroken(t)
		b.gate.Break(s3test.When(isPart("2"), s3test.Times(1, s3test.CutRequest(1<<20))))
		put(t, b, "a", data)
		if !bytes.Equal(get(t, b, "a"), data) {
			t.Error("another content came back")
		}
	})
	t.Run("The last answer is lost", func(t *testing.T) {
		t.Parallel()
		b := newBroken(t)
		b.gate.Break(s3test.When(isPost, s3test.CutAnswer(0)))
		put(t, b, "a", data)
		if !bytes.Equal(get(t, b, "a"), data) {
			t.Error("another content came back")
		}
	})
}

func TestFault_AnAnswerIsCut(t *testing.T) {
	t.Parallel()
	isGet := func(r *http.Request) bool { return r.Method == http.MethodGet }
	data := random(6, 2<<20)

	t.Run("Always", func(t *testing.T) {
		t.Parallel()
		b := newBroken(t)
		put(t, b, "a", data)
		r, err := b.Open(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		b.gate.Break(s3test.When(isGet, s3test.CutAnswer(0)))
		if n, err := r.ReadAt(make([]byte, 100), 1000); err == nil || n != 0 {
			t.Errorf("ReadAt() = %d, %v, want an error", n, err)
		}
		if got, err := io.ReadAll(r); err == nil || len(got) != 0 {
			t.Errorf("read %d bytes, %v, want an error", len(got), err)
		}
	})
	t.Run("It is no end of the object", func(t *testing.T) {
		t.Parallel()
		for name, fault := range map[string]s3test.Fault{"down": s3test.Down(), "cut": s3test.CutAnswer(0)} {
			b := newBroken(t)
			put(t, b, "a", data)
			r, err := b.Open(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			b.gate.Break(s3test.When(isGet, fault))
			_, reading := io.ReadAll(r)
			_, readingAt := r.ReadAt(make([]byte, 100), 1000)
			for _, err := range []error{reading, readingAt} {
				if problem.Status(err) != http.StatusServiceUnavailable || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%s: %v, want 503 and nothing by which a decoder takes it for the end", name, err)
				}
			}
		}
	})
	t.Run("Once in each piece", func(t *testing.T) {
		t.Parallel()
		b := newBroken(t)
		put(t, b, "a", data)
		b.gate.Break(s3test.When(isGet, s3test.CutAnswer(100_000)))
		if !bytes.Equal(get(t, b, "a"), data) {
			t.Error("another content came back")
		}
	})
	t.Run("It is garbage", func(t *testing.T) {
		t.Parallel()
		b := newBroken(t)
		put(t, b, "a", data)
		r, err := b.Open(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		b.gate.Break(s3test.Say(http.StatusOK, "<html>\x00 sign in \x1b[31m to the network</html>"))
		if got, err := io.ReadAll(r); err == nil || len(got) > 0 {
			t.Errorf("read %.50q, %v, want an error", got, err)
		}
		for what, call := range b.calls() {
			if what == "List" || what == "Copy" || what == "Put in parts" { // the others need no more than the head
				if err := call(t.Context()); err == nil || strings.ContainsAny(err.Error(), "\x00\x1b") {
					t.Errorf("%s = %q, want an error", what, err)
				}
			}
		}
	})
}

func TestStore_sweepNow(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	store, core := open(t, server), minio.Core{Client: server.Client(t)}
	for _, key := range []string{"mine/left", "others/left"} {
		if _, err := core.NewMultipartUpload(t.Context(), s3test.Bucket, key, minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s3.SweepNow(store, t.Context(), "mine/", time.Now().Add(-time.Hour))
	if left := server.Uploads(t); !slices.Equal(slices.Sorted(slices.Values(left)), []string{"mine/left", "others/left"}) {
		t.Errorf("uploads of %v are left, want both: they are young", left)
	}
	s3.SweepNow(store, t.Context(), "mine/", time.Now().Add(time.Hour))
	if left := server.Uploads(t); !slices.Equal(left, []string{"others/left"}) {
		t.Errorf("uploads of %v are left, want those of others", left)
	}
}
