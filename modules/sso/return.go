package sso

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slipway-go/slipway/modules/sso/internal/grant"
	"github.com/slipway-go/slipway/modules/sso/internal/pages"
)

// returns are the paths of this server to which a login may lead back, each with
// everything below it.
type returns []string

// maxReturn bounds what a page carries along; a client's request has 6 KiB at most.
const maxReturn = 8 << 10

// read returns where a login may lead that asks for raw: nothing but a path of this
// server that is allowed. Anything else counts as not asked for.
func (r returns) read(raw string) pages.Return {
	u, ok := localPath(raw)
	switch {
	case !ok:
		return pages.Return{}
	case r.allow(u.Path), u.Path == grant.AuthorizePath, u.Path == accountPage, strings.HasPrefix(u.Path, accountPage+"/"), isLinkPage(u.Path):
		return pages.Return{Path: raw}
	}
	return pages.Return{}
}

// back returns where a login may lead that asks for raw. Anybody may write an
// authorization request: its page lets a form lead to an address outside only if the
// client has registered that.
func (b *browser) back(r *http.Request, raw string) pages.Return {
	to := b.returns.read(raw)
	request, err := url.Parse(to.Path)
	if err != nil || request.Path != grant.AuthorizePath {
		return to
	}
	asked := request.Query()
	client, known, err := b.clients.Client(r.Context(), asked.Get("client_id"))
	if err != nil {
		b.sso.logger.WarnContext(r.Context(), "the client that a login page is for cannot be looked up", "error", err)
	}
	if address := asked.Get("redirect_uri"); known && client.ReturnsTo(address) {
		to.Leads = originOf(address)
	}
	return to
}

func (r returns) allow(path string) bool {
	for _, allowed := range r {
		below := strings.TrimSuffix(allowed, "/") + "/"
		if path == allowed || strings.HasPrefix(path, below) {
			return true
		}
	}
	return false
}

// localPath refuses whatever a browser could take for the address of another host:
// "//evil.example", "/\evil.example", and what hides a backslash or a line's end. It also
// refuses what browsers and servers read in two ways: "/orders/../admin" is below /orders
// here and is not there.
func localPath(raw string) (*url.URL, bool) {
	if len(raw) > maxReturn || !strings.HasPrefix(raw, "/") || strings.HasPrefix(raw, "//") || strings.ContainsFunc(raw, unfitForPath) {
		return nil, false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host != "" || u.Scheme != "" || strings.Contains(u.Path, "//") || ambiguous(u) {
		return nil, false
	}
	return u, true
}

func ambiguous(u *url.URL) bool {
	up := func(segment string) bool { return segment == "." || segment == ".." }
	return strings.Contains(u.Path, `\`) || strings.Contains(strings.ToLower(u.EscapedPath()), "%2f") || slices.ContainsFunc(strings.Split(u.Path, "/"), up)
}

func unfitForPath(c rune) bool { return c <= ' ' || c == 0x7f || c == '\\' }

// originOf returns the origin of a client's address as a policy may name it: a scheme
// of its own ("app.example:") for an app; "" for what has no plain one.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" || strings.ContainsFunc(u.Host, unfitForHost) {
		return ""
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

func unfitForHost(c rune) bool {
	plain := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-._:[]", c)
	return !plain
}

// onward is the address to which a login that is complete leads: without another, the
// account.
func onward(r pages.Return) string {
	if r.Path == "" {
		return accountPage
	}
	return r.Path
}
