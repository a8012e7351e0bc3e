package problem

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"
)

const (
	// maxBody is more than [Write] ever writes.
	maxBody   = 256 << 10
	maxCode   = 64
	maxHeader = 500
)

// Decode reads a neighbour's answer outside of 2xx. Whatever [Write] wrote comes
// back as it was. An answer that is no problem keeps its status and loses its
// text; a status that is no error becomes 502. What is kept is bounded, and of
// the headers only those that a caller may act on.
func Decode(status int, header http.Header, body []byte) *Error {
	if status < 400 || status > 599 {
		return BadGateway("the neighbour answered with status %d, which is neither success nor error", status)
	}
	e := decodeBody(status, header.Get("Content-Type"), body)
	for _, key := range []string{"Allow", "Retry-After", "Www-Authenticate"} {
		if v := header.Get(key); v != "" && len(v) <= maxHeader && printable(v) {
			e = e.WithHeader(key, v)
		}
	}
	return e
}

func decodeBody(status int, contentType string, body []byte) *Error {
	var b Body
	if !isProblem(contentType) || len(body) > maxBody || json.Unmarshal(body, &b) != nil {
		return newError(status, "the neighbour answered with status %d and no explanation", status)
	}
	e := newError(status, "%s", b.Detail)
	if len(b.Code) <= maxCode && printable(b.Code) {
		e.code = b.Code
	}
	for _, f := range b.Errors[:min(len(b.Errors), maxFields)] {
		e = e.WithField(f.Location, f.Message)
	}
	return e
}

// IsProblem tells whether an answer of that header is a problem, and not the page of
// somebody between who speaks otherwise: a load balancer.
func IsProblem(header http.Header) bool { return isProblem(header.Get("Content-Type")) }

func isProblem(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == ContentType
}

// printable reports whether s can stand in a header and on one line of a log.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}
