package httpclient

import (
	"net/http"
	"slices"
)

// A Layer wraps a RoundTripper with one concern.
type Layer func(http.RoundTripper) http.RoundTripper

// Chain puts the layers around base; the first is the outermost.
func Chain(base http.RoundTripper, layers ...Layer) http.RoundTripper {
	for _, layer := range slices.Backward(layers) {
		base = layer(base)
	}
	return base
}

// A RoundTripperFunc is a function that is a RoundTripper.
type RoundTripperFunc func(*http.Request) (*http.Response, error)

// RoundTrip calls f.
func (f RoundTripperFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
