package httpclient_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

func TestLimitBody(t *testing.T) {
	t.Parallel()

	// sized answers with n bytes; known says whether their number is announced.
	sized := func(n int, known bool) step {
		return func(r *http.Request) (*http.Response, error) {
			resp := answer(r, http.StatusOK, strings.Repeat("x", n))
			if !known {
				resp.ContentLength = -1
			}
			return resp, nil
		}
	}
	limited := func(s step) http.RoundTripper { return httpclient.Chain(newNeighbour(s), httpclient.LimitBody(10)) }
	tooLarge := func(t *testing.T, err error) {
		t.Helper()
		if e, ok := errors.AsType[*httpclient.TooLargeError](err); !ok || e.Limit != 10 {
			t.Errorf("error %v, want the limit of 10", err)
		}
	}

	t.Run("RefusesWhatSaysThatItIsTooLarge", func(t *testing.T) {
		t.Parallel()
		got := get(t, limited(sized(11, true)))
		tooLarge(t, got.err)
		if got.status != 0 {
			t.Errorf("status %d, want no answer", got.status)
		}
	})

	t.Run("StopsWhatTurnsOutToBe", func(t *testing.T) {
		t.Parallel()
		got := get(t, limited(sized(11, false)))
		tooLarge(t, got.err)
		if got.body != "xxxxxxxxxx" {
			t.Errorf("body %q, want the ten that are allowed", got.body)
		}
	})

	t.Run("StopsItForGood", func(t *testing.T) {
		t.Parallel()
		resp, err := limited(sized(100, false)).RoundTrip(request(t.Context(), t, http.MethodGet, ""))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.ReadAll(resp.Body)
		n, err := resp.Body.Read(make([]byte, 100))
		tooLarge(t, err)
		if n != 0 {
			t.Errorf("%d bytes more", n)
		}
	})

	t.Run("PassesWhatJustFits", func(t *testing.T) {
		t.Parallel()
		for _, known := range []bool{true, false} {
			if got := get(t, limited(sized(10, known))); got.err != nil || len(got.body) != 10 {
				t.Errorf("got %+v, want ten bytes", got)
			}
		}
	})

	t.Run("ReadsAsOthersDo", func(t *testing.T) {
		t.Parallel()
		resp, err := limited(sized(10, false)).RoundTrip(request(t.Context(), t, http.MethodGet, ""))
		if err != nil {
			t.Fatal(err)
		}
		if err := iotest.TestReader(resp.Body, bytes.Repeat([]byte("x"), 10)); err != nil {
			t.Error(err)
		}
	})

	t.Run("PassesHEAD", func(t *testing.T) {
		t.Parallel()
		c := limited(func(r *http.Request) (*http.Response, error) {
			resp := answer(r, http.StatusOK, "")
			resp.ContentLength = 11 // of what GET would have
			return resp, nil
		})
		if got := do(c, request(t.Context(), t, http.MethodHead, "")); got.err != nil {
			t.Error(got.err)
		}
	})

	t.Run("Is502ForTheClient", func(t *testing.T) {
		t.Parallel()
		got := get(t, httpclient.Chain(newNeighbour(sized(11, true)), named("cart"), httpclient.LimitBody(10)))
		if s := problem.Status(got.err); s != http.StatusBadGateway || !strings.Contains(got.err.Error(), "CALL_MAX_RESPONSE_BYTES") {
			t.Errorf("the client gets %d, the log %q", s, got.err)
		}
	})
}
