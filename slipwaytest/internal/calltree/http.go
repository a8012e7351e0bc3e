package calltree

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/telemetry"
)

type (
	refKey struct{}
	byKey  struct{}
)

// By returns a context whose requests are shown as those of who.
func By(ctx context.Context, who string) context.Context {
	return context.WithValue(ctx, byKey{}, who)
}

// Note adds a word about the call that ctx belongs to.
func Note(ctx context.Context, text string) {
	if f, ok := ctx.Value(refKey{}).(Ref); ok {
		f.Note(text)
	}
}

// Span returns the span of a request of the test's callers, and gives it one
// unless it has one; one that is malformed is what the test is about.
func Span(req *http.Request) telemetry.SpanContext {
	span, ok := telemetry.ParseTraceparent(req.Header.Get("Traceparent"))
	if ok {
		return span
	}
	span = telemetry.NewSpanContext()
	if len(req.Header["Traceparent"]) == 0 {
		req.Header.Set("Traceparent", span.Traceparent())
	}
	return span
}

// Requests records the requests of a test's callers. Each begins a trace, unless
// it is part of one. The route is what pattern says, or nothing that says too much.
func (r *Recorder) Requests(next http.RoundTripper, pattern func(*http.Request) string) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(req *http.Request) (*http.Response, error) {
		span := Span(req)
		by, _ := req.Context().Value(byKey{}).(string)
		route := pattern(req)
		if !strings.Contains(route, " ") { // of no route, or of one that serves any method
			route = req.Method + " " + cmp.Or(route, "a path of no route")
		}
		f := r.Start(Entry{Kind: Request, Span: span, Name: route, By: by})
		return f.trip(next, req)
	})
}

// Neighbour records the attempts to call the module neighbour. It stands beneath
// what gives each attempt its span.
func (r *Recorder) Neighbour(neighbour string, next http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(req *http.Request) (*http.Response, error) {
		e := around(req)
		e.Kind, e.Name = Call, neighbour+" "+cmp.Or(httpclient.Route(req.Context()), req.Method)
		e.Attempt, _ = strconv.Atoi(req.Header.Get(httpclient.AttemptHeader)) // none is the first
		f := r.Start(e)
		return f.trip(next, req.WithContext(context.WithValue(req.Context(), refKey{}, f)))
	})
}

// SSO records fetches of tokens and keys. What a process asks again and again is of no
// request, and left out.
func (r *Recorder) SSO(next http.RoundTripper) http.RoundTripper {
	return httpclient.RoundTripperFunc(func(req *http.Request) (*http.Response, error) {
		if httpclient.IsRoutine(req.Context()) {
			return next.RoundTrip(req)
		}
		e := around(req)
		e.Kind, e.Name = SSO, cmp.Or(httpclient.Route(req.Context()), req.Method+" keys")
		f := r.Start(e)
		return f.trip(next, req)
	})
}

// around returns an entry for the request, whose own span is that of its context.
func around(req *http.Request) Entry {
	span := telemetry.SpanFrom(req.Context())
	in := span
	in.SpanID, in.Parent = span.Parent, [8]byte{}
	return Entry{Span: span, In: in}
}

func (f Ref) trip(next http.RoundTripper, req *http.Request) (*http.Response, error) {
	resp, err := next.RoundTrip(req)
	if err != nil {
		f.End(Outcome{Err: err.Error()})
		return resp, err
	}
	f.End(Outcome{Status: resp.StatusCode})
	return resp, nil
}
