package httpclient_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

var (
	errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	errReset   = &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
)

// retrying returns a chain in which a call may be retried.
func retrying(n http.RoundTripper) http.RoundTripper {
	return httpclient.Chain(n, httpclient.Deadline(0), httpclient.Retry(httpclient.RetryConfig{}), named("cart"))
}

func TestRetry_Never(t *testing.T) {
	t.Parallel()
	post := func(t *testing.T) *http.Request { return request(t.Context(), t, http.MethodPost, `{"n":1}`) }
	read := func(t *testing.T) *http.Request { return request(t.Context(), t, http.MethodGet, "") }
	for name, tt := range map[string]struct {
		request func(*testing.T) *http.Request
		step    step
	}{
		"WhenItWorked":                   {read, status(http.StatusOK)},
		"OnARefusal":                     {read, status(http.StatusConflict)},
		"On500":                          {read, status(http.StatusInternalServerError)},
		"On501":                          {read, status(http.StatusNotImplemented)},
		"APostThatMayHaveBeenServed":     {post, fails(errReset)},
		"APostThatIsAnswered503":         {post, status(http.StatusServiceUnavailable)},
		"OnAnUnknownAuthority":           {read, fails(&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}})},
		"OnATLSAlert":                    {read, fails(&net.OpError{Op: "remote error", Err: tls.AlertError(42)})},
		"OnPlainHTTPInPlaceOfTLS":        {read, fails(http.ErrSchemeMismatch)},
		"OnAnAnswerThatMakesNoSense":     {read, fails(errors.New("malformed HTTP response"))},
		"OnAnAnswerThatIsTooLarge":       {read, fails(&httpclient.TooLargeError{Limit: 10})},
		"WhenRetryAfterIsTooLate":        {read, status(http.StatusServiceUnavailable, "Retry-After", "10")},
		"WhenRetryAfterIsADateTooLate":   {read, status(http.StatusServiceUnavailable, "Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT")},
		"WhenRetryAfterIsLargerThanTime": {read, status(http.StatusServiceUnavailable, "Retry-After", "4294967295")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNeighbour(tt.step)
				do(retrying(n), tt.request(t))
				if n.calls() != 1 {
					t.Errorf("%d attempts, want 1", n.calls())
				}
			})
		})
	}

	t.Run("WhenTheCallerRetriesItself", func(t *testing.T) {
		t.Parallel()
		n := newNeighbour(fails(errRefused))
		do(retrying(n), request(httpclient.WithoutRetry(t.Context()), t, http.MethodGet, ""))
		if n.calls() != 1 {
			t.Errorf("%d attempts, want 1", n.calls())
		}
	})

	t.Run("WhenTurnedOff", func(t *testing.T) {
		t.Parallel()
		n := newNeighbour(fails(errRefused))
		get(t, httpclient.Chain(n, httpclient.Retry(httpclient.Config{}.RetryConfig())))
		if n.calls() != 1 {
			t.Errorf("%d attempts, want 1", n.calls())
		}
	})

	t.Run("ABodyThatIsGone", func(t *testing.T) {
		t.Parallel()
		n := newNeighbour(fails(errRefused))
		r := request(t.Context(), t, http.MethodPut, `{"n":1}`)
		r.GetBody = nil
		do(retrying(n), r)
		if n.calls() != 1 {
			t.Errorf("%d attempts, want 1", n.calls())
		}
	})

	t.Run("ACallThatALayerRefused", func(t *testing.T) {
		t.Parallel()
		for _, err := range []error{errors.New("nobody to call for"), problem.Unavailable("no token").Wrap(errRefused), problem.Unavailable("no token").Wrap(errSSO)} {
			n := newNeighbour(fails(err))
			if got := get(t, httpclient.Chain(n, httpclient.Retry(httpclient.RetryConfig{}))); !errors.Is(got.err, err) || n.calls() != 1 {
				t.Errorf("%d attempts with %v, want 1 with %v", n.calls(), got.err, err)
			}
		}
	})

	t.Run("AfterACancellation", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			n := newNeighbour(status(http.StatusServiceUnavailable, "Retry-After", "2"))
			time.AfterFunc(time.Second, cancel)
			got := do(retrying(n), request(ctx, t, http.MethodGet, ""))
			if n.calls() != 1 || !errors.Is(got.err, context.Canceled) {
				t.Errorf("%d attempts with %v, want 1 with a cancellation in the pause", n.calls(), got.err)
			}
		})
	})
}

