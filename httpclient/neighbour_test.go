package httpclient_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/slipway-go/slipway/httpclient"
)

// A step is what the neighbour of a test does with one request.
type step func(*http.Request) (*http.Response, error)

// A neighbour does one step per request, the last one for ever, and keeps what
// it was sent.
type neighbour struct {
	mu    sync.Mutex
	steps []step
	seen  []*http.Request
	sent  []string
}

func newNeighbour(steps ...step) *neighbour { return &neighbour{steps: steps} }

func (n *neighbour) RoundTrip(r *http.Request) (*http.Response, error) {
	return n.next(r)(r)
}

func (n *neighbour) next(r *http.Request) step {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.seen = append(n.seen, r)
	n.sent = append(n.sent, drain(r.Body))
	return n.steps[min(len(n.seen), len(n.steps))-1]
}

// calls returns how many requests came.
func (n *neighbour) calls() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.seen)
}

func drain(body io.ReadCloser) string {
	if body == nil {
		return ""
	}
	defer body.Close()
	b, err := io.ReadAll(body)
	if err != nil {
		return "unreadable: " + err.Error()
	}
	return string(b)
}

// status answers with a status and pairs of header fields.
func status(code int, header ...string) step {
	return func(r *http.Request) (*http.Response, error) {
		resp := answer(r, code, `{"ok":true}`)
		for i := 0; i < len(header); i += 2 {
			resp.Header.Set(header[i], header[i+1])
		}
		return resp, nil
	}
}

func answer(r *http.Request, code int, body string) *http.Response {
	return &http.Response{
		StatusCode: code, Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// fails gives an error in place of an answer.
func fails(err error) step {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// hangs answers only when the request is given up.
func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// trickles answers at once with a body that never ends.
func trickles(r *http.Request) (*http.Response, error) {
	resp := answer(r, http.StatusOK, "")
	resp.ContentLength = -1
	resp.Body = hangingBody{r.Context()}
	return resp, nil
}

type hangingBody struct{ ctx context.Context }

func (h hangingBody) Read([]byte) (int, error) {
	<-h.ctx.Done()
	return 0, h.ctx.Err()
}

func (hangingBody) Close() error { return nil }

func request(ctx context.Context, t *testing.T, method, body string) *http.Request {
	t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body) // gives the request a GetBody
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://cart.internal/carts/c7", reader)
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// result is what a call comes to.
type result struct {
	status int
	body   string
	err    error
}

// do makes a call and reads the answer to the end.
func do(c http.RoundTripper, r *http.Request) result {
	resp, err := c.RoundTrip(r)
	if err != nil {
		return result{err: err}
	}
	b, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return result{resp.StatusCode, string(b), err}
}

func get(t *testing.T, c http.RoundTripper) result {
	t.Helper()
	return do(c, request(t.Context(), t, http.MethodGet, ""))
}

func named(target string) httpclient.Layer {
	return httpclient.Log(httpclient.LogConfig{Target: target})
}
