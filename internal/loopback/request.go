package loopback

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// FromHere reports whether somebody at this machine made the request for themselves: it
// comes from a loopback address, to a name that no name server can point here, has passed
// nobody on its way, and no other site's page had a browser make it.
//
// A proxy on this machine that neither tells of itself nor passes the Host on cannot be told
// from a person.
func FromHere(r *http.Request) bool {
	return isLoopbackAddr(r.RemoteAddr) && isLoopbackHost(r.Host) && !forwarded(r.Header) && !FromAnotherSite(r)
}

// isLoopbackAddr reads the address of a connection: "127.0.0.1:40000".
func isLoopbackAddr(remote string) bool {
	addr, err := netip.ParseAddrPort(remote)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// isLoopbackHost reads a Host. A name of anybody's own may have been pointed at this machine
// after their page was loaded by it (DNS rebinding); these cannot (RFC 6761, 6.3).
func isLoopbackHost(host string) bool {
	name := strings.ToLower(withoutPort(host))
	return Is(name) || strings.HasSuffix(name, ".localhost")
}

func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// forwarded reports that a proxy, a tunnel or a load balancer tells for whom it asks.
func forwarded(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "X-Forwarded-") || slices.Contains(forwarders, name) {
			return true
		}
	}
	return false
}

// forwarders are the other headers by which those that pass requests on are known.
var forwarders = []string{
	"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Forwarded-For", "X-Original-Host", "X-Envoy-External-Address",
	"True-Client-Ip", "Cf-Connecting-Ip", "Fastly-Client-Ip", "Fly-Client-Ip",
}

// FromAnotherSite reports that a page of another origin had a browser make the request,
// by what browsers say of that and pages cannot change.
func FromAnotherSite(r *http.Request) bool {
	for _, site := range r.Header["Sec-Fetch-Site"] {
		if site != "none" && site != "same-origin" {
			return true
		}
	}
	for _, origin := range r.Header["Origin"] {
		if !strings.EqualFold(origin, "http://"+r.Host) {
			return true
		}
	}
	return false
}