func TestRetry(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		method, key string
		step        step
	}{
		"OnAConnectionThatBroke":   {http.MethodGet, "", fails(errReset)},
		"OnAnAnswerThatBrokeOff":   {http.MethodGet, "", fails(io.ErrUnexpectedEOF)},
		"On429":                    {http.MethodGet, "", status(http.StatusTooManyRequests)},
		"On502":                    {http.MethodPut, "", status(http.StatusBadGateway)},
		"On503":                    {http.MethodDelete, "", status(http.StatusServiceUnavailable)},
		"On504":                    {http.MethodHead, "", status(http.StatusGatewayTimeout)},
		"APostWithAKey":            {http.MethodPost, "k1", status(http.StatusServiceUnavailable)},
		"APostThatWasNeverSent":    {http.MethodPost, "", fails(errRefused)},
		"APatchWithAKeyThatBroke":  {http.MethodPatch, "k1", fails(errReset)},
		"WhenRetryAfterFits":       {http.MethodGet, "", status(http.StatusServiceUnavailable, "Retry-After", "3")},
		"WhenRetryAfterIsGarbage":  {http.MethodGet, "", status(http.StatusServiceUnavailable, "Retry-After", "soon")},
		"WhenRetryAfterIsNegative": {http.MethodGet, "", status(http.StatusServiceUnavailable, "Retry-After", "-3")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := newNeighbour(tt.step, status(http.StatusOK))
				r := request(t.Context(), t, tt.method, `{"n":1}`)
				r.Header.Set("Idempotency-Key", tt.key)
				got := do(retrying(n), r)
				if got.status != http.StatusOK || n.calls() != 2 {
					t.Fatalf("%d attempts, %+v; want 200 by the second", n.calls(), got)
				}
				if n.sent[0] != `{"n":1}` || n.sent[1] != n.sent[0] {
					t.Errorf("bodies %q, want the same twice", n.sent)
				}
			})
		})
	}

	t.Run("AtMostTwice", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newNeighbour(status(http.StatusServiceUnavailable))
			got := do(httpclient.Chain(n, httpclient.Retry(httpclient.RetryConfig{Retries: 9})), request(t.Context(), t, http.MethodGet, ""))
			if n.calls() != 3 || got.status != http.StatusServiceUnavailable || got.body != `{"ok":true}` {
				t.Errorf("%d attempts, %+v; want 3 and the last answer, unread", n.calls(), got)
			}
		})
	})

	t.Run("MarksTheRetriesOnly", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			n := newNeighbour(status(http.StatusServiceUnavailable))
			r := request(t.Context(), t, http.MethodGet, "")
			do(retrying(n), r)
			var got []string
			for _, r := range n.seen {
				got = append(got, r.Header.Get(httpclient.AttemptHeader))
			}
			if strings.Join(got, ",") != ",2,3" {
				t.Errorf("marks %q, want none, 2 and 3", got)
			}
			if r.Header.Get(httpclient.AttemptHeader) != "" {
				t.Error("the caller's request was changed")
			}
		})
	})

	t.Run("WaitsAsLongAsItIsAsked", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			at := start.Add(4 * time.Second).UTC().Format(http.TimeFormat)
			get(t, retrying(newNeighbour(status(http.StatusTooManyRequests, "Retry-After", at), status(http.StatusOK))))
			if took := time.Since(start); took < 4*time.Second || took > 4100*time.Millisecond {
				t.Errorf("waited %s, want 4s and a little", took)
			}
		})
	})

	t.Run("SpreadsThePauses", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			seen := map[time.Duration]bool{}
			for range 5 {
				start := time.Now()
				get(t, retrying(newNeighbour(fails(errRefused))))
				took := time.Since(start)
				if took >= 300*time.Millisecond {
					t.Errorf("two pauses took %s, want less than 100ms + 200ms", took)
				}
				seen[took] = true
			}
			if len(seen) == 1 {
				t.Error("the pauses are not random")
			}
		})
	})
}

func TestRetry_Budget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := newNeighbour(status(http.StatusServiceUnavailable))
		c := httpclient.Chain(n, httpclient.Retry(httpclient.RetryConfig{}))
		const calls = 500
		for range calls {
			get(t, c)
		}
		// Ten saved up, and a tenth of the calls.
		if got := n.calls() - calls; got < 50 || got > 60 {
			t.Errorf("%d retries of %d calls, want about a tenth and the ten saved up", got, calls)
		}
		n.steps = []step{status(http.StatusOK)}
		for range 1000 {
			get(t, c)
		}
		n.steps = []step{status(http.StatusServiceUnavailable)}
		before := n.calls()
		for range 5 {
			get(t, c)
		}
		if got := n.calls() - before; got != 15 {
			t.Errorf("%d attempts of 5 calls after quiet times, want 15", got)
		}
	})
}

func TestRetry_GivesUpWhatItReplaces(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		body := &closing{Reader: bytes.NewReader(make([]byte, 100))}
		get(t, retrying(newNeighbour(func(r *http.Request) (*http.Response, error) {
			resp := answer(r, http.StatusBadGateway, "")
			resp.ContentLength, resp.Body = -1, body
			return resp, nil
		}, status(http.StatusOK))))
		if !body.closed || body.Reader.Len() != 0 {
			t.Errorf("closed %t with %d bytes left; the connection cannot be used again", body.closed, body.Reader.Len())
		}
	})
}

type closing struct {
	*bytes.Reader

	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}
