package slipwaytest

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// spoofedAddress is one from which nobody calls.
const spoofedAddress = "198.51.100.77"

// spoofs are headers by which a proxy tells a program behind it who calls, from where,
// and what was asked for. Anybody can write them.
func spoofs(subject, token string) map[string]string {
	all := map[string]string{
		"X-Forwarded-For": spoofedAddress, "X-Real-IP": spoofedAddress, "Forwarded": "for=" + spoofedAddress + ";host=evil.example;proto=https",
		"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https",
		"X-Original-URL": "/healthz", "X-Rewrite-URL": "/healthz", "X-Original-URI": "/healthz", "X-Forwarded-URI": "/healthz",
		"X-HTTP-Method-Override": http.MethodTrace, "X-HTTP-Method": http.MethodTrace, "X-Method-Override": http.MethodTrace,
		"X-Client-Cert": subject, "X-Forwarded-Client-Cert": `Subject="CN=` + subject + `"`, "X-SSL-Client-S-DN": "CN=" + subject, "X-SSL-Client-Verify": "SUCCESS",
		"X-Role": "admin", "X-Roles": "admin", "X-Forwarded-Groups": "admin", "X-Scope": "admin",
		"X-Forwarded-Access-Token": token, "X-Auth-Token": token, "X-Access-Token": token, "X-Authorization": "Bearer " + token, "X-Forwarded-Authorization": "Bearer " + token,
		"Cookie": "user_id=" + subject + "; session=" + subject + "; access_token=" + token,
	}
	for _, name := range []string{
		"X-User-Id", "X-User", "X-Username", "X-Subject", "X-Account-Id", "X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username",
		"X-Remote-User", "Remote-User", "X-Auth-User", "X-Auth-Request-User", "X-Auth-Request-Email", "X-Authenticated-User", "X-Authenticated-Userid",
		"X-Webauth-User", "X-Goog-Authenticated-User-Id", "X-Amzn-Oidc-Identity", "X-Ms-Client-Principal-Id", "X-Consumer-Id", "X-On-Behalf-Of",
	} {
		all[name] = subject
	}
	return all
}

// setting sends one header.
func setting(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// believesNoHeader names the owner in every header by which somebody could be named:
// without a token that is nobody, and with another's token it is the other.
func (s *sweep) believesNoHeader() {
	s.kit.t.Helper()
	all := spoofs(s.owner, s.kit.issuer().Mint(s.claims(s.owner)))
	other := s.as(s.claims(uuid.NewString()))
	s.refusesHeaders(all)
	if !s.route.Access().IsOwner() {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		status, _, body := s.send(other, s.key, setting(name, all[name]))
		if status != http.StatusForbidden && status != http.StatusNotFound {
			s.kit.t.Errorf("%s as another user who names the owner in the header %s: got %d, want 404 (or 403): anybody can write it; ask auth.PrincipalFrom who calls\n%s", s.route.Pattern(), name, status, body)
		}
	}
}

// refusesHeaders sends each header in place of a token.
func (s *sweep) refusesHeaders(all map[string]string) {
	s.kit.t.Helper()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if status, _, body := s.send(func(*http.Request) {}, setting(name, all[name])); status != http.StatusUnauthorized {
			s.kit.t.Errorf("%s without a token, and with the header %s: got %d, want 401: anybody can write it; ask auth.PrincipalFrom who calls\n%s", s.route.Pattern(), name, status, body)
		}
	}
}

// staysWhoItIs sends a request that names somebody else in every header, and compares
// with what comes of it without them. Nothing may be answered to, stored or logged
// under the other's name.
func (s *sweep) staysWhoItIs() {
	s.kit.t.Helper()
	plain, at, other := s.another(), s.another(), uuid.NewString()
	all := spoofs(other, s.kit.issuer().Mint(s.claims(other)))
	want, _, _ := plain.send(plain.welcome(), plain.key)
	before := at.kit.log.mark()
	status, _, body := at.send(at.welcome(), at.key, func(r *http.Request) {
		for name, value := range all {
			if name != "Cookie" || r.Header.Get(name) == "" { // a page may need its own
				r.Header.Set(name, value)
			}
		}
	})
	if status != want {
		s.kit.t.Errorf("%s with headers that name somebody else: got %d, want %d as without them\n%s", s.route.Pattern(), status, want, body)
	}
	found := at.kit.contents(s.route.Contract().Name())
	found["its answer"], found["its log"] = string(body), strings.Join(at.kit.loggedSince(before), "")
	for _, place := range slices.Sorted(maps.Keys(found)) {
		for _, spoofed := range []string{other, spoofedAddress} {
			if strings.Contains(found[place], spoofed) {
				s.kit.t.Errorf("%s has %s, which only headers say that anybody can write, in %s: ask auth.PrincipalFrom who calls\n%s", s.route.Pattern(), spoofed, place, found[place])
			}
		}
	}
}
