package golden

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// An Exchange is a request and what came back.
type Exchange struct {
	Request  Request
	Response Response
}

// A Request is what was asked.
type Request struct {
	Caller string // who, in words
	Method string
	URL    *url.URL
	Route  string // the path that its route declares, whose parameters may be secrets; "" for none
	Host   string // of the product in this test
	Header http.Header
	Body   []byte
}

// A Response is what was answered.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// requestHeaders and responseHeaders are those that a contract is about. The
// others, such as Date or a user agent, belong to the transport.
var (
	requestHeaders = []string{
		"Accept-Language", "Authorization", "Content-Type", "Cookie", "Idempotency-Key", "If-Match", "If-None-Match", "Origin", "Range",
	}
	responseHeaders = []string{
		"Access-Control-Allow-Origin", "Allow", "Cache-Control", "Content-Disposition", "Content-Language", "Content-Range", "Content-Type", "ETag",
		"Idempotent-Replayed", "Link", "Location", "Retry-After", "Set-Cookie", "Vary", "WWW-Authenticate",
	}
)

// String returns the text of the golden file.
func (e Exchange) String() string {
	s := newScrubber(e.Request.Host)
	var b strings.Builder
	b.WriteString("-- request --\n")
	fmt.Fprintf(&b, "%s %s\n", e.Request.Method, s.url(e.Request.Route, e.Request.URL))
	fmt.Fprintf(&b, "Caller: %s\n", s.text(e.Request.Caller))
	writeMessage(&b, s, requestHeaders, e.Request.Header, e.Request.Body)
	b.WriteString("\n-- response --\n")
	fmt.Fprintf(&b, "%d %s\n", e.Response.Status, http.StatusText(e.Response.Status))
	writeMessage(&b, s, responseHeaders, e.Response.Header, e.Response.Body)
	return b.String()
}

func writeMessage(b *strings.Builder, s *scrubber, names []string, h http.Header, body []byte) {
	s.learn(h.Get("Content-Type"))
	for _, name := range names {
		for _, v := range h.Values(name) {
			b.WriteString(strings.TrimRight(name+": "+s.header(name, v), " ") + "\n")
		}
	}
	if text := s.body(h.Get("Content-Type"), body); text != "" {
		b.WriteString("\n" + strings.TrimSuffix(text, "\n") + "\n")
	}
}

// header returns the value of a header.
func (s *scrubber) header(name, v string) string {
	switch name {
	case "Cookie":
		return cookies(v)
	case "Set-Cookie":
		cookie, attributes, _ := strings.Cut(v, ";")
		return strings.TrimRight(cookies(cookie)+"; "+s.names(strings.TrimSpace(attributes)), "; ")
	case "ETag", "If-Match", "If-None-Match":
		return s.etags(v)
	case "Content-Type":
		return s.text(s.parts(v))
	case "Authorization":
		return s.credentials(v)
	case "WWW-Authenticate":
		return s.names(v) // a challenge holds no secret, and its words look like credentials
	}
	return s.text(v)
}

// cookies hides the values: whatever they are called, they let somebody in. What has no
// name is a value, as browsers send it.
func cookies(v string) string {
	all := strings.Split(v, ";")
	for i, c := range all {
		switch name, value, named := strings.Cut(strings.TrimSpace(c), "="); {
		case named && value != "":
			all[i] = name + "=[redacted]"
		case named || name == "":
			all[i] = name + "="
		default:
			all[i] = "[redacted]"
		}
	}
	return strings.Join(all, "; ")
}

// url returns path and query: the values of a path by the names in its route, those of a
// query by the names of its fields.
func (s *scrubber) url(route string, u *url.URL) string {
	path := s.text(u.EscapedPath())
	if s.redactor.HidesIn(route) {
		path = s.names(s.redactor.Path(route, u))
	}
	if path == "" {
		path = "/"
	}
	if u.RawQuery == "" {
		return path
	}
	return path + "?" + s.form(u.RawQuery)
}

// form keeps the order of the fields and the writing of those that tell no
// secret and are the same in every run.
func (s *scrubber) form(raw string) string {
	fields := strings.Split(raw, "&")
	for i, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		plainName, nameErr := url.QueryUnescape(name)
		plain, err := url.QueryUnescape(value)
		if nameErr != nil || err != nil {
			fields[i] = s.text(f)
		} else if clean := s.field(plainName, plain); clean != plain {
			fields[i] = name + "=" + clean
		}
	}
	return strings.Join(fields, "&")
}
