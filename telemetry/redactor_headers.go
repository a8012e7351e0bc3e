package telemetry

import (
	"log/slog"
	"net/http"
	"strings"
)

// A shownHeader is one that a log may show, and its name there.
type shownHeader struct{ name, attr string }

// shownHeaders are all that is said of a request's or an answer's header.
var shownHeaders = []shownHeader{
	{"Accept", "accept"},
	{"Content-Length", "content_length"},
	{"Content-Type", "content_type"},
	{"Idempotent-Replayed", "idempotent_replayed"},
	{"Location", "location"},
	{"Retry-After", "retry_after"},
	{"Slipway-Attempt", "slipway_attempt"},
	{"Traceparent", "traceparent"},
	{"Tracestate", "tracestate"},
	{"User-Agent", "user_agent"},
	{"Www-Authenticate", "www_authenticate"},
}

// Headers returns the fields of a header that may be shown, as a group, and of
// a token its name by [Redactor.TokenID].
func (r *Redactor) Headers(h http.Header) slog.Value {
	var attrs []slog.Attr
	for _, shown := range shownHeaders {
		if v := h.Get(shown.name); v != "" {
			attrs = append(attrs, slog.String(shown.attr, r.String(v)))
		}
	}
	if v := h.Get("Authorization"); v != "" {
		attrs = append(attrs, slog.String("authorization_id", r.credentials(v)))
	}
	return slog.GroupValue(attrs...)
}

// credentials names the scheme, if it is one, and the token.
func (r *Redactor) credentials(v string) string {
	for _, scheme := range [...]string{"Bearer", "Basic", "DPoP"} {
		if s, token, ok := strings.Cut(v, " "); ok && strings.EqualFold(s, scheme) {
			return scheme + " " + r.TokenID(strings.TrimSpace(token))
		}
	}
	return "? " + r.TokenID(v)
}
