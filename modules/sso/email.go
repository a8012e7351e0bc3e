package sso

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
)

var (
	localPart = regexp.MustCompile("^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$")
	domain    = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
)

var errEmail = errors.New("is no e-mail such as ada@example.com (a domain with other letters is written in its xn-- form)")

// parseEmail returns the address as it is stored and compared: trimmed and in
// lower case. Quoted and non-ASCII local parts, which nearly no provider gives
// out, are refused; two spellings of one mailbox would be two accounts.
func parseEmail(s string) (string, error) {
	s = strings.TrimSpace(s)
	if strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII }) {
		return "", errEmail // before lower case makes ASCII of it, as of the Kelvin sign
	}
	s = strings.ToLower(s)
	local, host, ok := strings.Cut(s, "@")
	if !ok || len(s) > 254 || len(local) > 64 || !localPart.MatchString(local) || !domain.MatchString(host) {
		return "", errEmail
	}
	return s, nil
}
