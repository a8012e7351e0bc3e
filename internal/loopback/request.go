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
// A proxy on this machine that neither tells of itself nor passes the Host on, and speaks
// HTTP/1.1 or later, cannot be told from a person. One that speaks HTTP/1.0, as nginx does
// unless it is told otherwise, can: browsers and curl do not.
func FromHere(r *http.Request) bool {
	return r.ProtoAtLeast(1, 1) && isLoopbackAddr(r.RemoteAddr) && IsHost(r.Host) && !forwarded(r.Header) && !FromAnotherSite(r)
}

// isLoopbackAddr reads the address of a connection: "127.0.0.1:40000".
func isLoopbackAddr(remote string) bool {
	addr, err := netip.ParseAddrPort(remote)
	return err == nil && addr.Addr().Unmap().IsLoopback()
}

// IsHost reports whether a Host, with or without a port, is this machine. A name of anybody's own may have been pointed at this machine
// after their page was loaded by it (DNS rebinding); these cannot (RFC 6761, 6.3).
func IsHost(host string) bool {
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

// MayBeRebound reports that a browser made the request, to a name of which somebody else may
// be the owner: that of a page whose owner pointed it at this process after the browser had
// loaded it (DNS rebinding), which to the browser is the page's own site. An IP address and a
// name of this machine have no such owner; a program that is no browser has no page.
func MayBeRebound(r *http.Request) bool {
	_, err := netip.ParseAddr(withoutPort(r.Host))
	return err != nil && !IsHost(r.Host) && fromBrowser(r.Header)
}

// fromBrowser errs to the side of the browser. Without TLS one says neither Sec-Fetch nor,
// with GET, Origin; of the rest a page can change what Accept-Language says, but not that it
// is there.
func fromBrowser(h http.Header) bool {
	for name := range h {
		if strings.HasPrefix(name, "Sec-") || slices.Contains(spokenByBrowsers, name) {
			return true
		}
	}
	return strings.HasPrefix(h.Get("User-Agent"), "Mozilla/") || strings.Contains(h.Get("Accept"), "text/html")
}

// spokenByBrowsers are headers that scrapers and curl do not send by themselves.
var spokenByBrowsers = []string{"Origin", "Referer", "Accept-Language"}
