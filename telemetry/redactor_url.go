package telemetry

import (
	"net/url"
	"strings"

	"github.com/slipway-go/slipway/internal/clip"
)

const (
	// maxShownURL bounds a path or a query, in bytes.
	maxShownURL = 1 << 10
	// maxParameters bounds those of a query.
	maxParameters = 30
)

// HidesIn reports whether a template such as /resets/{token} has a parameter that is called
// like a secret.
func (*Redactor) HidesIn(template string) bool {
	for segment := range strings.SplitSeq(template, "/") {
		if hidesSegment(segment) {
			return true
		}
	}
	return false
}

// Path returns the path of a call as it may be shown: without the values of parameters that
// the template calls like secrets. The template may be the end of the path alone.
func (r *Redactor) Path(template string, u *url.URL) string {
	if !r.HidesIn(template) {
		return r.String(clip.Text(u.Path, maxShownURL))
	}
	names, values := strings.Split(template, "/"), strings.Split(u.EscapedPath(), "/") // an escaped / is no end of a value
	begin := len(values) - len(names)
	if begin < 0 || strings.Contains(template, "...}") { // whatever stands where
		return redacted
	}
	for i, name := range names {
		if hidesSegment(name) {
			values[begin+i] = redacted
		}
	}
	return r.String(clip.Text(strings.Join(values, "/"), maxShownURL))
}

// hidesSegment takes {token}, and {token...} of a subtree.
func hidesSegment(segment string) bool {
	name, ok := strings.CutPrefix(segment, "{")
	return ok && judge(strings.TrimSuffix(strings.TrimSuffix(name, "}"), "...")) != shown
}

// Query returns a query as it may be shown: without the values of what is called like a
// secret, or looks like one.
func (r *Redactor) Query(raw string) string {
	var b strings.Builder
	n := 0
	for pair := range strings.SplitSeq(raw, "&") {
		if n++; n > maxParameters || b.Len() > maxShownURL {
			b.WriteString("&…")
			break
		}
		if n > 1 {
			b.WriteByte('&')
		}
		name, value, ok := strings.Cut(pair, "=")
		b.WriteString(clip.Text(r.String(name), maxShownURL))
		if ok {
			b.WriteString("=" + r.parameter(name, value))
		}
	}
	return b.String()
}

// parameter returns the value of one of a query. A code is somebody's there, not that of an
// error.
func (r *Redactor) parameter(name, value string) string {
	plainName, err := url.QueryUnescape(name)
	if err != nil {
		return redacted
	}
	plain, err := url.QueryUnescape(value)
	if err != nil || judge(plainName) != shown && plain != "" {
		return redacted
	}
	if clean := r.String(plain); clean != plain {
		return clean
	}
	return clip.Text(value, maxShownURL)
}
