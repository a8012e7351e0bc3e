package slipwaytest

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
)

var errEgress = errors.New("a test does not leave the machine")

// stays says what to do about a request to the outside.
func stays(r *http.Request) string {
	return fmt.Sprintf("a test does not leave the machine; answer for the host with slipwaytest.External(k, %q, …)", r.URL.Scheme+"://"+r.URL.Host)
}

// target names the request without what may be secret in it.
func target(r *http.Request) string {
	return r.Method + " " + r.URL.Scheme + "://" + r.URL.Host + r.URL.Path
}

func isLoopback(u *url.URL) bool {
	if u.Hostname() == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(u.Hostname())
	return err == nil && addr.IsLoopback()
}

// egress counts what tried to leave by http.DefaultTransport.
type egress struct{ refused atomic.Int64 }

// watchEgress lets http.DefaultTransport, and so http.DefaultClient and the
// copies that others make of it, reach this machine only. It stays the
// *http.Transport that the world takes it for: its choice of a proxy is asked
// for each request, and may refuse it.
func watchEgress() *egress {
	e := &egress{}
	if t, ok := http.DefaultTransport.(*http.Transport); ok {
		t.Proxy = e.refuse
	}
	return e
}

func (e *egress) refuse(r *http.Request) (*url.URL, error) {
	if isLoopback(r.URL) {
		return nil, nil
	}
	e.refused.Add(1)
	err := fmt.Errorf("%s called %s by http.DefaultTransport: %s, and let the module call it by slipway.Setup.Outside", culprit(), target(r), stays(r))
	fmt.Fprintf(os.Stderr, "slipwaytest: %v\n", err) // the code under test may keep it to itself
	return nil, err
}

// culprit names the code that made the request: nobody else knows the module.
func culprit() string {
	const depth = 64
	pcs := make([]uintptr, depth)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs)])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "net/http.") && !strings.Contains(f.Function, "/slipwaytest.") && f.Function != "" {
			return f.Function
		}
		if !more {
			return "somebody"
		}
	}
}
