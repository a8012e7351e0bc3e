package httpclient

import (
	"fmt"
	"io"
	"net/http"
)

const defaultMaxResponse = 8 << 20

// A TooLargeError says that an answer is larger than what is read.
type TooLargeError struct{ Limit int64 }

// Error names the setting.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer is larger than %d bytes (CALL_MAX_RESPONSE_BYTES)", e.Limit)
}

// LimitBody bounds the answer: one that says that it is larger fails at once,
// another when it is read beyond. Default: 8 MiB.
func LimitBody(n int64) Layer {
	if n <= 0 {
		n = defaultMaxResponse
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(r)
			if err != nil {
				return nil, err
			}
			if resp.ContentLength > n && r.Method != http.MethodHead {
				_ = resp.Body.Close() // not read; the connection is given up
				return nil, &TooLargeError{n}
			}
			resp.Body = &limitedBody{ReadCloser: resp.Body, left: n, limit: n}
			return resp, nil
		})
	}
}

type limitedBody struct {
	io.ReadCloser
	left, limit int64
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, &TooLargeError{b.limit}
	}
	// One byte more than allowed, to tell a full answer from one that is too large.
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, &TooLargeError{b.limit}
	}
	return n, err
}
