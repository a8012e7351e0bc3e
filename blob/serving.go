package blob

import (
	"net/http"
	"strings"
)

// Guard has a browser take a content for what its Content-Type says, run nothing of it, and show
// it to pages of the same origin ("same-origin") or of every one ("cross-origin"), as resource says.
func Guard(h http.Header, resource string) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", resource)
}

// MaxRanges bounds the parts of one answer: the store is asked for each of them.
const MaxRanges = 16

// FewRanges returns the request without its ranges, if there are more than MaxRanges: then all is
// sent.
func FewRanges(r *http.Request) *http.Request {
	if strings.Count(r.Header.Get("Range"), ",") < MaxRanges {
		return r
	}
	r = r.WithContext(r.Context())
	r.Header = r.Header.Clone()
	r.Header.Del("Range")
	return r
}
