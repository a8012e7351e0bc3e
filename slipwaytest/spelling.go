package slipwaytest

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
)

// spellings are other ways to write a request's path, by what they do to it. Where
// the route's pattern has a placeholder, another text is another value and no
// spelling.
func spellings(pattern, path string) map[string]string {
	rest, last := path[:strings.LastIndex(path, "/")+1], path[strings.LastIndex(path, "/")+1:]
	all := map[string]string{
		"a slash at its end":     path + "/",
		"an encoded slash":       cmp.Or(strings.TrimSuffix(rest, "/"), "/") + "%2F" + last,
		"two slashes":            rest + "/" + last,
		"a dot segment":          "/." + path,
		"an encoded dot segment": "/%2e%2e" + path,
	}
	if !strings.HasSuffix(pattern, "}") {
		all["a backslash"] = rest + "%5C" + last
	}
	if shouted := shout(pattern, path); shouted != path {
		all["its case changed"] = shouted
	}
	return all
}

// shout writes all of the path in capitals that the pattern spells out.
func shout(pattern, path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range strings.Split(pattern, "/") {
		if i < len(segments) && !strings.HasPrefix(segment, "{") {
			segments[i] = strings.ToUpper(segments[i])
		}
	}
	return strings.Join(segments, "/")
}

// respell gives the request another path, to the letter: a reference that was
// resolved would have lost its dot segments.
func respell(r *http.Request, escaped string) error {
	u, err := url.Parse("http://kit" + escaped)
	if err != nil {
		return err
	}
	u.RawQuery = r.URL.RawQuery
	r.URL = u
	return nil
}
