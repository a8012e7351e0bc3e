package ssoapi

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// An Origin tells where a request comes from, so that guesses can be slowed
// down per address. It is filled in by the server and never sent.
type Origin struct {
	remote    string
	forwarded []string
	userAgent string
}

var _ huma.Resolver = (*Origin)(nil)

// OriginOf reads where a request of a mounted handler comes from.
func OriginOf(r *http.Request) Origin {
	o := Origin{remote: r.RemoteAddr, userAgent: r.UserAgent()}
	for _, value := range r.Header.Values("X-Forwarded-For") {
		o.forwarded = append(o.forwarded, strings.Split(value, ",")...)
	}
	return o
}

// UserAgent returns what the client says of itself, of any length.
func (o *Origin) UserAgent() string { return o.userAgent }

// Resolve reads the connection's address and what proxies say of it.
func (o *Origin) Resolve(ctx huma.Context) []error {
	o.remote, o.userAgent = ctx.RemoteAddr(), ctx.Header("User-Agent")
	ctx.EachHeader(func(name, value string) {
		if strings.EqualFold(name, "X-Forwarded-For") {
			o.forwarded = append(o.forwarded, strings.Split(value, ",")...)
		}
	})
	return nil
}

// Address returns the client's address: the connection's own, unless that
// belongs to a trusted proxy; then the last one in X-Forwarded-For that does
// not. What anybody else writes there is not believed. IPv6 addresses are cut
// to their /64, of which every household has one.
func (o *Origin) Address(trusted []netip.Prefix) string {
	address, ok := parseAddress(o.remote)
	if !ok {
		return o.remote // a call within the process
	}
	for _, hop := range slices.Backward(o.forwarded) {
		if !contains(trusted, address) {
			break
		}
		next, ok := parseAddress(strings.TrimSpace(hop))
		if !ok {
			break
		}
		address = next
	}
	return household(address)
}

func parseAddress(s string) (netip.Addr, bool) {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	address, err := netip.ParseAddr(s)
	return address.Unmap().WithZone(""), err == nil
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(a) })
}

func household(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return a.String()
	}
	return prefix.String()
}
