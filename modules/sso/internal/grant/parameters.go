package grant

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxQuery bounds what the way through a login page carries along.
const maxQuery = 6 << 10

// parameters reads what a browser brings, in the query or by a form. A form of another
// site comes without the session's cookie, and so it goes on as a query.
func parameters(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodPost {
		values, err := formValues(r)
		if err == nil && len(values.Encode()) > maxQuery {
			err = tooLarge(maxQuery)
		}
		return values, err
	}
	if len(r.URL.RawQuery) > maxQuery {
		return nil, tooLarge(maxQuery)
	}
	return parseParameters(r.URL.RawQuery)
}

// parseParameters takes text only: neither a database nor a JSON Web Token takes
// anything else, and what fails there would look like a failure of ours.
func parseParameters(encoded string) (url.Values, error) {
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return nil, invalidRequest("the parameters are malformed: names and values are joined by = and &, and percent-encoded")
	}
	for name, all := range values {
		if !isText(name) || !isText(all...) {
			return nil, invalidRequest("the parameter %.40q is no text: it must be UTF-8 without the character U+0000", name)
		}
	}
	return values, nil
}

func isText(all ...string) bool {
	return !slices.ContainsFunc(all, func(s string) bool { return !utf8.ValidString(s) || strings.ContainsRune(s, 0) })
}
