package grant

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
)

// maxForm bounds the body; a token in it has a few kilobytes.
const maxForm = 64 << 10

// A form holds parameters that were each sent once. An empty one counts as
// not sent (RFC 6749, 3.2).
type form map[string]string

func parseForm(r *http.Request) (form, error) {
	values, err := formValues(r)
	if err != nil {
		return nil, err
	}
	return once(values)
}

func formValues(r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, invalidRequest("parameters belong in the body: what stands in an address is logged along the way")
	}
	types := r.Header.Values("Content-Type")
	if len(types) != 1 {
		return nil, invalidRequest("send one Content-Type: application/x-www-form-urlencoded")
	}
	if mediaType, _, err := mime.ParseMediaType(types[0]); err != nil || mediaType != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("the body must be of type application/x-www-form-urlencoded")
	}
	body, err := readForm(r.Body)
	if err != nil {
		return nil, err
	}
	return parseParameters(body)
}

func readForm(body io.Reader) (string, error) {
	b, err := io.ReadAll(io.LimitReader(body, maxForm+1))
	if _, larger := errors.AsType[*http.MaxBytesError](err); larger || len(b) > maxForm {
		return "", tooLarge(maxForm)
	}
	if err != nil {
		return "", invalidRequest("the body could not be read to its end")
	}
	return string(b), nil
}

func tooLarge(limit int) error {
	return &Error{Status: http.StatusRequestEntityTooLarge, Code: "invalid_request", Description: fmt.Sprintf("the request is larger than %d KiB", limit>>10)}
}

func once(values url.Values) (form, error) {
	f := form{}
	for name, all := range values {
		if len(all) > 1 {
			return nil, invalidRequest("the parameter %.40q is repeated", name)
		}
		if all[0] != "" {
			f[name] = all[0]
		}
	}
	return f, nil
}

// need returns the first of the parameters that is missing, as a refusal.
func (f form) need(names ...string) error {
	for _, name := range names {
		if f[name] == "" {
			return invalidRequest("the parameter %s is missing", name)
		}
	}
	return nil
}
