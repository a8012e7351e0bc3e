package s2s_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/s2s"
)

func withTimeout(t *testing.T, d time.Duration) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithTimeout(t.Context(), d)
}

func request(ctx context.Context, t *testing.T, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://catalog/quotes?a=b", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type contextKey struct{}

func TestLocal(t *testing.T) {
	t.Parallel()

	t.Run("passes bytes, the deadline and nothing else", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := withTimeout(t, time.Minute)
		defer cancel()
		ctx = context.WithValue(ctx, contextKey{}, "the caller's own")
		resp, err := s2s.Local(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, ok := r.Context().Deadline(); !ok || r.Context().Value(contextKey{}) != nil || r.URL.Host != "" {
				t.Errorf("context = %v, host = %q", r.Context(), r.URL.Host)
			}
			b, _ := io.ReadAll(r.Body)
			w.Header().Set("X-Answer", "yes")
			w.WriteHeader(http.StatusTeapot)
			_, _ = w.Write(append(b, r.URL.RawQuery...))
		})).RoundTrip(request(ctx, t, "hello "))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		if resp.StatusCode != http.StatusTeapot || string(b) != "hello a=b" || resp.Header.Get("X-Answer") != "yes" {
			t.Errorf("answer = %d %s %v", resp.StatusCode, b, resp.Header)
		}
	})

	t.Run("fails where an answer is too large, rather than to cut it", func(t *testing.T) {
		t.Parallel()
		part := make([]byte, 1<<20)
		resp, err := s2s.Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for range 65 {
				_, _ = w.Write(part)
			}
		})).RoundTrip(request(t.Context(), t, ""))
		if err == nil {
			_ = resp.Body.Close()
			t.Errorf("the answer has %d bytes and no error", resp.ContentLength)
		}
	})

	t.Run("keeps no goroutine when its connections are closed", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) { // which does not end before all goroutines have
			transport := s2s.Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
			client := &http.Client{Transport: transport}
			for range 2 {
				resp, err := client.Do(request(t.Context(), t, ""))
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				client.CloseIdleConnections()
			}
		})
	})

	t.Run("gives up at the deadline although the handler does not", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := withTimeout(t, time.Second)
			defer cancel()
			start := time.Now()
			_, err := s2s.Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				time.Sleep(time.Hour)
				_, _ = w.Write([]byte("late"))
			})).RoundTrip(request(ctx, t, ""))
			if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("RoundTrip() = %v after %s", err, time.Since(start))
			}
			time.Sleep(2 * time.Hour) // until the handler has ended too
		})
	})

	t.Run("contains a panic", func(t *testing.T) {
		t.Parallel()
		_, err := s2s.Local(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })).RoundTrip(request(t.Context(), t, ""))
		if err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("RoundTrip() = %v", err)
		}
	})

	t.Run("leaves no goroutine behind for long", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			local := s2s.Local(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			for range 10 {
				if _, err := local.RoundTrip(request(t.Context(), t, "")); err != nil {
					t.Error(err)
				}
			}
			time.Sleep(10 * time.Second) // a bubble cannot end before all of its goroutines have
		})
	})
}
