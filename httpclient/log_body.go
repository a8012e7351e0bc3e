package httpclient

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// maxLoggedBody is what a line may carry of a body; a larger one is left out,
// since half of it cannot be redacted.
const maxLoggedBody = 4 << 10

// appendExchange adds what was said, by the rules of the redactor.
func (c LogConfig) appendExchange(attrs []slog.Attr, r *http.Request, resp *http.Response) []slog.Attr {
	attrs = append(attrs,
		slog.Attr{Key: "request_headers", Value: c.Redactor.Headers(r.Header)},
		slog.String("request_body", c.requestBody(r)))
	if resp == nil {
		return attrs
	}
	return append(attrs,
		slog.Attr{Key: "response_headers", Value: c.Redactor.Headers(resp.Header)},
		slog.String("response_body", c.responseBody(resp)))
}

// requestBody reads a second copy of the body, so that calls that work pay nothing.
func (c LogConfig) requestBody(r *http.Request) string {
	if r.Body == nil || r.Body == http.NoBody {
		return ""
	}
	if r.GetBody == nil || r.ContentLength > maxLoggedBody {
		return sized(r.ContentLength)
	}
	body, err := r.GetBody()
	if err != nil {
		return sized(r.ContentLength)
	}
	defer body.Close()
	head, err := io.ReadAll(io.LimitReader(body, maxLoggedBody+1))
	return c.show(r.Header, head, err)
}

// responseBody reads the head of the body and puts it back. What is neither
// JSON nor a form would not be shown, and may be a stream: it stays untouched.
func (c LogConfig) responseBody(resp *http.Response) string {
	if resp.Body == nil || resp.Body == http.NoBody || resp.ContentLength == 0 {
		return ""
	}
	if resp.ContentLength > maxLoggedBody || !isShown(resp.Header.Get("Content-Type")) {
		return sized(resp.ContentLength)
	}
	head, err := io.ReadAll(io.LimitReader(resp.Body, maxLoggedBody+1))
	resp.Body = &peekedBody{Closer: resp.Body, Reader: io.MultiReader(bytes.NewReader(head), rest(resp.Body, err))}
	return c.show(resp.Header, head, err)
}

// show returns the body; of one that is cut off only how much there is.
func (c LogConfig) show(h http.Header, head []byte, err error) string {
	switch {
	case len(head) > maxLoggedBody:
		return fmt.Sprintf("[more than %d bytes]", maxLoggedBody)
	case err != nil:
		return fmt.Sprintf("[%d bytes, then it broke off]", len(head))
	}
	return c.Redactor.Body(h.Get("Content-Type"), head)
}

func sized(n int64) string {
	if n < 0 {
		return "[not shown]"
	}
	return fmt.Sprintf("[%d bytes]", n)
}

func isShown(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.ToLower(strings.TrimSpace(t))
	return t == "application/json" || strings.HasSuffix(t, "+json") || t == "application/x-www-form-urlencoded"
}

type peekedBody struct {
	io.Reader
	io.Closer
}

// rest is what follows the head: the reader itself, or the error that it gave.
func rest(r io.Reader, err error) io.Reader {
	if err != nil {
		return failingReader{err}
	}
	return r
}

type failingReader struct{ err error }

func (f failingReader) Read([]byte) (int, error) { return 0, f.err }
