package loopback

import "net/netip"

// Is reports whether a host, as url.URL.Hostname returns it, is this machine: localhost,
// 127.0.0.0/8 or ::1. What is sent there passes no network.
func Is(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
