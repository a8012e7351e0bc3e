package sso

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/slipway-go/slipway/api"
	"github.com/slipway-go/slipway/modules/sso/internal/session"
	"github.com/slipway-go/slipway/problem"
	"github.com/slipway-go/slipway/telemetry"
)

// A visitor is who looks at a page, with the token that pages ask by.
type visitor struct {
	session session.Session
	token   string
}

// visitor returns who has logged in in the browser.
func (b *browser) visitor(r *http.Request) (visitor, bool, error) {
	found, ok, err := b.Session(r)
	if err != nil || !ok {
		return visitor{}, false, err
	}
	t, open, err := b.sso.mint(r.Context(), found)
	return visitor{found, t.Token}, open, err
}

// ask has the module's own API do what a page is for: pages have no way of their own
// around its checks, limits and rules. The zero visitor is nobody.
func ask[In, Out any](b *browser, r *http.Request, v visitor, op *api.Operation[In, Out], in In) (Out, error) {
	var out Out
	call, err := api.NewRequest(r.Context(), op, in)
	if err != nil {
		return out, err
	}
	call.RemoteAddr = r.RemoteAddr
	for _, name := range []string{"X-Forwarded-For", "User-Agent"} {
		call.Header[name] = r.Header.Values(name)
	}
	call.Header.Set("Traceparent", telemetry.SpanFrom(r.Context()).Traceparent())
	if v.token != "" {
		call.Header.Set("Authorization", "Bearer "+v.token)
	}
	answer := &reply{header: http.Header{}, status: http.StatusOK}
	b.api.ServeHTTP(answer, call)
	return out, answer.read(&out)
}

// apiError is an error that the API has reported: the page tells of it, and does not
// report it again.
type apiError struct{ error }

// Unwrap returns the problem.
func (f apiError) Unwrap() error { return f.error }

// A reply is what the API answers to a page.
type reply struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header implements http.ResponseWriter.
func (a *reply) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *reply) WriteHeader(status int) { a.status = status }

// Write implements http.ResponseWriter.
func (a *reply) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *reply) read(out any) error {
	switch {
	case a.status >= http.StatusMultipleChoices:
		p := problem.Decode(a.status, a.header, a.body.Bytes())
		if !p.Expected() {
			return apiError{p}
		}
		return p
	case a.body.Len() == 0:
		return nil
	}
	if err := json.Unmarshal(a.body.Bytes(), out); err != nil {
		return fmt.Errorf("read an answer of our own: %w", err)
	}
	return nil
}
