package httpclient

import "net/http"

// A Layer wraps a RoundTripper with one concern.
type Layer func(http.RoundTripper) http.RoundTripper

// Chain puts the layers around base; the first is the outermost.
func Chain(base http.RoundTripper, layers ...Layer) http.RoundTripper {
	for i := len(layers) - 1; i >= 0; i-- {
		base = layers[i](base)
	}
	return base
}

// A RoundTripperFunc is a function that is a RoundTripper.
type RoundTripperFunc func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f RoundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
