package httpclient_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/slipway-go/slipway/httpclient"
	"github.com/slipway-go/slipway/problem"
)

// A neighbour that is busy for a moment costs its caller a moment.
func ExampleChain() {
	attempts := 0
	cart := httpclient.RoundTripperFunc(func(r *http.Request) (*http.Response, error) {
		attempts++
		if attempts == 1 {
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: http.NoBody, Request: r}, nil
		}
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("three items")), Request: r}, nil
	})
	client := httpclient.Chain(cart,
		httpclient.Deadline(10*time.Second),
		httpclient.Retry(httpclient.RetryConfig{Pause: time.Millisecond}),
		httpclient.AttemptTimeout(5*time.Second),
	)

	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://cart.internal/carts/c7", http.NoBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.RoundTrip(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body), err, "in", attempts, "attempts")
	// Output: 200 three items <nil> in 2 attempts
}

// The error is for the log; the client reads a problem.
func ExampleError() {
	down := httpclient.RoundTripperFunc(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
	client := httpclient.Chain(down, httpclient.Log(httpclient.LogConfig{Target: "cart"}))

	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://cart.internal/carts/c7", http.NoBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp, err := client.RoundTrip(r)
	if err == nil {
		_ = resp.Body.Close()
	}
	fmt.Println(err)
	fmt.Println(problem.Status(err), problem.From(err).Detail())
	// Output:
	// the connection with cart at http://cart.internal broke: unexpected EOF
	// 503 a part of the service cannot be reached; try again later
}
