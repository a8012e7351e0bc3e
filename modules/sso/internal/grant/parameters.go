package grant

import (
	"net/http"
	"net/url"
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
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, invalidRequest("the query is malformed: names and values are joined by = and &, and percent-encoded")
	}
	return values, nil
}
