package api

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/slipway-go/slipway/auth"
	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

// A Request is what [Send] sends to a mounted route.
type Request struct {
	// Path has the values of the pattern's parameters.
	Path map[string]string
	// Header may be nil.
	Header http.Header
	// Body is read once, so that a call with one is not made a second time. Nil: there is none.
	Body io.Reader
	// Length is that of the body in bytes; 0: it is not known.
	Length int64
}

// maxRefusal bounds what is read of a refusal.
const maxRefusal = 64 << 10

// Send is [Call] for a mounted route: it returns a success as it comes, whose body the caller
// closes. The bounds of calls between modules hold for it too: CALL_TIMEOUT, the reading of
// the answer included, and CALL_MAX_RESPONSE_BYTES.
func Send(ctx context.Context, c Caller, m *Mounted, in Request) (*http.Response, error) {
	resp, err := m.send(ctx, c, in)
	if err != nil {
		return nil, &CallError{Neighbour: c.ModuleName(), Route: m.Pattern(), Err: err}
	}
	return resp, nil
}

func (r *Route) send(ctx context.Context, c Caller, in Request) (*http.Response, error) {
	if c.ModuleName() != r.contract.name {
		return nil, fmt.Errorf("the caller reaches module %s, but the route belongs to %s: pass the caller of %s", c.ModuleName(), r.contract.name, r.contract.name)
	}
	ctx = httpclient.WithRoute(ctx, r.Pattern())
	if r.access.IsPublic() {
		ctx = auth.Anonymous(ctx)
	}
	req, err := r.request(ctx, in)
	if err != nil {
		return nil, err
	}
	resp, err := c.RoundTrip(req)
	if err != nil {
		return nil, unreachable(err)
	}
	if resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusMultipleChoices {
		return resp, nil
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return nil, garbled(err)
	}
	return nil, &refusal{problem.Decode(resp.StatusCode, resp.Header, body), problem.IsProblem(resp.Header)}
}

func (r *Route) request(ctx context.Context, in Request) (*http.Request, error) {
	path, err := r.expand(in.Path)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, path, in.Body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if in.Header != nil {
		req.Header = in.Header.Clone()
	}
	if in.Length > 0 {
		req.ContentLength = in.Length
	}
	req.Host, req.GetBody = r.contract.name, nil
	return req, nil
}

// expand puts values into the pattern; one of several segments keeps its slashes.
func (r *Route) expand(values map[string]string) (string, error) {
	var missing error
	path := pathParameter.ReplaceAllStringFunc(r.path, func(parameter string) string {
		name, several := strings.CutSuffix(strings.Trim(parameter, "{}"), "...")
		value := values[name]
		if value == "" || value == "." || value == ".." {
			missing = fmt.Errorf("the path's parameter %s is %q: expected a value that keeps the path what it is", name, value)
		}
		if several {
			return (&url.URL{Path: value}).EscapedPath()
		}
		return url.PathEscape(value)
	})
	return path, missing
}
