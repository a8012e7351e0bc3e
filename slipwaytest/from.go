package slipwaytest

import (
	"net"
	"net/http"
)

// fromHeader carries the address of [From] to the handler in this process, which
// never sees the header itself.
const fromHeader = "Slipwaytest-From"

// From sends the request from a network address, such as "192.0.2.1". It is for
// worlds inside the test's process; in a deployment requests come from where
// they come from.
//
//	slipwaytest.Do(k, ssoapi.Login, in, slipwaytest.From("192.0.2.1")).Want(429)
func From(address string) Extra {
	return func(r *http.Request) { r.Header.Set(fromHeader, net.JoinHostPort(address, "1234")) }
}

// outside lets requests come from the addresses that they say.
func outside(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from := r.Header.Get(fromHeader); from != "" {
			r.RemoteAddr = from
			r.Header.Del(fromHeader)
		}
		next.ServeHTTP(w, r)
	})
}
